public import HoldfastCore

/// What is left of a push that brings messages of others and nothing else, where nobody wants to read them: their ids, by
/// which they are known when they come again, and when they were sent.
///
/// Kept by whoever looks at pushes and used for one after the other, so that a look needs no memory of its own.
public struct PushLook: Sendable {
    private var messages: [Message] = []
    /// All ids, one after the other.
    private var ids: [UInt8] = []

    private struct Message {
        var endOfID: Int
        var sentAt: WallTime?
    }

    /// Bytes of ids that room is kept for between two pushes.
    private static let keptBytes = 1 << 16

    public init() {}

    public var count: Int { messages.count }

    /// When message number `index` was sent, by the gateway's clock; nil if it does not say so, or is not there.
    public func sentAt(_ index: Int) -> WallTime? {
        messages.indices.contains(index) ? messages[index].sentAt : nil
    }

    /// Calls `body` with the id of message number `index`; nil if there is none.
    public func withID<Result>(_ index: Int, _ body: (RawSpan) -> Result) -> Result? {
        guard messages.indices.contains(index) else { return nil }
        let start = index == 0 ? 0 : messages[index - 1].endOfID
        return body(ids.span.bytes.extracting(start..<messages[index].endOfID))
    }

    mutating func removeAll() {
        guard !messages.isEmpty else { return }
        messages.removeAll(keepingCapacity: true)
        ids.removeAll(keepingCapacity: ids.capacity <= Self.keptBytes)
    }

    mutating func append(_ id: RawSpan, sentAt: WallTime?) {
        id.withUnsafeBytes { ids.append(contentsOf: $0) }
        messages.append(Message(endOfID: ids.count, sentAt: sentAt))
    }
}
