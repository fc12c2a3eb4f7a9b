import Testing

@testable import HoldfastCore

/// Follows a session breadth first through everything that can happen to it, in every order, until nothing new is found:
/// no sequence of events leads it out of its rules. The shortest way to whatever is found wrong is printed.
@Suite("The session, checked over all sequences of events")
struct SessionCheckerTests {
    /// Where a state came from, so that the way to it can be told.
    struct Found {
        var checked: CheckedSession
        var parent: Int?
        var step: CheckerStep?
    }

    struct Result {
        var states = 0
        var steps = 0
        var isComplete = true
        var edges: Set<TransitionOracle.Edge> = []
        var complaints: [String] = []
    }

    /// Counts so small that their ends are reached within a few steps.
    static func settings(canRenew: Bool) -> SessionSettings {
        var retry = RetrySettings()
        retry.jitter = .none
        retry.maxFailures = 2
        var recovery = RecoverySettings()
        recovery.maxRestarts = 1
        recovery.canRenew = canRenew
        var heartbeat = HeartbeatSettings()
        heartbeat.maxMisses = 2
        return SessionSettings(heartbeat: heartbeat, retry: retry, recovery: recovery)
    }

    static func explore(_ settings: SessionSettings, isCoarse: Bool, limit: Int) -> Result {
        let steps = CheckerStep.all.filter { !(isCoarse && $0.isAboutHeartbeats) }
        var result = Result()
        var found = [Found(checked: CheckedSession(settings))]
        var known = [CheckerKey(found[0].checked, isCoarse: isCoarse)] as Set
        var next = 0
        while next < found.count, result.complaints.count < 5 {
            guard found.count < limit else {
                result.isComplete = false
                break
            }
            for step in steps {
                var checked = found[next].checked
                guard checked.take(step) else { continue }
                result.steps += 1
                result.edges.formUnion(checked.edges)
                for complaint in checked.complaints {
                    result.complaints.append("\(complaint): \(way(to: next, found)) → \(name(of: step))")
                }
                guard checked.complaints.isEmpty, known.insert(CheckerKey(checked, isCoarse: isCoarse)).inserted
                else { continue }
                found.append(Found(checked: checked, parent: next, step: step))
            }
            next += 1
        }
        result.states = found.count
        return result
    }

    static func way(to index: Int, _ found: [Found]) -> String {
        var steps: [String] = []
        var current: Int? = index
        while let here = current {
            if let step = found[here].step { steps.append(name(of: step)) }
            current = found[here].parent
        }
        return steps.reversed().joined(separator: " → ")
    }

    static func name(of step: CheckerStep) -> String {
        "\(step)".replacing("HoldfastCoreTests.CheckerStep.", with: "").replacing("HoldfastCore.", with: "")
    }

    @Test("no sequence of events leads out of the rules")
    func holds() {
        report(Self.explore(Self.settings(canRenew: false), isCoarse: false, limit: 50_000), "without renewals")
    }

    @Test("no sequence of events leads out of the rules where credentials can be renewed")
    func holdsWithRenewals() {
        // Heartbeats and logins have nothing to do with each other, and all their combinations are ten times as many.
        report(Self.explore(Self.settings(canRenew: true), isCoarse: true, limit: 50_000), "with renewals")
    }

    func report(_ result: Result, _ name: String) {
        print("checker, \(name): \(result.states) states, \(result.steps) steps")
        #expect(result.complaints.isEmpty, "\(result.complaints.joined(separator: "\n"))")
        #expect(result.isComplete)
        #expect(result.edges == TransitionOracle.edges, "every legal transition is reached, and no other")
    }
}
