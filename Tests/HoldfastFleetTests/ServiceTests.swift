import Foundation
import HoldfastLab
import ServiceLifecycle
import Testing

@testable import HoldfastFleet

@Suite("A fleet as a service")
struct ServiceTests {
    @Test("runs until its group shuts down, and is drained then")
    func group() async throws {
        try await StoredFleet.run { rig in
            var configuration = rig.configuration
            configuration.accounts = [try .chatty("a", rig.gateway)]
            let fleet = Fleet(configuration, logger: rig.log.logger)
            let group = ServiceGroup(services: [fleet], logger: rig.log.logger)
            async let running: Void = group.run()
            try await rig.wait { await fleet.account("a")?.state == .connected }
            await group.triggerGracefulShutdown()
            try await running
            #expect(fleet.readiness().map(\.code).contains(.draining))
            try await rig.wait { rig.gateway.statistics().live == 0 }
        }
    }

    @Test("a cancelled task drains it, too")
    func cancellation() async throws {
        try await StoredFleet.run { rig in
            let fleet = Fleet(
                FleetConfiguration(accounts: [try .test("a", rig.gateway)], lanes: 1), logger: rig.log.logger)
            let task = Task { try await fleet.run() }
            try await rig.wait { await fleet.account("a")?.state == .connected }
            task.cancel()
            try await task.value
            try await rig.wait { rig.gateway.statistics().live == 0 }
        }
    }

    @Test("a fleet that cannot start says why, and leaves nothing behind")
    func failedStart() async throws {
        try await StoredFleet.run { rig in
            var account = try AccountConfiguration.test("a", rig.gateway)
            account.messages = .durable
            let fleet = Fleet(FleetConfiguration(accounts: [account], lanes: 1), logger: rig.log.logger)
            await #expect(throws: FleetError.needsStore(["a"])) { try await fleet.run() }
        }
    }

    @Test("a fleet that cannot go on ends the service with the reason")
    func breakdown() async throws {
        try await StoredFleet.run { rig in
            let fleet = Fleet(
                FleetConfiguration(accounts: [try .test("a", rig.gateway)], lanes: 1), logger: rig.log.logger)
            let task = Task { try await fleet.run() }
            try await rig.wait { await fleet.account("a")?.state == .connected }
            fleet.breakdown.report("a lane is stuck")
            await #expect(throws: FleetError.brokenDown("a lane is stuck")) { try await task.value }
            await fleet.shutdown()
        }
    }
}

/// Runs the example as a reader of the documents would.
@Suite("The shop example", .timeLimit(.minutes(3)))
struct ShopExampleTests {
    private static let binary = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("ShopExample")

    @Test("greets once, answers who asks for the price, tells what happens, and ends in order")
    func shop() async throws {
        try await StoredFleet.run { rig in
            let first = try await run(rig) {
                try await rig.wait(atMost: .seconds(60)) {
                    rig.gateway.statistics().sends.map(\.text) == ["shop-1 is open."]
                }
                _ = try rig.gateway.push(PushRequest(account: "shop-1", text: "what is the price?", chat: "32"))
                try await rig.wait(atMost: .seconds(60)) {
                    rig.gateway.statistics().sends.map(\.text).last == "It costs 20."
                }
            }
            #expect(first.contains("shop-1: connected\n"))
            #expect(first.contains("shop-1: greeting confirmed\n"))
            #expect(first.contains("shop-1 32: what is the price?\n"))
            // The greeting has a key, so that a second start does not greet again.
            let second = try await run(rig) {
                _ = try rig.gateway.push(PushRequest(account: "shop-1", text: "price", chat: "32"))
                try await rig.wait(atMost: .seconds(60)) { rig.gateway.statistics().sends.count == 3 }
            }
            #expect(second.contains("shop-1: greeting confirmed\n"))
            #expect(rig.gateway.statistics().sends.map(\.text) == ["shop-1 is open.", "It costs 20.", "It costs 20."])
        }
    }

    /// Starts it, ends it with SIGTERM after `body`, and returns what it said.
    private func run(_ rig: StoredFleet, _ body: () async throws -> Void) async throws -> String {
        let process = Process()
        process.executableURL = Self.binary
        process.arguments = ["\(rig.gateway.url)/shop-1"]
        process.currentDirectoryURL = URL(fileURLWithPath: rig.folder)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let connects = rig.gateway.statistics().connectsTotal
        try process.run()
        defer { process.terminate() }
        try await rig.wait(atMost: .seconds(60)) { rig.gateway.statistics().connectsTotal > connects }
        try await body()
        process.terminate()
        let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return said
    }
}
