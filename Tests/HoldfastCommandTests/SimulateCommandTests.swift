import ArgumentParser
import Foundation
import HoldfastLab
import Testing

@testable import HoldfastCommand

@Suite("holdfast simulate")
struct SimulateCommandTests {
    @Test("writes the page and the table, the same bytes each time, with the user's policy beside the others")
    func writes() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("simulate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let policy = folder.appendingPathComponent("mine.yaml")
        try Data("admission: { connects_per_second: 20, burst: 5 }\n".utf8).write(to: policy)
        var pages: [Data] = []
        var tables: [Data] = []
        for run in 1...2 {
            let (page, table) = (
                folder.appendingPathComponent("\(run).html"), folder.appendingPathComponent("\(run).csv")
            )
            let command = try SimulateCommand.parse([
                "--accounts", "200", "--for", "60s", "--policy", policy.path, "--out", page.path, "--csv", table.path,
            ])
            try await command.run()
            pages.append(try Data(contentsOf: page))
            tables.append(try Data(contentsOf: table))
        }
        #expect(pages[0] == pages[1])
        #expect(tables[0] == tables[1])
        let table = String(decoding: tables[0], as: UTF8.self)
        #expect(table.split(separator: "\n").count == 1 + 3 * 61)
        // 5 at once and 20 more within the second.
        let most = table.split(separator: "\n").filter { $0.hasPrefix("mine.yaml,") }
            .compactMap { Int($0.split(separator: ",")[4]) }.max()
        #expect(most.map { $0 > 0 && $0 <= 25 } == true)
    }

    @Test(
        "says what is wrong with its arguments",
        arguments: [
            ["--scenario", "flood"], ["--accounts", "0"], ["--accounts", "3000000"], ["--endpoints", "0"],
            ["--gateway-rate", "-1"], ["--for", "0s"], ["--for", "25h"], ["--for", "soon"],
        ])
    func refuses(arguments: [String]) {
        #expect(throws: (any Error).self) { try SimulateCommand.parse(arguments) }
    }

    @Test("spreads the accounts over so many gateways as it is told, and says so")
    func gateways() throws {
        #expect(try SimulateCommand.parse(["--accounts", "120000"]).simulation.endpoints == 3)
        let told = try SimulateCommand.parse(["--accounts", "120000", "--endpoints", "1"])
        #expect(told.simulation.endpoints == 1)
        #expect(told.command.hasSuffix("--endpoints 1"), "the same command makes the same report")
    }

    @Test("a policy that cannot be read is a wrong configuration")
    func wrongPolicy() async throws {
        let command = try SimulateCommand.parse(["--accounts", "10", "--policy", "/nowhere/policy.yaml"])
        await #expect(throws: ExitCode.self) { try await command.run() }
    }

    @Test("knows every scenario by its name", arguments: Scenario.allCases)
    func scenarios(scenario: Scenario) throws {
        #expect(try SimulateCommand.parse(["--scenario", scenario.rawValue]).scenario == scenario)
    }
}
