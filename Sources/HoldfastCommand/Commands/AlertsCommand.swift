import ArgumentParser
import Foundation

struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts",
        abstract: "Shows for what a person is needed, silences it, and tries the channels by which people are told.",
        discussion: """
            Examples:
              holdfast alerts list
              holdfast alerts silence --account 'shop-*' --for 2h --comment "moving house"
              holdfast alerts silences
              holdfast alerts unsilence 1x2y3z
            """,
        subcommands: [
            ListAlertsCommand.self, SilenceCommand.self, ListSilencesCommand.self, UnsilenceCommand.self,
            AlertChannelsCommand.self, AlertTestCommand.self,
        ])
}

struct ListAlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the alerts that are not over; with --all the past ones, too.")

    @OptionGroup var server: ServerOptions

    @Flag(help: "Those that are over as well, the latest to begin first.")
    var all = false

    @Option(help: ArgumentHelp("At most this many.", valueName: "number"))
    var limit = 100

    @Flag(help: "Print the API's answer as it is.")
    var json = false

    func validate() throws {
        try HoldfastClient.checkLimit(limit)
    }

    func run() async throws {
        let query = [("limit", "\(limit)")] + (all ? [] : [("active", "true")])
        let data = try await server.client().get("/api/v1/alerts", query: query)
        guard !json else { return print(String(decoding: data, as: UTF8.self)) }
        let alerts = try HoldfastClient.decode(AlertPageRecord.self, from: data).alerts
        guard !alerts.isEmpty else { return print(all ? "There has been no alert." : "All is well: no alert.") }
        var table = Table(["SINCE", "UNTIL", "SEVERITY", "RULE", "WHAT", "ACCOUNTS", "TOLD", "DETAIL"])
        for alert in alerts { table.add(alert.cells) }
        table.show()
    }
}

struct AlertPageRecord: Decodable {
    var alerts: [AlertRecord]
}

/// An alert, as far as the terminal shows it.
struct AlertRecord: Decodable {
    var startsAt: String
    var endsAt: String?
    var severity: String
    var rule: String
    var scope: String
    var endpoint: String?
    var account: String?
    var affected: Int
    var worst: Int
    var accounts: Int
    var toldAt: String?
    var silencedBy: String?
    var inhibitedBy: String?
    var detail: String

    var cells: [String] {
        let told = toldAt ?? silencedBy.map { "silenced by \($0)" } ?? inhibitedBy.map { "part of \($0)" } ?? "–"
        let count = endsAt == nil ? affected : worst
        return [
            startsAt, endsAt ?? "–", severity, rule, account ?? endpoint ?? scope,
            accounts > 0 ? "\(count)/\(accounts)" : "–",
            told, detail,
        ]
    }
}

struct SilenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence", abstract: "Tells nobody of some alerts for a while; they are listed all the same.",
        discussion: """
            Without --rule, --severity, --endpoint and --account it is about all alerts. * stands for anything. \
            Whoever was told that something began is told that it is over, silence or not.

            Example:
              holdfast alerts silence --rule account_down --for 30m --comment "upgrade"
            """)

    @OptionGroup var server: ServerOptions

    @Option(help: "The name of a rule, such as account_down.")
    var rule: String?

    @Option(help: "warning or critical.")
    var severity: String?

    @Option(help: "scheme://host:port")
    var endpoint: String?

    @Option(help: "The id of an account. Alerts about endpoints and the fleet do not fit.")
    var account: String?

    @Option(name: .customLong("for"), help: "How long, such as 30m, 2h or 3d.")
    var length: String

    @Option(help: "When it begins, such as 2026-03-01T08:00:00Z; now if left out.")
    var from: String?

    @Option(help: "Why.")
    var comment: String?

    func run() async throws {
        var body: [String: String] = ["for": length]
        body["rule"] = rule
        body["severity"] = severity
        body["endpoint"] = endpoint
        body["account"] = account
        body["starts_at"] = from
        body["comment"] = comment
        let data = try await server.client().post(
            "/api/v1/silences", body: try JSONSerialization.data(withJSONObject: body, options: .sortedKeys))
        let silence = try HoldfastClient.decode(SilenceRecord.self, from: data)
        print("\(silence.id): \(silence.what) until \(silence.endsAt)")
    }
}

struct ListSilencesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silences", abstract: "Lists the silences that are in force or to come.")

    @OptionGroup var server: ServerOptions

    @Flag(help: "Print the API's answer as it is.")
    var json = false

    func run() async throws {
        struct Answer: Decodable {
            var silences: [SilenceRecord]
        }
        let data = try await server.client().get("/api/v1/silences", query: [("limit", "1000")])
        guard !json else { return print(String(decoding: data, as: UTF8.self)) }
        let silences = try HoldfastClient.decode(Answer.self, from: data).silences
        guard !silences.isEmpty else { return print("Nothing is silenced.") }
        var table = Table(["ID", "WHAT", "FROM", "UNTIL", "BY", "COMMENT"])
        for silence in silences {
            table.add([
                silence.id, silence.what, silence.startsAt, silence.endsAt, silence.author, silence.comment,
            ])
        }
        table.show()
    }
}

struct UnsilenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "unsilence", abstract: "Takes silences back.")

    @OptionGroup var server: ServerOptions

    @Argument(help: ArgumentHelp("Their ids, as `silences` lists them.", valueName: "id"))
    var ids: [String]

    func validate() throws {
        // It becomes a part of a path.
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789-")
        for id in ids where !id.allSatisfy(allowed.contains) {
            throw ValidationError("\"\(id)\" is no id of a silence; `holdfast alerts silences` lists them.")
        }
    }

    func run() async throws {
        let client = try server.client()
        try await Each.of(ids) { id in
            _ = try await client.delete("/api/v1/silences/\(id)")
            print("\(id): taken back")
        }
    }
}

/// A silence, as far as the terminal shows it.
struct SilenceRecord: Decodable {
    var id: String
    var rule: String?
    var severity: String?
    var endpoint: String?
    var account: String?
    var startsAt: String
    var endsAt: String
    var author: String
    var comment: String

    var what: String {
        let parts = [
            rule.map { "rule=\($0)" }, severity.map { "severity=\($0)" }, endpoint.map { "endpoint=\($0)" },
            account.map { "account=\($0)" },
        ].compactMap(\.self)
        return parts.isEmpty ? "all" : parts.joined(separator: " ")
    }
}
