import ArgumentParser
import Foundation

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says what is the matter: the cause, what it was seen by, what happens next by itself, what to do.",
        discussion: """
            Without an account it looks at the whole fleet, and groups accounts that have the same trouble. Exit code 0 if all \
            is well or being healed, 1 if something waits for a person.

            Examples:
              holdfast doctor
              holdfast doctor shop-1
            """)

    @Argument(help: ArgumentHelp("One account; the whole fleet without it.", valueName: "account"))
    var id: String?

    @OptionGroup var server: ServerOptions

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func validate() throws {
        if let id { try AccountSelection.validate(id: id) }
    }

    func run() async throws {
        let client = try server.client()
        guard let id else { return try await examineFleet(client) }
        let data = try await client.get("/api/v1/accounts/\(id)/diagnosis")
        guard !json else { return print(String(decoding: data, as: UTF8.self)) }
        let diagnosis = try HoldfastClient.decode(DiagnosisRecord.self, from: data)
        print(diagnosis.lines().joined(separator: "\n"))
        if diagnosis.verdict == "waiting" { throw ExitCode.failure }
    }

    /// Groups by what an account needs, then asks for one of each group.
    private func examineFleet(_ client: HoldfastClient) async throws {
        var groups: [String: [String]] = [:]
        var totals: TotalsRecord?
        try await client.forEachPage([]) { data in
            let page = try HoldfastClient.decode(AccountPageRecord.self, from: data)
            totals = page.totals
            for account in page.accounts where account.status != "healthy" && account.status != "disabled" {
                let trouble = account.state == "connected" ? account.reasons?.first?.code : account.lastFailure?.code
                groups["\(account.status) \(trouble ?? account.state)", default: []].append(account.id)
            }
        }
        let ready = try HoldfastClient.decode(
            ReadinessRecord.self, from: try await client.get("/readyz", accepting: [503]))
        var findings: [(accounts: [String], diagnosis: DiagnosisRecord)] = []
        let largest = groups.values.sorted { $0.count > $1.count || $0.count == $1.count && $0[0] < $1[0] }
        for accounts in largest.prefix(Self.groupsLimit) {
            let data = try await client.get("/api/v1/accounts/\(accounts[0])/diagnosis")
            findings.append((accounts, try HoldfastClient.decode(DiagnosisRecord.self, from: data)))
        }
        // Who waits for a person comes first: the rest heals without one.
        findings.sort { ($0.diagnosis.verdict == "waiting" ? 0 : 1) < ($1.diagnosis.verdict == "waiting" ? 0 : 1) }
        if json {
            try printJSON(ready.reasons ?? [], findings)
        } else {
            printText(totals, ready.reasons ?? [], findings, omitted: max(0, largest.count - Self.groupsLimit))
        }
        if findings.contains(where: { $0.diagnosis.verdict == "waiting" }) { throw ExitCode.failure }
    }

    /// Kinds of trouble shown at most.
    private static let groupsLimit = 20

    private func printText(
        _ totals: TotalsRecord?, _ reasons: [AccountRecord.Reason],
        _ findings: [(accounts: [String], diagnosis: DiagnosisRecord)], omitted: Int
    ) {
        print("\(totals?.connected ?? 0) of \(totals?.enabled ?? 0) enabled accounts are connected.")
        for reason in reasons { print("not ready: \(reason.detail) (\(reason.code))") }
        if findings.isEmpty { print("Nothing is the matter.") }
        for (accounts, diagnosis) in findings {
            let others = accounts.count - 1
            print("")
            print("\(accounts[0])\(others > 0 ? " and \(others) more" : "")")
            for line in diagnosis.lines() { print("  " + line) }
        }
        if omitted > 0 {
            print("\n\(omitted) rarer kinds of trouble are not shown: holdfast status --filter status=unhealthy")
        }
    }

    private func printJSON(
        _ reasons: [AccountRecord.Reason], _ findings: [(accounts: [String], diagnosis: DiagnosisRecord)]
    ) throws {
        struct Finding: Encodable {
            var accounts: [String]
            var diagnosis: DiagnosisRecord
        }
        struct Answer: Encodable {
            var reasons: [AccountRecord.Reason]
            var findings: [Finding]
        }
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let answer = Answer(
            reasons: reasons, findings: findings.map { Finding(accounts: $0.accounts, diagnosis: $0.diagnosis) })
        print(String(decoding: try encoder.encode(answer), as: UTF8.self))
    }
}

/// A diagnosis as the API tells it.
struct DiagnosisRecord: Codable, Sendable {
    var verdict: String
    var cause: String
    var evidence: [String]
    var next: String
    var advice: String?

    func lines() -> [String] {
        var lines = ["verdict:   \(verdict)", "cause:     \(cause)"]
        for (index, line) in evidence.enumerated() { lines.append((index == 0 ? "evidence:  " : "           ") + line) }
        lines.append("next:      \(next)")
        lines.append("to do:     \(advice ?? "nothing")")
        return lines
    }
}
