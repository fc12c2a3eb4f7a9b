import ArgumentParser
import NIOCore

struct AlertChannelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "channels",
        abstract: "Lists the channels, and what became of their messages since the process began.",
        discussion: """
            Example:
              holdfast alerts channels
            """)

    @OptionGroup var server: ServerOptions

    @Flag(help: "Print the API's answer as it is.")
    var json = false

    func run() async throws {
        struct Answer: Decodable {
            struct Channel: Decodable {
                var name: String
                var kind: String
                var sent: Int
                var failed: Int
                var dropped: Int
                var problem: String?
            }
            var channels: [Channel]
        }
        let data = try await server.client().get("/api/v1/channels")
        guard !json else { return print(String(decoding: data, as: UTF8.self)) }
        let channels = try HoldfastClient.decode(Answer.self, from: data).channels
        guard !channels.isEmpty else { return print("No channel is configured.") }
        var table = Table(["CHANNEL", "KIND", "SENT", "FAILED", "DROPPED", "PROBLEM"])
        for channel in channels {
            table.add([
                channel.name, channel.kind, "\(channel.sent)", "\(channel.failed)", "\(channel.dropped)",
                channel.problem ?? "",
            ])
        }
        table.show()
    }
}

struct AlertTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Sends a message that says it is a test to a channel, and waits for what becomes of it.",
        discussion: """
            It goes out at once, beside what waits on the channel. Exit code 0 if the other side took it, 1 with the reason if \
            it did not.

            Example:
              holdfast alerts test ops-chat
            """)

    @Argument(help: ArgumentHelp("The channel's name in the configuration.", valueName: "channel"))
    var channel: String

    @OptionGroup var server: ServerOptions

    func validate() throws {
        // The name becomes a part of the address.
        guard !channel.isEmpty, channel.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) })
        else { throw ValidationError("A channel's name has letters, digits and . _ - only.") }
    }

    func run() async throws {
        // A channel may take its time: as much as the configuration allows.
        _ = try await server.client().post("/api/v1/channels/\(channel)/test", timeout: .minutes(11))
        print("\(channel): sent")
    }
}
