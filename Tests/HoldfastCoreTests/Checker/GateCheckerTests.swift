import Testing

@testable import HoldfastCore

/// Follows the gate and its breakers breadth first through everything that can happen to them, until nothing new is found.
@Suite("The gate and the breaker, checked over all sequences of events")
struct GateCheckerTests {
    @Test("every budget holds, nobody overtakes, one probe at a time, and nobody waits for ever")
    func holds() {
        var found = [(gate: CheckedGate(), parent: 0, step: CheckedGate.Step?.none)]
        var known = [found[0].gate.key] as Set
        var edges: Set<String> = []
        var complaints: [String] = []
        var steps = 0
        var next = 0
        while next < found.count, complaints.count < 5, found.count < 60_000 {
            for step in CheckedGate.Step.all {
                var gate = found[next].gate
                let before = gate.key.breakers
                guard gate.take(step) else { continue }
                steps += 1
                for (from, to) in zip(before, gate.key.breakers) where from != to {
                    edges.insert("\(from.rawValue) → \(to.rawValue)")
                }
                for complaint in gate.complaints {
                    complaints.append("\(complaint): \(way(to: next, found)) → \(step)")
                }
                guard gate.complaints.isEmpty, known.insert(gate.key).inserted else { continue }
                if let starving = gate.starving() {
                    complaints.append("\(starving): \(way(to: next, found)) → \(step)")
                }
                found.append((gate, next, step))
            }
            next += 1
        }
        print("checker, gate and breaker: \(found.count) states, \(steps) steps, \(edges.sorted())")
        #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
        #expect(next == found.count, "nothing new is found any more")
        #expect(
            edges == ["closed → open", "open → half_open", "half_open → open", "half_open → closed", "open → closed"],
            "open → closed is the operator's")
    }

    private func way(to index: Int, _ found: [(gate: CheckedGate, parent: Int, step: CheckedGate.Step?)]) -> String {
        var steps: [String] = []
        var current = index
        while let step = found[current].step {
            steps.append("\(step)")
            current = found[current].parent
        }
        return steps.reversed().joined(separator: " → ")
    }
}
