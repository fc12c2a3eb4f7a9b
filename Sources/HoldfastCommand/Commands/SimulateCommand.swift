import ArgumentParser
import Foundation
import HoldfastCore
import HoldfastLab

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Tells what would happen to a fleet: who is back when, and at what price for the gateway.",
        discussion: """
            Lives through a scenario in virtual time, with the real rules and invented gateways, under several policies: delays \
            without chance and without a gate, the defaults, and yours. Prints a table; --out writes a page with charts, --csv \
            every second of it. Nothing is connected to. The same arguments give the same files, to the byte.

            A policy is a configuration of which only defaults, admission, breaker and renewals count.

            Scenarios:
            \(Scenario.allCases.map { "  \($0.rawValue)" }.joined(separator: "\n"))

            Examples:
              holdfast simulate --accounts 20000 --scenario gateway-restart
              holdfast simulate --accounts 1000000 --endpoints 40 \\
                  --scenario half-network --policy fleet.yaml --out report.html
            """)

    @Option(help: "How many accounts there are, 1 to 2000000.")
    var accounts = 10_000

    @Option(help: ArgumentHelp("What befalls them; see above.", valueName: "name"), transform: Self.scenario)
    var scenario = Scenario.gatewayRestart

    @Option(help: ArgumentHelp("A configuration whose numbers are compared with the others.", valueName: "file"))
    var policy: String?

    @Option(help: "Another seed is another course of chance.")
    var seed: UInt64 = 1

    @Option(
        help: """
            Over how many gateways the accounts are spread, 1 to 1000. \
            (default: one for every \(Simulation.accountsPerEndpoint) accounts)
            """)
    var endpoints: Int?

    @Option(help: "How many handshakes a second each gateway can do; 0: as many as come.")
    var gatewayRate = 2_000

    @Option(name: .customLong("for"), help: "How long to watch, from the beginning of the trouble: 10m, 90s, 2h.")
    var length = "10m"

    @Option(help: ArgumentHelp("Writes a page with charts.", valueName: "file"))
    var out: String?

    @Option(help: ArgumentHelp("Writes a table with one line per policy and second.", valueName: "file"))
    var csv: String?

    private static func scenario(_ name: String) throws -> Scenario {
        guard let scenario = Scenario(rawValue: name) else {
            let names = Scenario.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("there is no scenario “\(name)”; there are: \(names)")
        }
        return scenario
    }

    func validate() throws {
        guard 1...2_000_000 ~= accounts else { throw ValidationError("--accounts must be 1 to 2000000.") }
        guard 1...1_000 ~= endpoints ?? 1 else { throw ValidationError("--endpoints must be 1 to 1000.") }
        guard 0...1_000_000 ~= gatewayRate else { throw ValidationError("--gateway-rate must be 0 to 1000000.") }
        guard let length = try? Units.duration(length), .seconds(1)...Duration.seconds(86_400) ~= length else {
            throw ValidationError("--for must be 1s to 24h, for instance 10m.")
        }
    }

    func run() async throws {
        let simulation = simulation
        let results = await Self.run(simulation, under: try policies())
        let report = SimulationReport(simulation: simulation, results: results, command: command)
        print(report.text, terminator: "")
        if let out { try Self.write(report.html, to: out) }
        if let csv { try Self.write(report.csv, to: csv) }
        if results.contains(where: { !$0.violations.isEmpty }) {
            throw CommandFailure(
                "promises of the rules were broken; this is a bug in Holdfast, please report the table above")
        }
    }

    /// Two at a time: each needs a kilobyte per account.
    private static func run(
        _ simulation: Simulation, under policies: [SimulationPolicy]
    ) async -> [SimulationResult] {
        await withTaskGroup(of: (Int, SimulationResult).self) { group in
            var waiting = Array(policies.enumerated())
            var done: [Int: SimulationResult] = [:]
            func begin() {
                guard !waiting.isEmpty else { return }
                let (number, policy) = waiting.removeFirst()
                group.addTask { (number, simulation.run(policy)) }
            }
            begin()
            begin()
            while let (number, result) = await group.next() {
                done[number] = result
                begin()
            }
            return policies.indices.compactMap { done[$0] }
        }
    }

    private func policies() throws -> [SimulationPolicy] {
        guard let policy else { return [.naive, .defaults] }
        do throws(InvalidConfiguration) {
            let configuration = try ConfigurationLoader.load(path: policy)
            let name = policy.split(separator: "/").last.map(String.init) ?? policy
            let own = SimulationPolicy(
                name: name, abstract: "defaults, admission, breaker and renewals of this file",
                session: configuration.defaults, gate: configuration.fleet.gate, renewals: configuration.fleet.renewals)
            return [.naive, .defaults, own]
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode.wrongConfiguration
        }
    }

    /// What is asked for.
    var simulation: Simulation {
        var simulation = Simulation(scenario: scenario, accounts: accounts, seed: seed)
        if let endpoints { simulation.endpoints = endpoints }
        simulation.length = (try? Units.duration(length)) ?? simulation.length
        simulation.handshakesPerSecond = gatewayRate == 0 ? nil : Double(gatewayRate)
        return simulation
    }

    /// What makes the same report again. Without the names of the files it writes, which change nothing in it.
    var command: String {
        var parts = ["holdfast simulate --accounts \(accounts) --scenario \(scenario.rawValue) --seed \(seed)"]
        if let endpoints { parts.append("--endpoints \(endpoints)") }
        if gatewayRate != 2_000 { parts.append("--gateway-rate \(gatewayRate)") }
        if length != "10m" { parts.append("--for \(length)") }
        if let policy { parts.append("--policy \(policy)") }
        return parts.joined(separator: " ")
    }

    private static func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure("\(path) cannot be written: \(error.localizedDescription)")
        }
    }
}
