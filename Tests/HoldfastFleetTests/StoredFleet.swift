import Foundation
import HoldfastCore
import HoldfastLab
import HoldfastStore
import Testing

@testable import HoldfastFleet

/// A gateway, a folder, and one fleet after the other on it, for the length of one test.
final class StoredFleet: @unchecked Sendable {
    let gateway: Gateway
    let folder: String
    let log = LogRecorder()
    /// What every start has in common.
    var configuration = FleetConfiguration(gate: .open, lanes: 1)
    /// The one that runs now. A test is one task, so nothing is shared.
    private(set) var fleet: Fleet

    private init(gateway: Gateway) throws {
        self.gateway = gateway
        folder = FileManager.default.temporaryDirectory.path + "/holdfast-fleet-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        fleet = Fleet(FleetConfiguration(), logger: log.logger)
        configuration.storePath = folder
    }

    static func run(
        _ gatewayConfiguration: Gateway.Configuration = Gateway.Configuration(),
        _ body: (StoredFleet) async throws -> Void
    ) async throws {
        let gateway = try await Gateway.start(gatewayConfiguration)
        let rig = try StoredFleet(gateway: gateway)
        do {
            try await body(rig)
        } catch {
            Issue.record(error)
        }
        await rig.stop()
        await gateway.shutdown()
        try? FileManager.default.removeItem(atPath: rig.folder)
    }

    var roster: Roster { fleet.roster }

    func start(_ accounts: [AccountConfiguration]) async throws {
        configuration.accounts = accounts
        fleet = Fleet(configuration, logger: log.logger)
        try await fleet.start()
    }

    func stop() async {
        await fleet.shutdown()
    }

    func restart(_ accounts: [AccountConfiguration]) async throws {
        await stop()
        try await start(accounts)
    }

    /// What the register holds of an account, while no fleet has it open.
    func stored(_ id: String) async throws -> StoredAccount {
        let register = try Register(folder: folder)
        let account = try await register.accounts().first { $0.id == id }
        await register.close()
        return try #require(account)
    }

    func wait(
        atMost limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
        until isReached: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + limit
        while try await !isReached() {
            guard ContinuousClock.now < end else {
                Issue.record("not reached within \(limit)", sourceLocation: sourceLocation)
                throw FleetRig.NotReached()
            }
            // tidy: the pause between two looks; nothing is concluded from the time it takes
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
