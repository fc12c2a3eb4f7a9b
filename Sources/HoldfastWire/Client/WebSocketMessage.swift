public import NIOCore

/// A message as a client sends or receives it.
public enum WebSocketMessage: Hashable, Sendable {
    case text(String)
    case binary(ByteBuffer)

    init(_ payload: ByteBuffer, isText: Bool) {
        // Copied in both cases: what was read shares its memory with what else was read.
        self = isText ? .text(String(buffer: payload)) : .binary(ByteBuffer(bytes: payload.readableBytesView))
    }

    var payload: ByteBuffer {
        switch self {
        case .text(let text): ByteBuffer(string: text)
        case .binary(let bytes): bytes
        }
    }

    var opcode: MessageOpcode {
        switch self {
        case .text: .text
        case .binary: .binary
        }
    }

    /// The size of the payload.
    var sizeBytes: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .binary(let bytes): bytes.readableBytes
        }
    }
}
