package import HoldfastCore
package import NIOCore

/// Reads frames out of a stream of bytes, however it was cut, and finds every violation that a single frame can show
/// (RFC 6455 §5.2, §5.5). It keeps nothing but the few bytes of a head that arrived in parts: payload is handed on as
/// it comes, as a slice of the input.
///
/// A frame is read by `header`, then `payload` until `remainingBytes` is 0. After a violation the decoder must not be
/// fed again: the stream has lost its meaning.
package struct FrameDecoder {
    private enum Stage: UInt8 {
        case start, length, extendedLength, maskKey, payload
    }

    private let role: WebSocketRole
    private let limitBytes: Int
    /// permessage-deflate was agreed on.
    package var allowsCompression = false
    private var stage = Stage.start
    /// A number of the head that arrived in parts, and how many of its bytes are there.
    private var collected: UInt64 = 0
    private var collectedBytes: UInt8 = 0
    private var extendedLengthBytes: UInt8 = 0
    private var current = FrameHeader(isFinal: true, opcode: .continuation, lengthBytes: 0)
    private var maskKey = MaskKey(0)
    /// Payload of the current frame that has not been handed on yet.
    package private(set) var remainingBytes = 0

    /// - Parameter limitBytes: the largest payload of a frame that is accepted.
    package init(role: WebSocketRole, limitBytes: Int) {
        self.role = role
        self.limitBytes = limitBytes
    }

    /// Whether the stream is between two frames: nothing of the next one has arrived.
    package var isBetweenFrames: Bool { stage == .start }

    /// The head of the next frame, or nil if the input ends before it. Takes from `input` what it has used.
    package mutating func header(from input: inout ByteBuffer) throws(ProtocolViolation) -> FrameHeader? {
        // Taken from the buffer all at once: a few bytes that are taken one by one cost more than all that is done with them.
        var used = 0
        let header = try header(in: input.readableBytesSpan, from: &used)
        input.moveReaderIndex(forwardBy: used)
        return header
    }

    /// - Parameter used: how many of the bytes have been looked at.
    private mutating func header(in input: RawSpan, from used: inout Int) throws(ProtocolViolation) -> FrameHeader? {
        while true {
            switch stage {
            case .start:
                guard used < input.byteCount else { return nil }
                try begin(input.byte(at: used))
                used += 1
                stage = .length
            case .length:
                guard used < input.byteCount else { return nil }
                try takeLength(input.byte(at: used))
                used += 1
            case .extendedLength:
                guard let value = collect(extendedLengthBytes, from: input, &used) else { return nil }
                try takeExtendedLength(value)
            case .maskKey:
                guard let value = collect(4, from: input, &used) else { return nil }
                maskKey = MaskKey(UInt32(truncatingIfNeeded: value))
                stage = .payload
            case .payload:
                remainingBytes = current.lengthBytes
                return current
            }
        }
    }

    /// As much of the current frame's payload as `input` has, unmasked. Empty when the input is empty or the payload is
    /// complete. The frame is complete when `remainingBytes` is 0.
    package mutating func payload(from input: inout ByteBuffer) -> ByteBuffer {
        let count = min(remainingBytes, input.readableBytes)
        guard var part = input.readSlice(length: count) else { return ByteBuffer() }
        remainingBytes &-= count
        if role == .server, count > 0 {
            // A new buffer, since the input's storage is shared with the channel that reads into it.
            var unmasked = ByteBufferAllocator().buffer(capacity: count)
            unmasked.writeMasked(part, key: maskKey)
            maskKey = maskKey.advanced(by: count)
            part = unmasked
        }
        if remainingBytes == 0 { stage = .start }
        return part
    }

    private mutating func begin(_ byte: UInt8) throws(ProtocolViolation) {
        // Without an extension none of the three bits may be set. permessage-deflate allows the first one, on the first
        // frame of a message and nowhere else (RFC 7692 §6).
        let isCompressed = byte & 0x40 != 0
        guard byte & 0x30 == 0, !isCompressed || allowsCompression else { throw .reservedBits }
        guard let opcode = Opcode(rawValue: byte & 0x0F) else { throw .reservedOpcode }
        guard !isCompressed || opcode == .text || opcode == .binary else { throw .reservedBits }
        let isFinal = byte & 0x80 != 0
        guard isFinal || !opcode.isControl else { throw .fragmentedControl }
        current = FrameHeader(isFinal: isFinal, opcode: opcode, isCompressed: isCompressed, lengthBytes: 0)
    }

    private mutating func takeLength(_ byte: UInt8) throws(ProtocolViolation) {
        let isMasked = byte & 0x80 != 0
        switch role {
        case .client: guard !isMasked else { throw .maskedFrame }
        case .server: guard isMasked else { throw .unmaskedFrame }
        }
        let length = byte & 0x7F
        guard length <= FrameHeader.controlLimitBytes else {
            guard !current.opcode.isControl else { throw .longControl }
            extendedLengthBytes = length == 126 ? 2 : 8
            stage = .extendedLength
            return
        }
        try takePayloadLength(Int(length))
    }

    private mutating func takeExtendedLength(_ value: UInt64) throws(ProtocolViolation) {
        guard value >> 63 == 0 else { throw .lengthOutOfRange }
        guard value > (extendedLengthBytes == 2 ? 125 : 65_535) else { throw .nonMinimalLength }
        try takePayloadLength(Int(value))
    }

    private mutating func takePayloadLength(_ length: Int) throws(ProtocolViolation) {
        // A control frame is bounded by the protocol already, and must get through whatever the limit is.
        guard length <= limitBytes || current.opcode.isControl else { throw .frameTooLarge }
        current.lengthBytes = length
        stage = role == .server ? .maskKey : .payload
    }

    /// A big-endian number of `count` bytes, or nil if the input ends before it; what there is of it is kept.
    private mutating func collect(_ count: UInt8, from input: RawSpan, _ used: inout Int) -> UInt64? {
        while collectedBytes < count {
            guard used < input.byteCount else { return nil }
            collected = collected << 8 | UInt64(input.byte(at: used))
            used += 1
            collectedBytes &+= 1
        }
        defer {
            collected = 0
            collectedBytes = 0
        }
        return collected
    }
}
