import Foundation
import Testing

@testable import HoldfastCommand

@Suite("Work that blocks its thread", .timeLimit(.minutes(5)))
struct OwnThreadTests {
    /// Lets nobody pass before all are there.
    private final class Meeting: @unchecked Sendable {
        // `missing` is touched while `condition` is locked.
        private let condition = NSCondition()
        private var missing: Int

        init(of count: Int) { missing = count }

        /// False if not all have come within two minutes.
        func attend() -> Bool {
            condition.lock()
            defer { condition.unlock() }
            missing -= 1
            condition.broadcast()
            let end = Date(timeIntervalSinceNow: 120)
            while missing > 0 {
                guard condition.wait(until: end) else { return false }
            }
            return true
        }
    }

    @Test("more of it than tasks have threads runs at once")
    func meeting() async {
        let count = ProcessInfo.processInfo.activeProcessorCount + 1
        let meeting = Meeting(of: count)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<count { group.addTask { await OwnThread.run { meeting.attend() } } }
            for await hasMet in group { #expect(hasMet) }
        }
    }
}
