import NIOCore

/// What a link has framed and not yet handed to the socket. Frames leave whole and in order, but what is urgent goes
/// before what is not, and of several answers to pings only the last one is sent (RFC 6455 §5.5.3 allows it), so that a
/// peer that pings and does not read cannot make us grow.
struct OutboundQueue {
    private var urgent: ByteBuffer?
    private var data: ByteBuffer?
    private var pong: ByteBuffer?
    private let maskKeys: MaskKeys

    init(maskKeys: MaskKeys) {
        self.maskKeys = maskKeys
    }

    /// Bytes that wait.
    var bytes: Int {
        (urgent?.readableBytes ?? 0) &+ (data?.readableBytes ?? 0) &+ (pong?.readableBytes ?? 0)
    }

    var isEmpty: Bool { urgent == nil && data == nil && pong == nil }
    /// Whether something waits that is to leave without being asked to.
    var hasUrgent: Bool { urgent != nil || pong != nil }

    mutating func append(_ payload: ByteBuffer, opcode: Opcode, isUrgent: Bool, isCompressed: Bool = false) {
        // Taken out while it grows, so that its memory has one owner and is not copied.
        var frames = (isUrgent ? urgent.take() : data.take()) ?? ByteBuffer()
        FrameEncoder.encode(
            payload, opcode: opcode, isCompressed: isCompressed, maskKey: maskKeys.next(), into: &frames)
        if isUrgent { urgent = frames } else { data = frames }
    }

    /// What became of a frame that was written in its place.
    enum Written {
        case framed
        case nothing
        /// It is no short message, and has to be framed like all others.
        case unframed(FrameKind, ByteBuffer)
    }

    /// Frames what `body` writes where it writes it, if it is a short message, as acknowledgements are.
    mutating func append(isUrgent: Bool, _ body: (inout ByteBuffer) -> FrameKind?) -> Written {
        // Taken out while it grows, as above.
        var frames = (isUrgent ? urgent.take() : data.take()) ?? ByteBuffer()
        let written = frame(body, into: &frames)
        guard frames.readableBytes > 0 else { return written }
        if isUrgent { urgent = frames } else { data = frames }
        return written
    }

    private func frame(_ body: (inout ByteBuffer) -> FrameKind?, into frames: inout ByteBuffer) -> Written {
        let start = frames.writerIndex
        FrameEncoder.beginShort(in: &frames)
        let kind = body(&frames)
        if let opcode = kind?.messageOpcode,
            FrameEncoder.endShort(at: start, opcode: opcode, maskKey: maskKeys.next(), in: &frames)
        {
            return .framed
        }
        let payloadStart = start &+ FrameEncoder.shortHeadBytes
        let payload = frames.getSlice(at: payloadStart, length: frames.writerIndex &- payloadStart)
        frames.moveWriterIndex(to: start)
        return if let kind { .unframed(kind, payload ?? ByteBuffer()) } else { .nothing }
    }

    mutating func answerPing(_ payload: ByteBuffer) {
        var frame = ByteBuffer()
        FrameEncoder.encode(payload, opcode: .pong, maskKey: maskKeys.next(), into: &frame)
        pong = frame
    }

    mutating func removeAll() {
        (urgent, data, pong) = (nil, nil, nil)
    }

    /// Takes what is to be handed over next: all that is urgent, or else whole frames of data, no more than it takes to
    /// fill `chunkBytes`.
    mutating func next(chunkBytes: Int) -> ByteBuffer? {
        if var frames = urgent.take() {
            if let pong = pong.take() { frames.writeImmutableBuffer(pong) }
            return frames
        }
        if let pong = pong.take() { return pong }
        guard var waiting = data.take() else { return nil }
        guard waiting.readableBytes > chunkBytes,
            let chunk = waiting.readSlice(length: Self.wholeFrames(of: waiting, filling: chunkBytes))
        else { return waiting }
        if waiting.readableBytes > 0 { data = waiting }
        return chunk
    }

    /// The length of the shortest row of whole frames that is no less than `count`. The frames are our own: masked, and
    /// well formed.
    private static func wholeFrames(of frames: ByteBuffer, filling count: Int) -> Int {
        var end = frames.readerIndex
        while end < frames.writerIndex, end &- frames.readerIndex < count {
            let head: Int
            switch (frames.getInteger(at: end &+ 1, as: UInt8.self) ?? 0) & 0x7F {
            case 126: head = 4 &+ Int(frames.getInteger(at: end &+ 2, as: UInt16.self) ?? 0)
            case 127: head = 10 &+ Int(clamping: frames.getInteger(at: end &+ 2, as: UInt64.self) ?? 0)
            case let short: head = 2 &+ Int(short)
            }
            end = end &+ head &+ 4  // the mask key's four bytes
        }
        return min(end, frames.writerIndex) &- frames.readerIndex
    }
}

extension FrameKind {
    /// Nil for a control frame.
    fileprivate var messageOpcode: Opcode? {
        switch self {
        case .text: .text
        case .binary: .binary
        case .ping: nil
        }
    }
}
