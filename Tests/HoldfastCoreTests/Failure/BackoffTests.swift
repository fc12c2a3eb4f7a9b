import HoldfastCore
import Testing

@Suite("Backoff (F2)")
struct BackoffTests {
    /// Hands out one number for ever, so that a draw's ends can be looked at.
    struct Constant: RandomNumberGenerator {
        var value: UInt64
        mutating func next() -> UInt64 { value }
    }

    @Test(
        "the ceiling grows with the failures up to the cap of its class",
        arguments: [
            (FailureClass.dropped, [3, 6, 9, 12, 15, 15]),
            (.network, [10, 20, 30, 40, 50, 60, 60]),
            (.server, [5, 10, 15, 20, 25, 30, 30]),
            (.auth, [5, 10, 15, 20, 25, 30, 30]),
            (.protocol, [5, 10, 15, 20, 25, 30, 30]),
            (.permanent, [5, 10, 15, 20, 25, 30, 30]),
            (.handler, [5, 10, 15, 20, 25, 30, 30]),
            (.system, [5, 10, 15, 20, 25, 30, 30]),
        ])
    func ceilings(class: FailureClass, seconds: [Int]) {
        for (index, expected) in seconds.enumerated() {
            let ceiling = Backoff.ceiling(for: `class`, failures: UInt32(index + 1), settings: RetrySettings())
            #expect(ceiling == .seconds(expected))
        }
    }

    @Test("no count of failures overflows: the cap holds for ever", arguments: FailureClass.allCases)
    func noOverflow(class: FailureClass) {
        var settings = RetrySettings()
        #expect(
            Backoff.ceiling(for: `class`, failures: .max, settings: settings) == settings.ceiling(for: `class`).cap)
        let absurd = RetrySettings.Ceiling(step: .seconds(Int64.max), cap: .seconds(Int64.max))
        settings.dropped = absurd
        settings.network = absurd
        settings.other = absurd
        let ceiling = Backoff.ceiling(for: `class`, failures: .max, settings: settings)
        #expect(ceiling == .nanoseconds(Int64.max))
        var generator = SeededGenerator(seed: 1)
        let failure = Failure(`class`, .reset, phase: .established)
        #expect(Backoff.delay(for: failure, failures: .max, settings: settings, using: &generator) <= ceiling)
    }

    @Test("no failure at all counts as the first")
    func zeroIsOne() {
        #expect(Backoff.ceiling(for: .network, failures: 0, settings: RetrySettings()) == .seconds(10))
    }

    @Test("full jitter fills the whole range between 100 ms and the ceiling, from the first retry on")
    func fullJitter() {
        let settings = RetrySettings()
        var generator = SeededGenerator(seed: 2)
        let failure = Failure(.dropped, .endOfStream, phase: .established)
        var drawn: [Duration] = []
        for _ in 0..<10_000 {
            drawn.append(Backoff.delay(for: failure, failures: 1, settings: settings, using: &generator))
        }
        #expect(drawn.allSatisfy { $0 >= .milliseconds(100) && $0 <= .seconds(3) })
        // Ten equal parts of the range: each gets its share of an even draw, within 15 %.
        var parts = [Int](repeating: 0, count: 10)
        for delay in drawn {
            parts[min(9, Int((delay.inSeconds - 0.1) / 0.29))] += 1
        }
        #expect(parts.allSatisfy { $0 > 850 && $0 < 1150 }, "\(parts)")
    }

    @Test("equal jitter stays in the upper half, no jitter is the ceiling itself")
    func otherJitters() {
        var settings = RetrySettings()
        var generator = SeededGenerator(seed: 3)
        let failure = Failure(.network, .refused, phase: .connect)
        settings.jitter = .equal
        for _ in 0..<1000 {
            let delay = Backoff.delay(for: failure, failures: 2, settings: settings, using: &generator)
            #expect(delay >= .seconds(10) && delay <= .seconds(20))
        }
        settings.jitter = .none
        #expect(Backoff.delay(for: failure, failures: 2, settings: settings, using: &generator) == .seconds(20))
    }

    @Test("both ends of the range can be drawn")
    func ends() {
        let failure = Failure(.dropped, .reset, phase: .established)
        // Not 0: the standard library draws again where a 0 would be uneven, here for ever.
        var lowest = Constant(value: 1)
        let shortest = Backoff.delay(for: failure, failures: 9, settings: RetrySettings(), using: &lowest)
        #expect(shortest == .milliseconds(100))
        var highest = Constant(value: .max)
        let longest = Backoff.delay(for: failure, failures: 9, settings: RetrySettings(), using: &highest)
        #expect(longest == .seconds(15))
    }

    @Test("Retry-After pins the delay from below, exactly, and at most one hour of it is obeyed")
    func retryAfter() {
        let settings = RetrySettings()
        var generator = SeededGenerator(seed: 4)
        var failure = Failure(.server, .upgradeStatus, number: 503, phase: .upgrade, retryAfter: .seconds(20))
        // The first ceiling is 5 s, so every draw lies below the 20 s asked for.
        for _ in 0..<100 {
            let delay = Backoff.delay(for: failure, failures: 1, settings: settings, using: &generator)
            #expect(delay == .seconds(20))
        }
        // With the ceiling above it, a draw below is lifted and a draw above stays.
        for _ in 0..<1000 {
            let delay = Backoff.delay(for: failure, failures: 9, settings: settings, using: &generator)
            #expect(delay >= .seconds(20) && delay <= .seconds(30))
        }
        failure.retryAfter = .seconds(86_400)
        #expect(Backoff.delay(for: failure, failures: 1, settings: settings, using: &generator) == .seconds(3600))
    }

    @Test("a ceiling of nothing still waits the shortest delay: there is no loop without delay")
    func floor() {
        var settings = RetrySettings()
        settings.other = .init(step: .zero, cap: .seconds(-5))
        var generator = SeededGenerator(seed: 5)
        let failure = Failure(.server, .upgradeStatus, number: 500, phase: .upgrade)
        for jitter in RetrySettings.Jitter.allCases {
            settings.jitter = jitter
            #expect(
                Backoff.delay(for: failure, failures: 3, settings: settings, using: &generator) == .milliseconds(100))
        }
    }
}
