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

    /// A handful of ranges, without an array, and small: a push is copied several times on its way.
    public struct Parts: Sendable {
        /// No part ends at 0: that stands for one that is not there.
        private var starts: InlineArray<7, UInt32> = .init(repeating: 0)
        private var ends: InlineArray<7, UInt32> = .init(repeating: 0)

        public init() {}

        /// Nil for a part that is not there or empty, for a number beyond 0 … 6, and for what lies beyond 4 GiB.
        public subscript(part: Int) -> Range<Int>? {
            get {
                guard ends.indices.contains(part), ends[part] > starts[part] else { return nil }
                return Int(starts[part])..<Int(ends[part])
            }
            set {
                guard ends.indices.contains(part) else { return }
                (starts[part], ends[part]) = (0, 0)
                guard let newValue, let end = UInt32(exactly: newValue.upperBound) else { return }
                (starts[part], ends[part]) = (UInt32(clamping: newValue.lowerBound), end)
            }
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
