public import NIOCore

/// A frame by which the gateway hands something over. It keeps the frame as it came (shared, not copied) and where in it
/// the interesting parts lie.
public struct Push: Sendable {
    /// The whole frame.
    public let frame: ByteBuffer
    /// Whether it came as text.
    public let isText: Bool
    /// What the dialect will want again, for instance to repeat it in the acknowledgement: ranges within the frame's
    /// readable bytes. What each stands for is the dialect's own affair.
    public let parts: Parts
    /// Its place in the gateway's sequence, where it has one.
    public let sequence: UInt64?

    /// A handful of ranges, without an array.
    public struct Parts: Sendable {
        private var ranges: InlineArray<6, Range<Int>?> = .init(repeating: nil)

        public init() {}

        /// Nil for a part that is not there, and for a number beyond 0 … 5.
        public subscript(part: Int) -> Range<Int>? {
            get { ranges.indices.contains(part) ? ranges[part] : nil }
            set { if ranges.indices.contains(part) { ranges[part] = newValue } }
        }
    }

    public init(frame: ByteBuffer, isText: Bool, parts: Parts = Parts(), sequence: UInt64? = nil) {
        self.frame = frame
        self.isText = isText
        self.parts = parts
        self.sequence = sequence
    }

    /// A part of the frame, shared and not copied; nil if it is not there.
    public func slice(_ part: Int) -> ByteBuffer? {
        guard let range = parts[part] else { return nil }
        return frame.getSlice(at: frame.readerIndex + range.lowerBound, length: range.count)
    }
}
