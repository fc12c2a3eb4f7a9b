import HoldfastCore
import HoldfastFleet
import NIOCore

/// One event of the stream. The format is that of server-sent events (WHATWG HTML §9.2).
enum StreamEvent: Sendable {
    /// An account changed its state.
    case transition(account: String, TimelineEntry)
    /// How many accounts are in which state and status.
    case totals(FleetTotals)
    /// An alert has begun, changed, been told of, or is over.
    case alert(Alert)
    /// Events were missed: load again what you show.
    case gap

    init(_ kind: FleetEvent.Kind) {
        switch kind {
        case .transition(let account, let entry): self = .transition(account: account, entry)
        case .totals(let totals): self = .totals(totals)
        case .alert(let alert): self = .alert(alert)
        }
    }

    var name: String {
        switch self {
        case .transition: "transition"
        case .totals: "totals"
        case .alert: "alert"
        case .gap: "gap"
        }
    }

    /// The event as it goes over the wire. A viewer that comes back resumes after the id it heard last.
    func text(id: String) -> ByteBuffer {
        var text = ByteBuffer()
        text.writeString("id: \(id)\nevent: \(name)\ndata: ")
        text.writeImmutableBuffer(data)
        text.writeString("\n\n")
        return text
    }

    private var data: ByteBuffer {
        JSONWriter.object { json in
            switch self {
            case .transition(let account, let entry):
                json.field("account", account)
                json.fields(of: entry)
            case .totals(let totals):
                json.fields(of: totals)
            case .alert(let alert):
                json.fields(of: alert)
            case .gap:
                break
            }
        }
    }

    /// Asks clients that reconnect by themselves to wait a second first.
    static let retry = ByteBuffer(string: "retry: 1000\n\n")

    /// A line that clients ignore; it shows them, and what lies between, that the stream lives.
    static let keepAlive = ByteBuffer(string: ": keep-alive\n\n")
}
