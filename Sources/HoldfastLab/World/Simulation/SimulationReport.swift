internal import HoldfastCore

/// The same scenario under several policies, side by side, for people (text, a page) and for spreadsheets (CSV). What it
/// makes depends on nothing but the simulation and its results.
public struct SimulationReport: Sendable {
    public let simulation: Simulation
    public let results: [SimulationResult]
    /// The command that makes this report again.
    public let command: String

    public init(simulation: Simulation, results: [SimulationResult], command: String) {
        self.simulation = simulation
        self.results = results
        self.command = command
    }

    // MARK: The figures

    struct Row {
        var name: String
        var meaning: String
        var values: [String]
    }

    var rows: [Row] {
        func row(_ name: String, _ meaning: String, _ value: (SimulationResult) -> String) -> Row {
            Row(name: name, meaning: meaning, values: results.map(value))
        }
        func back(_ percent: Int) -> Row {
            row("\(percent) % back", "of those who were lost, from the beginning of the trouble, to stay") {
                guard $0.fewestConnected < $0.accounts else { return "–" }
                return $0.timeUntilBack(Double(percent) / 100).map(Self.text) ?? "not in this time"
            }
        }
        return [
            row("lost", "not connected, at the worst moment") { Self.grouped($0.accounts - $0.fewestConnected) },
            back(50), back(90), back(99), back(100),
            row("connected at the end", "") { Self.grouped($0.connectedAtEnd) },
            row("peak handshakes", "under way at once, at all gateways") { Self.grouped($0.peakHandshakes) },
            row("peak connects per second", "begun by us") { Self.grouped($0.peakConnectsPerSecond) },
            row("connects", "in all") { Self.grouped($0.connects) },
            row("answered 503", "because a gateway could not do so many") { Self.grouped($0.turnedAway) },
            row("failures", "attempts and connections that ended badly") { Self.grouped($0.failures) },
            row("logins", "") { Self.grouped($0.logins) },
            row("people called", "messages that an alert has begun or become worse") {
                Self.grouped($0.messages.count { $0.message.kind == .firing })
            },
            row("quarantined", "left to a person, or to a probe now and then") { Self.grouped($0.quarantined) },
        ]
    }

    /// What was simulated, in one line.
    var subject: String {
        let gateways = simulation.endpoints == 1 ? "one gateway" : "\(simulation.endpoints) gateways"
        let capacity =
            simulation.handshakesPerSecond.map { "\(Self.grouped(Int($0))) handshakes a second each" }
            ?? "as many handshakes as come"
        return "\(Self.grouped(simulation.accounts)) accounts at \(gateways) (\(capacity)), watched for "
            + "\(Self.text(simulation.length)), seed \(simulation.seed)"
    }

    // MARK: For a terminal

    /// A table with one column per policy.
    public var text: String {
        var table = [[""] + results.map(\.policy.name)]
        table += rows.map { [$0.name] + $0.values }
        let columns = table.first?.indices ?? 0..<0
        let widths = columns.map { column in table.map { $0[column].count }.max() ?? 0 }
        let lines = table.map { cells in
            cells.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }
        let name = simulation.scenario.rawValue
        let calls = results.flatMap { result in
            result.messages.map { "\(result.policy.name), after \(Self.text($0.at)): \(Self.text($0.message))" }
        }
        var warnings = results.flatMap { result in
            result.violations.map { "BROKEN under \(result.policy.name): \($0)" }
        }
        if !warnings.isEmpty { warnings.append("To see it again: \(command)") }
        let told = calls.isEmpty ? [] : ["", "What people are told:"] + calls.prefix(Self.messageLimit)
        return (["\(name): \(simulation.scenario.abstract)", subject, ""] + lines + told + warnings)
            .joined(separator: "\n") + "\n"
    }

    /// Messages to people that are written out.
    static let messageLimit = 40

    /// What a message says, in one line.
    static func text(_ message: AlertNotification) -> String {
        let place = message.cause.endpoint.isEmpty ? "the fleet" : message.cause.endpoint
        let accounts = message.affected == 1 ? "1 account" : "\(grouped(message.affected)) accounts"
        let rule = message.rule.rawValue
        switch message.kind {
        case .resolved: return "over: \(rule) at \(place), \(accounts) at the worst"
        case .firing, .repeat: return "\(message.severity.rawValue): \(rule) at \(place), \(accounts)"
        }
    }

    // MARK: For a spreadsheet

    /// One line per policy and second.
    public var csv: String {
        var lines = ["policy,second,connected,handshakes,connects,failures,logins,answered_503"]
        for result in results {
            let name = Self.quoted(result.policy.name)
            for (second, now) in result.seconds.enumerated() {
                lines.append(
                    "\(name),\(second),\(now.connected),\(now.handshakes),\(now.connects),\(now.failures),"
                        + "\(now.logins),\(now.turnedAway)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func quoted(_ field: String) -> String {
        let needsQuotes = field.contains { $0 == "," || $0 == "\"" || $0.isNewline }
        return needsQuotes
            ? "\""
                + field.split(separator: "\"", omittingEmptySubsequences: false)
                .joined(separator: "\"\"") + "\"" : field
    }

    // MARK: Numbers for people

    /// 1234567 as "1 234 567".
    static func grouped(_ number: Int) -> String {
        var digits = Array(String(number.magnitude))
        var place = digits.count - 3
        while place > 0 {
            digits.insert("\u{202F}", at: place)
            place -= 3
        }
        return (number < 0 ? "−" : "") + String(digits)
    }

    /// Whole seconds as "12 s", "3 min", "3 min 5 s" or "24 h".
    static func text(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        guard seconds >= 60 else { return "\(seconds) s" }
        if seconds % 3_600 == 0 { return "\(seconds / 3_600) h" }
        return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s"
    }
}
