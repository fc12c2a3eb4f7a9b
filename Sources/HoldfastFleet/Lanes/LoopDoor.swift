import NIOCore
import Synchronization

/// The one way from other threads onto a loop. Once it is shut, whoever comes is told so and nothing reaches the loop any
/// more: what is told to a loop that has ended is lost, and whoever waits for it would wait for ever.
final class LoopDoor: Sendable {
    private let loop: any EventLoop
    /// Held while a task is handed over, so that all that came in before the door was shut is in the loop's queue by then.
    private let isOpen = Mutex(true)

    init(to loop: any EventLoop) {
        self.loop = loop
    }

    /// Hands a task to the loop. False if the door is shut: the task will never run.
    @discardableResult
    func enter(_ task: @escaping @Sendable () -> Void) -> Bool {
        isOpen.withLock { isOpen in
            if isOpen { loop.execute(task) }
            return isOpen
        }
    }

    /// The same, and waits for what the task returns. Nil if the door is shut.
    @discardableResult
    func ask<Result: Sendable>(_ question: @escaping @Sendable () -> Result) async -> Result? {
        await withCheckedContinuation { continuation in
            if !enter({ continuation.resume(returning: question()) }) { continuation.resume(returning: nil) }
        }
    }

    /// Lets nobody in from now on. When it returns, the loop has done all that came in before.
    func shut() async {
        let wasOpen = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if wasOpen { try? await loop.submit {}.get() }
    }
}
