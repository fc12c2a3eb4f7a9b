import Foundation

/// What `holdfast status` shows: one line about the whole fleet, then the accounts that need attention most.
struct StatusView {
    var base: String
    var totals: TotalsRecord
    /// Why the fleet is not ready; empty if it is.
    var reasons: [AccountRecord.Reason]
    var accounts: [AccountRecord]
    /// Accounts that match and are not shown.
    var omitted: Int
    /// The whole fleet, drawn on a terminal; nil for a script.
    var picture: FleetPicture?

    func lines(_ terminal: Terminal, now: Date) -> [String] {
        var lines = [headline(terminal)]
        for reason in reasons {
            lines.append(
                terminal.paint(
                    terminal.fitted("not ready: \(Table.Cell(reason.detail).text) (\(reason.code))"), .yellow))
        }
        if let picture, terminal.isInteractive, (totals.accounts ?? 0) > 0 {
            let fleet = FleetLines(picture: picture, terminal: terminal)
            lines += fleet.lines
            // Half of what is left is for the accounts by name.
            lines += [""] + fleet.map(lines: min(8, (terminal.lines - lines.count) / 2 - 2))
        }
        guard !accounts.isEmpty else {
            return lines + ["", totals.accounts == 0 ? "There are no accounts." : "No account matches."]
        }
        let table = Self.table(of: accounts, now: now).lines(terminal)
        // The blank line before, and the line that says how many more there are.
        let room = terminal.isInteractive && picture != nil ? max(2, terminal.lines - lines.count - 3) : table.count
        lines += [""] + table.prefix(room)
        let omitted = omitted + table.count - min(room, table.count)
        if omitted > 0 {
            lines.append(
                terminal.paint(
                    terminal.fitted("… and \(omitted) more; `holdfast accounts list` shows all, --filter chooses"),
                    .grey))
        }
        return lines
    }

    private func headline(_ terminal: Terminal) -> String {
        let enabled = totals.enabled ?? 0
        let connected = totals.connected ?? 0
        let colour: Terminal.Colour = connected == enabled ? .green : connected * 2 >= enabled ? .yellow : .red
        var parts = [terminal.paint("\(connected) of \(enabled) connected", colour)]
        let others: [(String, Int?)] = [
            ("connecting", totals.connecting), ("reconnecting", totals.reconnecting), ("failed", totals.failed),
            ("disabled", totals.byStatus?["disabled"]), ("quarantined", totals.byStatus?["quarantined"]),
        ]
        parts += others.compactMap { name, count in count.flatMap { $0 > 0 ? "\($0) \(name)" : nil } }
        return "\(base)  " + parts.joined(separator: ", ")
    }

    static func table(of accounts: [AccountRecord], now: Date) -> Table {
        var table = Table([
            "ACCOUNT", "STATE", "FOR", "STATUS", "HEALTH", "FAILURES", "REPLY", "NEXT TRY", "LAST FAILURE",
        ])
        for account in accounts {
            let colour = FleetLines.colour(of: account.status)
            let next = account.state == "connected" ? nil : Elapsed.until(account.nextAttemptAt, now: now)
            table.add([
                Table.Cell(account.id),
                Table.Cell(account.state, account.state == "connected" ? .green : .yellow),
                Table.Cell(Elapsed.since(account.lastStateChangeAt, now: now) ?? "–"),
                Table.Cell(account.status, colour),
                Table.Cell("\(account.health)", colour),
                Table.Cell("\(account.failures)"),
                Table.Cell(account.replyMs.map { "\(Int($0.rounded()))ms" } ?? "–"),
                Table.Cell(next.map { "in \($0)" } ?? "–"),
                Table.Cell(failure(account, now: now)),
            ])
        }
        return table
    }

    private static func failure(_ account: AccountRecord, now: Date) -> String {
        guard let failure = account.lastFailure else { return "–" }
        guard account.state != "connected", let message = failure.message else {
            return "\(failure.code), \(Elapsed.since(failure.at, now: now) ?? "?") ago"
        }
        return "\(failure.code): \(message)"
    }
}
