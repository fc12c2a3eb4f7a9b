import ArgumentParser
import Foundation

struct TimelineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timeline",
        abstract: "Shows what happened to one account, newest first.",
        discussion: """
            Example:
              holdfast timeline shop-1 --limit 10
            """)

    @Argument(help: ArgumentHelp("The account.", valueName: "account"))
    var id: String

    @OptionGroup var server: ServerOptions

    @Option(help: ArgumentHelp("At most this many entries.", valueName: "number"))
    var limit = 50

    @Flag(help: "Print the API's answer as it is.")
    var json = false

    func validate() throws {
        try AccountSelection.validate(id: id)
        try HoldfastClient.checkLimit(limit)
    }

    func run() async throws {
        struct Answer: Decodable { var entries: [TimelineRecord] }
        let client = try server.client()
        let data = try await client.get("/api/v1/accounts/\(id)/timeline", query: [("limit", "\(limit)")])
        guard !json else { return print(String(decoding: data, as: UTF8.self)) }
        let entries = try HoldfastClient.decode(Answer.self, from: data).entries
        guard !entries.isEmpty else { return print("Nothing has happened to \(id) yet.") }
        var table = Table(["AT", "FROM", "TO", "REASON", "FAILURES", "ATTEMPT", "CODE"])
        for entry in entries {
            table.add([
                entry.at, entry.from, entry.to, entry.reason, "\(entry.failures)",
                "\(entry.incarnation).\(entry.generation)", entry.code ?? "–",
            ])
        }
        table.show()
    }
}
