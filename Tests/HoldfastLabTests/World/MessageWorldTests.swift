import Foundation
import HoldfastLab
import Testing

/// A seed that failed, to be seen again.
private let chosenSeed = ProcessInfo.processInfo.environment["HOLDFAST_SEED"].flatMap { UInt64($0) }

/// The way of messages with a kill between any two steps, in worlds drawn from seeds.
@Suite("Messages, in virtual time")
struct MessageWorldTests {
    static func live(_ seed: UInt64) -> MessageWorld {
        var world = MessageWorld(seed: seed)
        world.run(steps: 800)
        if world.violations.isEmpty { world.rest() }
        let verdict = world.violations.joined(separator: "\n")
        #expect(
            world.violations.isEmpty,
            "\(verdict)\nto see it again: HOLDFAST_SEED=\(seed) swift test --filter MessageWorldTests.chosen")
        return world
    }

    @Test("the seed of HOLDFAST_SEED", .enabled(if: chosenSeed != nil, "HOLDFAST_SEED chooses a seed to see again"))
    func chosen() throws {
        _ = Self.live(try #require(chosenSeed))
    }

    @Test(
        "nothing acknowledged is lost, nothing is forgotten, nothing has two names",
        arguments: 1...8 as ClosedRange<UInt64>)
    func fixed(group: UInt64) {
        var sum = MessageWorld.Figures()
        for seed in (group * 100)..<(group * 100 + 10) {
            let figures = Self.live(seed).figures
            sum.kills += figures.kills
            sum.repeats += figures.repeats
            sum.duplicates += figures.duplicates
            sum.skipped += figures.skipped
            sum.letters += figures.letters
            sum.refills += figures.refills
        }
        // There is trouble enough.
        #expect(sum.kills > 100)
        #expect(sum.repeats > 20)
        #expect(sum.duplicates > 100)
        #expect(sum.skipped > 20)
        #expect(sum.letters > 5)
        #expect(sum.refills > 3)
    }

    @Test(
        "nor in worlds that nobody has seen yet",
        arguments: (0..<10).map { _ in UInt64.random(in: 1_000...999_999_999) })
    func fresh(seed: UInt64) {
        _ = Self.live(seed)
    }

    @Test("the same seed is the same world")
    func repeats() {
        #expect(Self.live(7).figures == Self.live(7).figures)
        #expect(Self.live(7).figures != Self.live(8).figures)
    }
}
