import HoldfastCore
import Testing

@Suite("Token bucket")
struct TokenBucketTests {
    let start = Instant(nanoseconds: 1_000)

    @Test("the burst passes at once, then exactly the rate", arguments: [1, 3, 7, 200, 999_999_937])
    func rate(perSecond: Int) {
        var bucket = TokenBucket(perSecond: Double(perSecond), burst: 5)
        for _ in 0..<5 { #expect(bucket.take(at: start) == true) }
        #expect(bucket.take(at: start) == false)
        // Every token is taken in the very nanosecond in which it is due, and none earlier, without drift: token number
        // n after the burst is due n ÷ rate seconds after the start, rounded up to a nanosecond.
        for number in Int64(1)...2_000 {
            let (whole, rest) = (number * 1_000_000_000).quotientAndRemainder(dividingBy: Int64(perSecond))
            let due = start + .nanoseconds(rest == 0 ? whole : whole + 1)
            #expect(bucket.readyAt == due)
            #expect(bucket.take(at: due - .nanoseconds(1)) == false)
            #expect(bucket.take(at: due) == true)
        }
    }

    @Test("no window holds more than the burst and its share of the rate")
    func everyWindow() {
        var generator = SeededGenerator(seed: 11)
        var bucket = TokenBucket(perSecond: 37, burst: 9)
        var now = start
        var passed: [Instant] = []
        for _ in 0..<3_000 {
            now = now + generator.duration(from: .zero, to: .milliseconds(60))
            if bucket.take(at: now) { passed.append(now) }
        }
        for first in passed.indices {
            for last in first..<min(first + 200, passed.count) {
                let share = passed[last].since(passed[first]).wholeNanoseconds * 37 / 1_000_000_000
                #expect(Int64(last - first + 1) <= 9 + share)
            }
        }
    }

    @Test("a rest fills it to the burst and no further, however long it was")
    func longRest() {
        var bucket = TokenBucket(perSecond: 1_000_000, burst: 3)
        for _ in 0..<3 { #expect(bucket.take(at: start) == true) }
        let late = Instant.distantFuture
        for _ in 0..<3 { #expect(bucket.take(at: late) == true) }
        #expect(bucket.take(at: late) == false)
    }

    @Test("a clock that goes back gives nothing and breaks nothing")
    func backwards() {
        var bucket = TokenBucket(perSecond: 10, burst: 1)
        #expect(bucket.take(at: start + .seconds(10)) == true)
        #expect(bucket.take(at: start) == false)
        #expect(bucket.take(at: start + .seconds(10) + .milliseconds(99)) == false)
        #expect(bucket.take(at: start + .seconds(10) + .milliseconds(100)) == true)
    }

    @Test(
        "absurd numbers are harmless",
        arguments: [-Double.infinity, -1, 0, 1, .infinity, .nan, .greatestFiniteMagnitude, .leastNonzeroMagnitude],
        [Int.min, -1, 0, 1, .max])
    func absurd(perSecond: Double, burst: Int) {
        var bucket = TokenBucket(perSecond: perSecond, burst: burst)
        #expect(bucket.take(at: Instant(nanoseconds: .min)) == true)
        _ = bucket.take(at: Instant(nanoseconds: .max))
        bucket.change(perSecond: -perSecond, burst: burst, at: Instant(nanoseconds: 0))
        _ = bucket.readyAt
        var settings = GateSettings()
        settings.admission.fleet.connectsPerSecond = perSecond
        #expect(settings.admission.fleet.burst >= 1)
    }

    @Test("a rate below one per second is as exact as any")
    func fraction() {
        var bucket = TokenBucket(perSecond: 0.4, burst: 1)
        for number in 0..<1_000 as Range<Int64> {
            let due = start + .milliseconds(2_500 * number)
            if number > 0 { #expect(bucket.readyAt == due) }
            #expect(bucket.take(at: due) == true)
            #expect(bucket.take(at: due) == false)
        }
    }

    @Test("a change keeps the tokens that still fit")
    func change() {
        var bucket = TokenBucket(perSecond: 1, burst: 10)
        bucket.change(perSecond: 2, burst: 4, at: start)
        for _ in 0..<4 { #expect(bucket.take(at: start) == true) }
        #expect(bucket.take(at: start) == false)
        #expect(bucket.readyAt == start + .milliseconds(500))
    }
}
