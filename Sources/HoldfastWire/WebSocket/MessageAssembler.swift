package import HoldfastCore
package import NIOCore

/// What a peer said: a whole message or a control frame.
package enum WebSocketEvent: Hashable, Sendable {
    /// A message, its fragments joined; text has been checked to be UTF-8.
    case message(ByteBuffer, isText: Bool)
    case ping(ByteBuffer)
    case pong(ByteBuffer)
    case close(CloseFrame)
}

/// Turns a stream of bytes into messages and control frames, and finds every violation that a sequence of frames can
/// show (RFC 6455 §5.4, §5.5, §8.1). Fails as early as it can: text that is not UTF-8 and messages that will be too
/// large are found before their last byte arrived.
///
/// A frame that lies whole in the input is handed on without a copy; only what arrived in parts is kept. A compressed
/// message is kept compressed until it is whole, so that a connection within a message holds no decompressor; whether it
/// is text is seen then.
/// After a violation or a close frame the assembler must not be fed again.
package struct MessageAssembler {
    private var decoder: FrameDecoder
    private let messageLimitBytes: Int
    private var frame: FrameHeader?
    /// Undoes permessage-deflate; nil if it was not agreed on.
    package private(set) var inflation: Inflation?
    /// The message begun: its kind, and its bytes so far.
    private var isText: Bool?
    private var isCompressed = false
    private var message: ByteBuffer?
    private var validator = UTF8Validator()
    /// The bytes so far of a control frame that arrived in parts.
    private var control: ByteBuffer?

    /// - Parameters:
    ///   - frameLimitBytes: the largest payload of a frame that is accepted.
    ///   - messageLimitBytes: the largest message that is accepted.
    package init(role: WebSocketRole, frameLimitBytes: Int, messageLimitBytes: Int) {
        decoder = FrameDecoder(role: role, limitBytes: frameLimitBytes)
        self.messageLimitBytes = messageLimitBytes
    }

    /// From the next message on, which has to be the first, messages may be compressed; or, with nil, they may not.
    package mutating func use(_ inflation: Inflation?) {
        self.inflation = inflation
        decoder.allowsCompression = inflation != nil
    }

    /// Whether the stream may end here without cutting a frame or a message.
    package var isIdle: Bool { decoder.isBetweenFrames && isText == nil }

    /// The next event, or nil if the input ends before it. Takes from `input` what it has used.
    package mutating func next(from input: inout ByteBuffer) throws(ProtocolViolation) -> WebSocketEvent? {
        while true {
            let header: FrameHeader
            if let frame {
                header = frame
            } else {
                guard let next = try decoder.header(from: &input) else { return nil }
                if !next.opcode.isControl { try begin(next) }
                frame = next
                header = next
            }
            let part = decoder.payload(from: &input)
            if header.opcode.isControl {
                guard let payload = join(part, to: &control) else { return nil }
                frame = nil
                return try event(header.opcode, payload)
            }
            if let message = try take(part, of: header) { return message }
            guard decoder.remainingBytes == 0 else { return nil }
        }
    }

    /// A data frame begins: does it fit to what went before?
    private mutating func begin(_ header: FrameHeader) throws(ProtocolViolation) {
        if header.opcode == .continuation {
            guard isText != nil else { throw .unexpectedContinuation }
        } else {
            guard isText == nil else { throw .interruptedMessage }
            isText = header.opcode == .text
            isCompressed = header.isCompressed
        }
        let soFar = message?.readableBytes ?? 0
        guard header.lengthBytes <= messageLimitBytes &- soFar else { throw .messageTooLarge }
    }

    /// Takes a part of a data frame; returns the message if it is complete now.
    private mutating func take(
        _ part: consuming ByteBuffer, of header: FrameHeader
    ) throws(ProtocolViolation) -> WebSocketEvent? {
        if isText == true, !isCompressed {
            guard validator.accept(part) else { throw .badUTF8 }
        }
        let isFrameEnd = decoder.remainingBytes == 0
        if isFrameEnd { frame = nil }
        guard isFrameEnd, header.isFinal else {
            append(part, to: &message)
            return nil
        }
        if var begun = message.take() {
            begun.writeImmutableBuffer(part)
            part = begun
        }
        defer { isText = nil }
        if isCompressed, let inflated = try inflation?.decompress(part, limitBytes: messageLimitBytes) {
            part = inflated
            guard isText != true || validator.accept(part) else { throw .badUTF8 }
        }
        guard validator.isComplete else { throw .badUTF8 }
        return .message(part, isText: isText == true)
    }

    /// Adds a part to what is kept; returns the whole if the frame is complete.
    private func join(_ part: ByteBuffer, to kept: inout ByteBuffer?) -> ByteBuffer? {
        guard decoder.remainingBytes == 0 else {
            append(part, to: &kept)
            return nil
        }
        guard var whole = kept.take() else { return part }
        whole.writeImmutableBuffer(part)
        return whole
    }

    /// Copies, so that a half-arrived frame does not pin the buffer the channel reads into.
    private func append(_ part: ByteBuffer, to kept: inout ByteBuffer?) {
        guard part.readableBytes > 0 else { return }
        var whole = kept.take() ?? ByteBufferAllocator().buffer(capacity: part.readableBytes)
        whole.writeImmutableBuffer(part)
        kept = whole
    }

    private func event(_ opcode: Opcode, _ payload: ByteBuffer) throws(ProtocolViolation) -> WebSocketEvent {
        switch opcode {
        case .ping: .ping(payload)
        case .pong: .pong(payload)
        default: .close(try CloseFrame(payload: payload))
        }
    }
}
