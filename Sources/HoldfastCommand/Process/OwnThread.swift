import Foundation

/// Runs what takes long without awaiting anything on a thread made for it. Tasks share as many threads as there are cores: on a
/// machine with one, everything else that is a task would stand still meanwhile, the message to the watchdog among it.
enum OwnThread {
    static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }
}
