import Testing

@testable import HoldfastCore

@Suite("Recent counts")
struct RecentCountsTests {
    @Test(
        "what is counted is there for as many steps as there are, and then it is not", arguments: [Int64(0), -7, 1_000])
    func ages(start: Int64) {
        var counts = RecentCounts<4, UInt8>()
        for step in 0..<10 {
            counts.advance(to: start + Int64(step))
            counts[start + Int64(step)] += UInt8(step + 1)
        }
        let last = start + 9
        #expect((last - 5...last + 1).map { counts[$0] } == [0, 0, 7, 8, 9, 10, 0])
    }

    @Test("steps without a count are empty, and a clock that goes back counts in the newest")
    func gaps() {
        var counts = RecentCounts<4, UInt8>()
        counts.advance(to: 10)
        counts[10] = 1
        counts.advance(to: 12)
        counts[12] = 2
        counts.advance(to: 5)
        #expect(counts.newest == 12)
        #expect((9...12).map { counts[Int64($0)] } == [0, 1, 0, 2])
        counts.advance(to: 1_000)
        #expect((0...1_000).allSatisfy { counts[Int64($0)] == 0 })
    }

    @Test("nothing is counted before there is a step, nor in one that is gone or to come")
    func outside() {
        var counts = RecentCounts<4, UInt8>()
        counts[counts.newest] += 1
        counts[0] += 1
        counts.advance(to: 100)
        counts[96] += 1
        counts[101] += 1
        #expect((90...110).allSatisfy { counts[Int64($0)] == 0 })
        #expect(counts[.min] == 0 && counts[.max] == 0)
    }

    @Test("what leaves is told once")
    func leaving() {
        var counts = RecentCounts<3, UInt8>()
        var left = 0
        for step in 0..<7 {
            counts.advance(to: Int64(step)) { left += Int($0) }
            counts[Int64(step)] = 1
        }
        #expect(left == 4)
        counts.advance(to: 100) { left += Int($0) }
        #expect(left == 7)
    }
}
