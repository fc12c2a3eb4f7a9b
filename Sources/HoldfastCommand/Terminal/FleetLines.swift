/// The fleet as a whole in a few lines: bar, counts, curves, and everybody on a map.
struct FleetLines {
    var picture: FleetPicture
    let terminal: Terminal

    /// As in the page, the worst first.
    private static let statuses = ["quarantined", "failed", "unhealthy", "degraded", "disabled", "healthy"]
    private static let states = ["connected", "connecting", "reconnecting", "failed", "disconnected", "closed"]
    private static let recent = 10

    var lines: [String] { [bar, counts] + curves }

    private var width: Int { max(20, terminal.columns - 1) }

    private func count(of state: String) -> Int {
        let totals = picture.totals
        return switch state {
        case "connected": totals.connected ?? 0
        case "connecting": totals.connecting ?? 0
        case "reconnecting": totals.reconnecting ?? 0
        case "failed": totals.failed ?? 0
        case "disconnected": totals.disconnected ?? 0
        default: totals.closed ?? 0
        }
    }

    private var bar: String {
        let lengths = Drawing.shares(Self.states.map { count(of: $0) }, width: min(width, 100))
        return zip(Self.states, lengths).map { state, length in
            let colour: Terminal.Colour =
                switch state {
                case "connected": .green
                case "connecting": .blue
                case "reconnecting": .yellow
                case "failed": .red
                default: .grey
                }
            // Told apart without colours, too.
            let mark = state == "connected" ? "█" : state == "failed" ? "░" : "▒"
            return terminal.paint(String(repeating: mark, count: length), colour)
        }.joined()
    }

    /// As many as fit on a line, the healthy first.
    private var counts: String {
        var line = ""
        var used = 0
        for status in Self.statuses.reversed() {
            guard let count = picture.totals.byStatus?[status], count > 0 else { continue }
            let text = (used > 0 ? "  " : "") + "\(count) \(status)"
            used += text.count
            guard used <= terminal.columns else { break }
            line += terminal.paint(text, Self.colour(of: status))
        }
        return line
    }

    /// Two columns where there is room for them.
    private var curves: [String] {
        let seconds = picture.seconds
        guard !seconds.isEmpty else { return [] }
        func rate(_ value: (FleetRecord.Second) -> Double?) -> Double? {
            let values = seconds.suffix(Self.recent).compactMap(value)
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        func text(_ rate: Double?, _ unit: String) -> String {
            guard let rate else { return "–" }
            let tenths = (rate * 10).rounded() / 10
            return (tenths < 10 && tenths != tenths.rounded() ? "\(tenths)" : "\(Int(rate.rounded()))") + unit
        }
        let rows: [(String, String, (FleetRecord.Second) -> Double?, Terminal.Colour)] = [
            ("connected", text(seconds.last?.connected, ""), { $0.connected }, .green),
            ("lost", text(rate { $0.lost }, "/s"), { $0.lost }, .red),
            ("opened", text(rate { $0.opened }, "/s"), { $0.opened }, .green),
            ("failed tries", text(rate { $0.failed }, "/s"), { $0.failed }, .yellow),
            ("heartbeats", text(rate { $0.heartbeats }, "/s"), { $0.heartbeats }, .blue),
            ("reply", text(rate { $0.replyMs }, "ms"), { $0.replyMs }, .blue),
        ]
        let columns = width >= 90 ? 2 : 1
        let room = min(40, width / columns - 26)
        guard room >= 8 else { return [] }
        let cells = rows.map { name, figure, value, colour in
            Table.padded(name, to: 13) + Table.padded(figure, to: 9)
                + terminal.paint(Drawing.spark(seconds.map(value), width: room), colour)
        }
        return stride(from: 0, to: cells.count, by: columns).map { start in
            cells[start..<min(start + columns, cells.count)].joined(separator: "    ")
        }
    }

    /// One character for so many accounts, coloured and shaped by the worst of them; nothing if there is no room.
    func map(lines limit: Int) -> [String] {
        let cells = picture.cells
        guard limit >= 1, cells.count > 1 else { return [] }
        let columns = min(width, 120)
        let each = max(1, (cells.count + columns * limit - 1) / (columns * limit))
        var drawn: [String] = []
        var line = ""
        var used = 0
        for start in stride(from: 0, to: cells.count, by: each) {
            let group = cells[start..<min(start + each, cells.count)]
            let worst = Self.statuses.first { status in group.contains { $0.status == status } } ?? "healthy"
            let mark = group.allSatisfy(\.isConnected) ? "■" : group.contains(where: \.isConnected) ? "◧" : "□"
            line += terminal.paint(mark, Self.colour(of: worst))
            used += 1
            if used == columns {
                drawn.append(line)
                (line, used) = ("", 0)
            }
        }
        if used > 0 { drawn.append(line) }
        let meaning = each == 1 ? "each mark is an account" : "each mark is \(each) accounts, coloured by the worst"
        return drawn + [terminal.paint(terminal.fitted("\(meaning); ■ connected  □ not"), .grey)]
    }

    static func colour(of status: String) -> Terminal.Colour {
        switch status {
        case "healthy": .green
        case "degraded": .yellow
        case "quarantined": .magenta
        case "disabled": .grey
        default: .red
        }
    }
}
