import HoldfastCore
import Testing

@testable import HoldfastFleet

@Suite("The timer wheel")
struct TimerWheelTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    @Test("a slot fires at the first tick at or after its deadline, never before")
    func onTime() {
        var wheel = TimerWheel(at: start)
        wheel.grow(to: 1)
        wheel.arm(0, for: start + .milliseconds(120))
        #expect(wheel.fired(at: start + .milliseconds(119)) == [])
        #expect(wheel.fired(at: start + .milliseconds(149)) == [])
        #expect(wheel.fired(at: start + .milliseconds(150)) == [0])
        #expect(wheel.count == 0)
    }

    @Test("a later deadline changes nothing, an earlier one does")
    func rearming() {
        var wheel = TimerWheel(at: start)
        wheel.grow(to: 1)
        wheel.arm(0, for: start + .seconds(2))
        wheel.arm(0, for: start + .seconds(3))
        #expect(wheel.count == 1)
        wheel.arm(0, for: start + .seconds(1))
        #expect(wheel.count == 1)
        #expect(wheel.fired(at: start + .seconds(1)) == [0])
        #expect(wheel.fired(at: start + .seconds(5)) == [])
    }

    @Test("a deadline that has passed fires at the next tick")
    func past() {
        var wheel = TimerWheel(at: start)
        wheel.grow(to: 2)
        wheel.arm(0, for: start - .seconds(10))
        wheel.arm(1, for: Instant(nanoseconds: .min))
        #expect(Set(wheel.fired(at: start + TimerWheel.tick)) == [0, 1])
    }

    @Test("a deadline beyond the horizon fires early, so that its owner arms it again")
    func beyond() {
        var wheel = TimerWheel(at: start)
        wheel.grow(to: 1)
        wheel.arm(0, for: .distantFuture)
        #expect(wheel.fired(at: start + .seconds(51)) == [])
        #expect(wheel.fired(at: start + .seconds(52)) == [0])
    }

    @Test("after a stop of an hour everything due fires in one turn, once")
    func longStop() {
        var wheel = TimerWheel(at: start)
        wheel.grow(to: 1_000)
        for slot in 0..<UInt32(1_000) { wheel.arm(slot, for: start + .milliseconds(Int64(slot) * 40)) }
        #expect(wheel.fired(at: start + .seconds(3_600)).sorted() == Array(0..<1_000))
        wheel.arm(7, for: start)
        #expect(wheel.fired(at: start + .seconds(3_601)) == [7])
    }

    @Test(
        "whatever is armed, disarmed and fired, it does what a table of deadlines would",
        arguments: 0..<20 as Range<UInt64>)
    func sameAsTable(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var wheel = TimerWheel(at: start)
        let slots = 50
        wheel.grow(to: slots)
        var table: [UInt32: Instant] = [:]
        var now = start
        for _ in 0..<4_000 {
            let slot = UInt32.random(in: 0..<UInt32(slots), using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let deadline = now + .milliseconds(Int64.random(in: 0...40_000, using: &random))
                wheel.arm(slot, for: deadline)
                if let known = table[slot], known <= deadline { break }
                table[slot] = deadline
            case 5:
                wheel.disarm(slot)
                table[slot] = nil
            default:
                now = now + .milliseconds(Int64.random(in: 0...400, using: &random))
                let due = wheel.fired(at: now)
                for slot in due {
                    // Never without being armed, never before its deadline.
                    let deadline = table.removeValue(forKey: slot)
                    #expect(deadline.map { $0 <= now } == true)
                }
                // And never more than a tick after it.
                #expect(table.values.allSatisfy { now.since($0) <= TimerWheel.tick + .nanoseconds(1) })
            }
            #expect(wheel.count == table.count)
        }
    }
}

extension TimerWheel {
    fileprivate mutating func fired(at now: Instant) -> [UInt32] {
        var due: ContiguousArray<UInt32> = []
        advance(to: now, into: &due)
        return Array(due)
    }
}
