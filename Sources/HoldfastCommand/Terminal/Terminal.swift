import Foundation

/// What is known about where the output goes.
struct Terminal: Sendable {
    /// Standard output is a terminal.
    var isInteractive: Bool
    var hasColour: Bool
    /// Columns and lines; generous where there is no terminal.
    var columns: Int
    var lines: Int

    static let plain = Terminal(isInteractive: false, hasColour: false, columns: 200, lines: 50)

    /// Asks the system about standard output. Colour only on a terminal that can show it, and never with `NO_COLOR` set.
    static func current(environment: [String: String] = ProcessInfo.processInfo.environment) -> Terminal {
        guard isatty(STDOUT_FILENO) == 1 else { return plain }
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let isWanted = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        return Terminal(
            isInteractive: true, hasColour: isWanted, columns: isKnown ? Int(size.ws_col) : 100,
            lines: isKnown ? max(10, Int(size.ws_row)) : 40)
    }

    enum Colour: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case blue = "34"
        case magenta = "35"
        case grey = "90"
    }

    /// Cut to what fits on a line.
    func fitted(_ text: String) -> String {
        text.count > columns ? String(text.prefix(max(0, columns - 1))) + "…" : text
    }

    func paint(_ text: String, _ colour: Colour?) -> String {
        guard hasColour, let colour, !text.isEmpty else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}
