import Foundation
import HoldfastCore
import HoldfastLab
import Testing

/// A seed that failed, to be seen again.
private let chosenSeed = ProcessInfo.processInfo.environment["HOLDFAST_SEED"].flatMap { UInt64($0) }

/// A judge who complains of what is right, for the test of what is printed then.
private let judgedShare = ProcessInfo.processInfo.environment["HOLDFAST_JUDGED_SHARE"].flatMap { Double($0) } ?? 1

/// Everything that can go wrong, in worlds drawn from seeds. The fixed seeds are the same in every run; the fresh ones find
/// what nobody has seen yet, and say how to see it again.
@Suite("Chaos, in virtual time")
struct ChaosTests {
    static func live(_ seed: UInt64) -> World {
        var chaos = Chaos(seed: seed, judgedShare: judgedShare)
        if let verdict = verdict(&chaos) {
            print(verdict)
            Issue.record(Comment(rawValue: verdict))
        }
        return chaos.world
    }

    /// Lives through it. What was broken, and the command that shows it again; nil if nothing was.
    static func verdict(_ chaos: inout Chaos) -> String? {
        let isWell = chaos.run()
        let world = chaos.world
        guard !isWell || !world.violations.isEmpty else { return nil }
        var lines = ["seed \(world.seed):"] + world.violations.map(\.description)
        if !isWell {
            let away = (0..<world.accountCount).filter { world.session(of: $0)?.state != .connected }
            let last = chaos.recovery.map { "after \($0)" } ?? "never"
            lines.append("\(away) stay away; the last was back \(last), the bound is \(chaos.recoveryBound)")
        }
        lines.append("to see it again: HOLDFAST_SEED=\(world.seed) swift test --filter ChaosTests.chosen")
        return lines.joined(separator: "\n")
    }

    @Test("the seed of HOLDFAST_SEED", .enabled(if: chosenSeed != nil, "HOLDFAST_SEED chooses a seed to see again"))
    func chosen() throws {
        _ = Self.live(try #require(chosenSeed))
    }

    @Test("the command that a failed world prints shows the same complaint again, to the byte")
    func again() async throws {
        // A judge who believes in half of the budget complains of what is right.
        var chaos = Chaos(seed: 3, judgedShare: 0.5)
        let verdict = try #require(Self.verdict(&chaos), "this judge finds nothing")
        let command = try #require(
            verdict.split(separator: "\n").last?.wholeMatch(of: /to see it again: (\w+)=(\d+) swift test (.+)/))
        let output = try await TestRun.output(
            ["\(command.1)": "\(command.2)", "HOLDFAST_JUDGED_SHARE": "0.5"],
            command.3.split(separator: " ").map(String.init))
        #expect(output.contains(verdict), "\(output)")
    }

    @Test("nor in the many worlds of a soak", .soak, arguments: 100_000..<101_000 as Range<UInt64>)
    func many(seed: UInt64) {
        _ = Self.live(seed)
    }

    @Test("no promise is broken, and everybody comes back", arguments: 1...24 as ClosedRange<UInt64>)
    func fixed(seed: UInt64) {
        _ = Self.live(seed)
    }

    @Test(
        "nor in worlds that nobody has seen yet", arguments: (0..<4).map { _ in UInt64.random(in: 1_000...999_999_999) }
    )
    func fresh(seed: UInt64) {
        _ = Self.live(seed)
    }

    @Test("the same seed is the same world")
    func repeats() {
        let (first, second) = (Self.live(77), Self.live(77))
        #expect(first.figures == second.figures)
        #expect(first.figures != Self.live(78).figures)
    }

    @Test("there is trouble enough: everything the worlds are to show happens in them")
    func coverage() {
        var sum = WorldFigures()
        for seed in 1...12 as ClosedRange<UInt64> {
            let figures = Self.live(seed).figures
            sum.failures += figures.failures
            sum.cutByUs += figures.cutByUs
            sum.restarts += figures.restarts
            sum.quarantines += figures.quarantines
            sum.stuckResets += figures.stuckResets
            sum.slowReplies += figures.slowReplies
            sum.logins += figures.logins
            sum.processRestarts += figures.processRestarts
            sum.turnedAway += figures.turnedAway
            sum.alerts += figures.alerts
            sum.notifications += figures.notifications
        }
        #expect(sum.failures > 1_000)
        #expect(sum.cutByUs > 100)
        #expect(sum.restarts > 50)
        #expect(sum.quarantines > 50)
        #expect(sum.stuckResets > 10)
        #expect(sum.slowReplies > 50)
        #expect(sum.logins > 50)
        #expect(sum.processRestarts > 20)
        #expect(sum.turnedAway > 5)
        #expect(sum.alerts > 50)
        #expect(sum.notifications > 100)
    }
}
