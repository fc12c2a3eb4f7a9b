import ArgumentParser
import Foundation

struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Sends a message from an account, and waits for the gateway's word.",
        discussion: """
            It is sent as soon as the account is connected, and again on the next connection until the gateway confirms or \
            refuses it, or ten minutes are over. Ends with 0 if it was confirmed (or queued, with --no-wait), else with 1. \
            With --key it is safe to try again: the same key within a day is the same message.

            Examples:
              holdfast send shop-1 --chat 31 --to 2001 --text "Hello."
              holdfast send shop-1 --chat 31 --key order-4711 < text.txt
            """)

    @Argument(help: ArgumentHelp("The account it is sent from.", valueName: "account"))
    var id: String

    @Option(help: ArgumentHelp("The chat it is sent to.", valueName: "chat"))
    var chat: String

    @Option(help: ArgumentHelp("The user it goes to; some gateways want to know.", valueName: "user"))
    var to: String?

    @Option(help: ArgumentHelp("What it says. (default: standard input)", valueName: "text"))
    var text: String?

    @Option(help: ArgumentHelp("A name of your own for it (Idempotency-Key).", valueName: "key"))
    var key: String?

    @Option(help: ArgumentHelp("How long to wait for the gateway's word.", valueName: "duration"))
    var wait = "60s"

    @Flag(help: "Do not wait: end once it is in the outbox.")
    var noWait = false

    @OptionGroup var server: ServerOptions

    @Flag(help: "Print the API's answer as it is.")
    var json = false

    func validate() throws {
        try AccountSelection.validate(id: id)
        guard !chat.isEmpty, text?.isEmpty != true else { throw ValidationError("Chat and text must not be empty.") }
        _ = try patience()
    }

    func run() async throws {
        let client = try server.client()
        let text = try text ?? Self.readText()
        let body = try JSONSerialization.data(withJSONObject: ["chat": chat, "to": to ?? "", "text": text])
        let path = "/api/v1/accounts/\(id)/messages"
        var data = try await client.post(path, body: body, headers: key.map { [("Idempotency-Key", $0)] } ?? [])
        var message = try HoldfastClient.decode(Record.self, from: data)
        let end = ContinuousClock.now + (noWait ? .zero : try patience())
        var rest = Duration.milliseconds(100)
        while message.isOpen, ContinuousClock.now < end {
            try await Task.sleep(for: min(rest, end - ContinuousClock.now))
            rest = min(rest * 2, .seconds(2))
            data = try await client.get("\(path)/\(message.id)")
            message = try HoldfastClient.decode(Record.self, from: data)
        }
        print(json ? String(decoding: data, as: UTF8.self) : "\(message.id): \(message.status)")
        switch message.status {
        case "confirmed": return
        case "queued" where noWait, "sent" where noWait: return
        case "queued", "sent":
            throw CommandFailure("not confirmed within \(wait); it stays in the outbox until \(message.expiresAt)")
        default: throw CommandFailure("\(message.status): \(message.problem ?? "the gateway did not say why")")
        }
    }

    private func patience() throws -> Duration {
        guard let duration = try? Units.duration(wait) else {
            throw ValidationError("--wait is \(Units.durationForms).")
        }
        return duration
    }

    private static func readText() throws -> String {
        let text = String(decoding: try Input.read(), as: UTF8.self).trimmingCharacters(in: .newlines)
        guard !text.isEmpty else { throw CommandFailure("there was nothing on standard input; or give --text") }
        return text
    }

    private struct Record: Decodable {
        var id: String
        var status: String
        var expiresAt: String
        var problem: String?

        var isOpen: Bool { status == "queued" || status == "sent" }
    }
}
