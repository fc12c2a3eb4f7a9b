import Foundation
import Synchronization

/// The lines of a stream as they come in, kept and waited for.
final class Lines: Sendable {
    private struct Waiter {
        var from: Int
        var matches: @Sendable (String) -> Bool
        var continuation: CheckedContinuation<String?, Never>
    }

    private struct State {
        var lines: [String] = []
        var rest: [UInt8] = []
        var hasEnded = false
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    /// Reads a descriptor to its end on a thread of its own, then closes it.
    init(reading handle: FileHandle) {
        let thread = Thread { [self] in
            while true {
                let data = handle.availableData
                guard !data.isEmpty else { break }
                append(data)
            }
            try? handle.close()
            end()
        }
        thread.start()
    }

    /// All lines so far.
    var all: [String] { state.withLock { $0.lines } }

    /// The first line, from the `from`th on, that matches; nil if the stream ends without one.
    func first(from: Int = 0, where matches: @escaping @Sendable (String) -> Bool) async -> String? {
        let id = state.withLock { state in
            defer { state.nextWaiter += 1 }
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: String?? = state.withLock { state in
                    if let line = state.lines.dropFirst(from).first(where: matches) { return .some(line) }
                    if state.hasEnded || Task.isCancelled { return .some(nil) }
                    state.waiters[id] = Waiter(from: from, matches: matches, continuation: continuation)
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(returning: nil)
        }
    }

    /// Waits until the stream has ended.
    func ended() async { _ = await first { _ in false } }

    private func append(_ data: Data) {
        let woken = state.withLock { state -> [(Waiter, String)] in
            state.rest += data
            var woken: [(Waiter, String)] = []
            while let newline = state.rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: state.rest[..<newline], as: UTF8.self)
                state.rest.removeFirst(newline + 1)
                state.lines.append(line)
                for (id, waiter) in state.waiters where state.lines.count > waiter.from && waiter.matches(line) {
                    state.waiters[id] = nil
                    woken.append((waiter, line))
                }
            }
            return woken
        }
        for (waiter, line) in woken { waiter.continuation.resume(returning: line) }
    }

    private func end() {
        let waiters = state.withLock { state in
            if !state.rest.isEmpty { state.lines.append(String(decoding: state.rest, as: UTF8.self)) }
            state.hasEnded = true
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
    }
}
