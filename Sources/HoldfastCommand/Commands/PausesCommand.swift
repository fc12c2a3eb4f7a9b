import ArgumentParser
import Foundation

struct PausesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pauses",
        abstract: "Chats in which automatic replies rest, because a person answers there: lists, adds or lifts them.",
        discussion: """
            Examples:
              holdfast pauses list
              holdfast pauses add shop-1 31 --for 2h
              holdfast pauses lift shop-1 31
            """,
        subcommands: [ListPausesCommand.self, AddPauseCommand.self, LiftPauseCommand.self])
}

struct ListPausesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the pauses that hold, by account and chat.")

    @Option(help: ArgumentHelp("Only pauses of this account.", valueName: "account"))
    var account: String?

    @Option(help: ArgumentHelp("At most this many.", valueName: "number"))
    var limit = 1_000

    @OptionGroup var server: ServerOptions

    @Flag(help: "Print the API's answer as it is.")
    var json = false

    func validate() throws {
        try HoldfastClient.checkLimit(limit)
    }

    func run() async throws {
        struct Page: Decodable { var pauses: [PauseRecord] }
        var query = [("limit", "\(limit)")]
        if let account { query.append(("account", account)) }
        let data = try await server.client().get("/api/v1/pauses", query: query)
        guard !json else { return print(String(decoding: data, as: UTF8.self)) }
        let pauses = try HoldfastClient.decode(Page.self, from: data).pauses
        guard !pauses.isEmpty else { return print("No chat is paused.") }
        var table = Table(["ACCOUNT", "CHAT", "UNTIL", "LEFT"])
        for pause in pauses {
            let left = Elapsed.until(pause.until, now: Date()) ?? "–"
            table.add([pause.account, pause.chat, pause.until, left])
        }
        table.show()
    }
}

struct AddPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Stops automatic replies in a chat for a while.",
        discussion: "A pause that lasts longer already stays as it is.")

    @Argument(help: ArgumentHelp("The account.", valueName: "account"))
    var id: String

    @Argument(help: ArgumentHelp("The chat.", valueName: "chat"))
    var chat: String

    @Option(name: .customLong("for"), help: ArgumentHelp("For how long.", valueName: "duration"))
    var length = "10m"

    @OptionGroup var server: ServerOptions

    func validate() throws {
        try AccountSelection.validate(id: id)
        guard !chat.isEmpty else { throw ValidationError("The chat must not be empty.") }
        _ = try seconds()
    }

    func run() async throws {
        let body = try JSONSerialization.data(
            withJSONObject: ["account": id, "chat": chat, "for_s": try seconds()] as [String: Any])
        let data = try await server.client().post("/api/v1/pauses", body: body)
        let pause = try HoldfastClient.decode(PauseRecord.self, from: data)
        print("\(pause.account) \(pause.chat): paused until \(pause.until)")
    }

    private func seconds() throws -> Int64 {
        guard let duration = try? Units.duration(length), duration >= .seconds(1) else {
            throw ValidationError("--for is \(Units.durationForms), a second at least.")
        }
        return duration.components.seconds
    }
}

struct LiftPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lift", abstract: "Lets automatic replies in a chat begin again.")

    @Argument(help: ArgumentHelp("The account.", valueName: "account"))
    var id: String

    @Argument(help: ArgumentHelp("The chat.", valueName: "chat"))
    var chat: String

    @OptionGroup var server: ServerOptions

    func validate() throws {
        try AccountSelection.validate(id: id)
        guard !chat.isEmpty else { throw ValidationError("The chat must not be empty.") }
    }

    func run() async throws {
        _ = try await server.client().delete("/api/v1/pauses/\(id)/\(HoldfastClient.encoded(chat))")
        print("\(id) \(chat): lifted")
    }
}

private struct PauseRecord: Decodable {
    var account: String
    var chat: String
    var until: String
}
