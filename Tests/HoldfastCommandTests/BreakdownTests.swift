import Foundation
import HoldfastCore
import Logging
import Testing

@testable import HoldfastCommand
@testable import HoldfastFleet

@Suite("A fleet that cannot go on ends its process")
struct BreakdownTests {
    @Test("with 70, after it has said why and closed what it can")
    func exitCode() async throws {
        let result = await #expect(
            processExitsWith: .exitCode(70), observing: [\.standardErrorContent]
        ) {
            let configuration = try ConfigurationLoader.parse("accounts: []\n", path: "fleet.yaml")
            let logger = Logger(label: "test") { _ in StreamLogHandler.standardError(label: "test") }
            let fleet = Fleet(FleetConfiguration(), logger: logger)
            try await fleet.start()
            let watch = FleetService(configuration, logger: logger).endWithBreakdown(of: fleet)
            fleet.breakdown.report("lane 0 has shown no progress for 60 s")
            await watch.value
        }
        let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(said.contains("cannot go on; the process ends") && said.contains("lane 0 has shown no progress"))
    }
}
