/// Which end of the connection we are. It decides who masks (RFC 6455 §5.1: the client always, the server never).
package enum WebSocketRole: Sendable {
    case client, server
}

/// What a frame is for (RFC 6455 §5.2). The other ten values are reserved, and a frame that has one is a violation.
package enum Opcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Control frames are short, never fragmented, and may stand between the fragments of a message (§5.5).
    @inline(__always)
    package var isControl: Bool { rawValue & 0x8 != 0 }
}

/// The head of one frame, checked: an opcode that exists, a length in its shortest form and within the limit.
package struct FrameHeader: Hashable, Sendable {
    package var isFinal: Bool
    package var opcode: Opcode
    /// The first frame of a message that is compressed: RSV1 of RFC 7692 §6.
    package var isCompressed: Bool
    /// Length of the payload that follows.
    package var lengthBytes: Int

    package init(isFinal: Bool, opcode: Opcode, isCompressed: Bool = false, lengthBytes: Int) {
        self.isFinal = isFinal
        self.opcode = opcode
        self.isCompressed = isCompressed
        self.lengthBytes = lengthBytes
    }

    /// The most a control frame may carry (RFC 6455 §5.5).
    package static let controlLimitBytes = 125
    /// The longest head: two bytes, eight of length, four of mask key.
    static let limitBytes = 14
}
