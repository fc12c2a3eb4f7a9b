import HoldfastCore
import Testing

@Suite("The end of a wave of connections is found")
struct SocketWaveTests {
    /// The looks, numbered from 1, at which a wave was over.
    private func ends(_ counts: [Int]) -> [Int] {
        var wave = SocketWave()
        return counts.enumerated().filter { wave.isOver(sockets: $0.element) }.map { $0.offset + 1 }
    }

    @Test("it is over five looks after the last that brought many, and is told once")
    func once() {
        #expect(ends([400, 1_000, 1_500] + Array(repeating: 1_500, count: 20)) == [8])
    }

    @Test("a few that come and go do not keep it from being over")
    func fewMore() {
        #expect(ends([1_000, 1_005, 1_000, 1_010, 1_004, 1_000, 1_000]) == [6])
    }

    @Test("while many come and go it goes on")
    func goesOn() {
        #expect(ends((0..<50).map { $0.isMultiple(of: 2) ? 1_000 : 900 }) == [])
    }

    @Test("fewer than make a wave are none, until they add up")
    func fewSockets() {
        #expect(ends(Array(repeating: 255, count: 50)) == [])
        #expect(ends([100] + Array(repeating: 200, count: 10) + Array(repeating: 260, count: 10)) == [17])
    }

    @Test("sockets that were lost and came back are a wave too")
    func backAgain() {
        let quiet = Array(repeating: 1_000, count: 10)
        #expect(ends([1_000] + quiet + [0, 1_000] + quiet) == [6, 18])
    }
}
