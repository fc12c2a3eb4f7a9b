import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Shows what people did, newest first.",
        discussion: """
            Example:
              holdfast audit --limit 20
            """)

    @OptionGroup var server: ServerOptions

    @Option(help: ArgumentHelp("At most this many entries.", valueName: "number"))
    var limit = 50

    @Flag(help: "Print the API's answer as it is.")
    var json = false

    func validate() throws {
        try HoldfastClient.checkLimit(limit)
    }

    func run() async throws {
        struct Answer: Decodable {
            struct Entry: Decodable {
                var at: String
                var who: String
                var from: String
                var action: String
                var account: String?
                var detail: String?
            }
            var entries: [Entry]
        }
        let data = try await server.client().get("/api/v1/audit", query: [("limit", "\(limit)")])
        guard !json else { return print(String(decoding: data, as: UTF8.self)) }
        let entries = try HoldfastClient.decode(Answer.self, from: data).entries
        guard !entries.isEmpty else { return print("Nobody has done anything yet.") }
        var table = Table(["AT", "WHO", "FROM", "ACTION", "ACCOUNT", "DETAIL"])
        for entry in entries {
            table.add([entry.at, entry.who, entry.from, entry.action, entry.account ?? "–", entry.detail ?? ""])
        }
        table.show()
    }
}
