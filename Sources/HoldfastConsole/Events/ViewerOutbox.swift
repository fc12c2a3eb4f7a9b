import NIOCore
import Synchronization

/// What is ready for one viewer and has not been written yet. Events that come while a write is under way go out together
/// with the next one.
final class ViewerOutbox: Sendable {
    /// One element whenever there may be something to take; it ends when nothing more will come.
    let rings: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation
    private let limitBytes: Int
    private let waiting = Mutex(ByteBuffer())

    init(limitBytes: Int) {
        self.limitBytes = limitBytes
        (rings, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Returns: false if there is no room, because the viewer does not keep up.
    func put(_ text: ByteBuffer) -> Bool {
        let fits = waiting.withLock { waiting in
            guard waiting.readableBytes + text.readableBytes <= limitBytes else { return false }
            waiting.writeImmutableBuffer(text)
            return true
        }
        if fits { bell.yield() }
        return fits
    }

    /// Everything that waits; empty if nothing does.
    func take() -> ByteBuffer {
        waiting.withLock { waiting in
            defer { waiting = ByteBuffer() }
            return waiting
        }
    }

    func close() {
        bell.finish()
    }
}
