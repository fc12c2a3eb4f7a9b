/// Where a value of the configuration was written, in the words of an error message.
enum Place: Hashable, Sendable {
    /// A line of a file; lines count from 1.
    case line(Int, file: String)
    /// An environment variable that overrides a key.
    case variable(String)
    /// The command line.
    case argument(String)
}

extension Place: CustomStringConvertible {
    /// `fleet.yaml:7`, `environment:HOLDFAST_SERVER__LISTEN` or `command line:--port`.
    var description: String {
        switch self {
        case .line(let line, let file): "\(file):\(line)"
        case .variable(let name): "environment:\(name)"
        case .argument(let name): "command line:\(name)"
        }
    }
}
