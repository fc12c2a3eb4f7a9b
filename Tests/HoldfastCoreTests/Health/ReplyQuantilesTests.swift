import HoldfastCore
import Testing

@Suite("Reply quantiles")
struct ReplyQuantilesTests {
    @Test("they fit in 64 bytes")
    func size() {
        #expect(MemoryLayout<ReplyQuantiles>.size <= 64)
    }

    @Test("without a reply there is no answer")
    func empty() {
        #expect(ReplyQuantiles().quantile(0.5) == nil)
    }

    @Test("the middle and the tail are right within a fifth", arguments: [20, 50, 400, 3_000])
    func accuracy(typical: Int) throws {
        var generator = SeededGenerator(seed: 21)
        var quantiles = ReplyQuantiles()
        var all: [Duration] = []
        for number in 0..<4_000 {
            let spike = number % 50 == 0 ? 10 : 1
            let time = generator.duration(
                from: .milliseconds(typical * spike / 2), to: .milliseconds(typical * spike * 3 / 2))
            all.append(time)
            quantiles.add(time)
        }
        all.sort()
        for share in [0.5, 0.9, 0.99] {
            let truth = all[Int(share * 4_000) - 1].inSeconds
            let answer = try #require(quantiles.quantile(share)).inSeconds
            #expect(answer / truth > 0.8 && answer / truth < 1.25, "p\(share): \(answer) for \(truth)")
        }
    }

    @Test("times outside the buckets count at their ends", arguments: [-5_000_000_000, 0, 900_000, Int64.max])
    func ends(nanoseconds: Int64) throws {
        var quantiles = ReplyQuantiles()
        quantiles.add(.nanoseconds(nanoseconds))
        let answer = try #require(quantiles.quantile(0.5))
        #expect(nanoseconds == .max ? answer > .seconds(32) : answer < .milliseconds(2))
    }

    @Test("every bucket's edges are where they are said to be")
    func edges() throws {
        for exponent in 0..<15 {
            let edge = 1_000_000 << exponent
            var below = ReplyQuantiles()
            below.add(.nanoseconds(edge - edge / 1_000))
            var above = ReplyQuantiles()
            above.add(.nanoseconds(edge + edge / 1_000))
            let (low, high) = try (#require(below.quantile(0.5)), #require(above.quantile(0.5)))
            #expect(exponent == 0 ? low == high : low < .nanoseconds(edge))
            #expect(high > .nanoseconds(edge))
        }
    }

    @Test("old replies fade, and no number of them overflows")
    func fading() throws {
        var quantiles = ReplyQuantiles()
        for _ in 0..<200_000 { quantiles.add(.seconds(4)) }
        #expect(quantiles.count < 5_760)
        for _ in 0..<20_000 { quantiles.add(.milliseconds(50)) }
        #expect(try #require(quantiles.quantile(0.5)) < .milliseconds(60))
        #expect(try #require(quantiles.quantile(0.9)) < .milliseconds(60))
    }

    @Test("absurd shares give the ends")
    func absurdShares() {
        var quantiles = ReplyQuantiles()
        quantiles.add(.milliseconds(10))
        quantiles.add(.seconds(1))
        #expect(quantiles.quantile(-1) == quantiles.quantile(0))
        #expect(quantiles.quantile(7) == quantiles.quantile(1))
        #expect(quantiles.quantile(.nan) != nil)
    }
}
