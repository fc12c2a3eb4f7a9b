/// A table of text whose columns are as wide as their widest cell.
struct Table {
    struct Cell {
        var text: String
        var colour: Terminal.Colour?

        init(_ text: String, _ colour: Terminal.Colour? = nil) {
            // What comes from outside must not move the cursor.
            self.text = String(
                text.map {
                    $0.isNewline || $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } ? "?" : $0
                })
            self.colour = colour
        }
    }

    private var rows: [[Cell]]

    /// A text with blanks behind it, as far as it is shorter.
    static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    init(_ head: [String]) {
        rows = [head.map { Cell($0, .grey) }]
    }

    mutating func add(_ cells: [Cell]) { rows.append(cells) }

    mutating func add(_ texts: [String]) { add(texts.map { Cell($0) }) }

    /// On standard output.
    func show(on terminal: Terminal = .current()) { print(lines(terminal).joined(separator: "\n")) }

    /// The lines, cut to the width of the terminal.
    func lines(_ terminal: Terminal) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            var used = 0
            for (column, cell) in row.enumerated() {
                let isLast = column == row.count - 1
                let room = terminal.columns - used
                guard room > 0 else { break }
                let text = cell.text.count > room ? String(cell.text.prefix(max(0, room - 1))) + "…" : cell.text
                let padding = isLast ? 0 : widths[column] - text.count + 2
                line += terminal.paint(text, cell.colour)
                line += String(repeating: " ", count: max(0, padding))
                used += text.count + max(0, padding)
            }
            return line
        }
    }
}
