import Foundation
import HoldfastCore
import HoldfastLab
import Testing

@Suite("Simulations")
struct SimulationTests {
    static func report(_ scenario: Scenario, accounts: Int = 300, seed: UInt64 = 1) -> SimulationReport {
        var simulation = Simulation(scenario: scenario, accounts: accounts, seed: seed)
        simulation.endpoints = 3
        simulation.length = .seconds(300)
        let results = [SimulationPolicy.naive, .defaults].map { simulation.run($0) }
        return SimulationReport(simulation: simulation, results: results, command: "holdfast simulate <&>")
    }

    @Test("no promise is broken in any scenario, and trouble there is", arguments: Scenario.allCases)
    func scenarios(scenario: Scenario) {
        for result in Self.report(scenario).results {
            #expect(result.violations.isEmpty, "\(result.policy.name): \(result.violations)")
            #expect(result.seconds.count == 301)
            #expect(result.seconds.first?.connected == 300, "everybody is connected before it")
            // Whoever waits 75 s for a reply lives through a minute without one; nobody's gateway knows of our own stall.
            let mayHoldOut = result.policy.name == SimulationPolicy.naive.name || scenario == .processStall
            #expect(mayHoldOut || result.fewestConnected < 300)
        }
    }

    @Test("the same seed makes the same page, the same table and the same text; another seed another")
    func repeats() {
        let (first, second) = (Self.report(.gatewayRestart), Self.report(.gatewayRestart))
        #expect(first.html == second.html)
        #expect(first.csv == second.csv)
        #expect(first.text == second.text)
        #expect(first.csv != Self.report(.gatewayRestart, seed: 2).csv)
    }

    @Test("the budget holds where there is one")
    func budget() {
        let results = Self.report(.gatewayRestart, accounts: 6_000).results
        #expect(results[0].peakConnectsPerSecond == 6_000)
        #expect(results[0].turnedAway == 0, "2 000 at each gateway are done within a second")
        // 50 at once and 200 more in a second, at each of three gateways.
        #expect(results[1].peakConnectsPerSecond <= 750)
        #expect(results[1].peakHandshakes <= 300)
        #expect(results[1].timeUntilBack(1).map { $0 <= .seconds(60) } == true)
    }

    @Test(
        "if nothing is said of gateways, there is one for every 50 000 accounts",
        arguments: [
            (0, 1), (1, 1), (50_000, 1), (50_001, 2), (1_000_000, 20), (-1, 1), (Int.max, Int.max / 50_000 + 1),
        ])
    func gateways(accounts: Int, gateways: Int) {
        #expect(Simulation(scenario: .drain, accounts: accounts, seed: 1).endpoints == gateways)
    }

    @Test("a gateway that is overrun turns away whom it cannot take, and the herd comes again")
    func overrun() {
        var simulation = Simulation(scenario: .gatewayRestart, accounts: 5_000, seed: 1)
        simulation.handshakesPerSecond = 20
        simulation.length = .seconds(120)
        let naive = simulation.run(.naive)
        #expect(naive.turnedAway > 10_000)
        #expect(naive.timeUntilBack(0.9) == nil)
        #expect(naive.violations.isEmpty)
    }

    @Test("the page stands alone, and what people wrote is text in it")
    func page() {
        let html = Self.report(.drain).html
        #expect(!html.contains("<script") && !html.contains("http://") && !html.contains("https://"))
        #expect(html.contains("holdfast simulate &lt;&amp;&gt;"))
        #expect(html.components(separatedBy: "<polyline").count == 1 + 5 * 2)
    }

    @Test("people are called where they are needed, and the report says when and what for")
    func calls() {
        let report = Self.report(.gatewayDown)
        let kinds = report.results.map { result in result.messages.map(\.message.kind) }
        // Each of three gateways, or all of them together; the last ones back are back too late for the end to be told.
        #expect(kinds.allSatisfy { $0.contains(.firing) }, "\(kinds)")
        #expect(report.text.contains("What people are told:"))
        #expect(report.html.contains("<h2>What people are told</h2>"))
    }

    @Test("a broken promise is told with the command that shows it again, to the byte")
    func broken() {
        // A judge who believes in half of the budget complains of what is right.
        func text() -> String {
            var simulation = Simulation(scenario: .gatewayRestart, accounts: 2_000, seed: 5)
            simulation.length = .seconds(30)
            simulation.judgedShare = 0.5
            let result = simulation.run(.defaults)
            #expect(!result.violations.isEmpty)
            return SimulationReport(simulation: simulation, results: [result], command: "holdfast simulate --seed 5")
                .text
        }
        let first = text()
        #expect(first.contains("BROKEN under defaults: at "))
        #expect(first.hasSuffix("To see it again: holdfast simulate --seed 5\n"))
        #expect(text() == first)
    }

    @Test("the table has a line per policy and second")
    func table() {
        let lines = Self.report(.drain).csv.split(separator: "\n")
        #expect(lines.count == 1 + 2 * 301)
        #expect(lines[1] == "\"no jitter, no gate\",0,300,0,0,0,0,0")
    }
}
