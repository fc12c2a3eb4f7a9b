public import NIOCore

/// A frame by which the gateway hands something over. It keeps the frame as it came (shared, not copied) and where in it
/// the interesting parts lie.
public struct Push: Sendable {
    /// The whole frame.
    public let frame: ByteBuffer
    /// The raw JSON of what is handed over, if there is any: a part of `frame`, shared and not copied.
    public var body: ByteBuffer? {
        guard let bodyRange else { return nil }
        return frame.getSlice(at: frame.readerIndex + bodyRange.lowerBound, length: bodyRange.count)
    }

    /// Header values that an acknowledgement repeats exactly as they came, as ranges within the frame's readable bytes.
    let echo: Echo
    private let bodyRange: Range<Int>?

    struct Echo: Sendable {
        var mid: Range<Int>
        var sid: Range<Int>?
        var appKey: Range<Int>?
        var userAgent: Range<Int>?
        var dataType: Range<Int>?
    }

    init(frame: ByteBuffer, body: Range<Int>?, echo: Echo) {
        self.frame = frame
        self.bodyRange = body
        self.echo = echo
    }
}
