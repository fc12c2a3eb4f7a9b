package import HoldfastCore
package import NIOCore

/// What a close frame says (RFC 6455 §5.5.1, §7.4): a code, and a reason for people.
package struct CloseFrame: Hashable, Sendable {
    /// Nil if the frame was empty, which counts as 1005.
    package var code: UInt16?
    /// At most 123 bytes of UTF-8.
    package var reason: String

    package init(code: UInt16?, reason: String = "") {
        self.code = code
        self.reason = reason
    }

    /// Reads the payload of a close frame, which is at most 125 bytes long.
    package init(payload: ByteBuffer) throws(ProtocolViolation) {
        var payload = payload
        guard payload.readableBytes > 0 else {
            self.init(code: nil)
            return
        }
        guard let code = payload.readInteger(as: UInt16.self), Self.mayBeSent(code) else { throw .badCloseFrame }
        var validator = UTF8Validator()
        guard validator.accept(payload), validator.isComplete else { throw .badUTF8 }
        self.init(code: code, reason: String(buffer: payload))
    }

    /// The payload of this frame. A reason that is too long is cut between two characters. A code that must not be sent
    /// makes the frame empty.
    package var payload: ByteBuffer {
        var payload = ByteBuffer()
        guard let code, Self.mayBeSent(code) else { return payload }
        payload.writeInteger(code)
        for character in reason.unicodeScalars {
            guard payload.readableBytes + String(character).utf8.count <= FrameHeader.controlLimitBytes else { break }
            payload.writeString(String(character))
        }
        return payload
    }

    /// Whether a code may stand in a close frame (RFC 6455 §7.4.1, §7.4.2, and the IANA registry for 1012–1014). 1004,
    /// 1005, 1006 and 1015 have meanings that must not be sent; the rest below 3000 is reserved.
    package static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

extension ProtocolViolation {
    /// The code of the close frame by which this violation is answered (RFC 6455 §7.4.1).
    package var closeCode: UInt16 {
        switch self {
        case .badUTF8, .badCompression: 1007
        case .frameTooLarge, .messageTooLarge, .compressionBomb: 1009
        default: 1002
        }
    }
}
