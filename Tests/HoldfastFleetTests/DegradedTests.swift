import Foundation
import HoldfastCore
import HoldfastLab
import HoldfastWire
import NIOCore
import Synchronization
import Testing

@testable import HoldfastFleet

/// What `docs/degraded.md` says of each thing that can be down is proved by a test that it names (I5).
@Suite("What still works when something is down")
struct DegradedTests {
    /// Names that can be taken away.
    private final class Names: Sendable {
        struct Down: Error {}

        let areDown = Atomic(false)
        let seconds = Atomic<Int>(1_000_000)

        func resolver() -> NameResolver {
            NameResolver(now: { [self] in .uptimeNanoseconds(UInt64(seconds.load(ordering: .relaxed)) * 1_000_000_000) }
            ) { [self] _, family in
                guard !areDown.load(ordering: .relaxed) else { throw Down() }
                return family == .v4 ? [try SocketAddress(ipAddress: "127.0.0.1", port: 0)] : []
            }
        }
    }

    @Test("every row of the document has its tests, and they are there")
    func rows() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let document = try String(contentsOf: root.appending(path: "docs/degraded.md"), encoding: .utf8)
        let halves = document.components(separatedBy: "## Proved by")
        func names(_ text: String?) -> Set<String> {
            Set((text ?? "").matches(of: /(?m)^\| \*\*([^*]+)\*\*/).map { String($0.output.1) })
        }
        #expect(halves.count == 2 && !names(halves.first).isEmpty)
        #expect(names(halves.first) == names(halves.last))
        let files = FileManager.default.enumerator(at: root.appending(path: "Tests"), includingPropertiesForKeys: nil)
        let sources = (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
            .compactMap { try? String(contentsOf: $0, encoding: .utf8) }.filter { $0.contains("@Test") }
        let rows = (halves.last ?? "").split(separator: "\n").filter { $0.hasPrefix("| **") }
        for row in rows {
            let tests = row.matches(of: /[ |]\*([^*]+)\*[ |]/).map { "\"\($0.output.1)\"" }
            #expect(!tests.isEmpty, "\(row)")
            for test in tests { #expect(sources.contains { $0.contains(test) }, "there is no test \(test)") }
        }
    }

    @Test("without names who is connected stays, who is not goes on trying, and all are back with them")
    func names() async throws {
        let names = Names()
        let gateway = try await Gateway.start()
        let url = gateway.url.replacing("127.0.0.1", with: "gateway.test")
        var configuration = FleetConfiguration(
            accounts: try ["a", "b"].map { id in
                AccountConfiguration(
                    id: id, target: try LinkTarget(url: "\(url)/\(id)"),
                    dialect: .lwp(LWP(accountID: id, appKey: "444")), token: Secret("token"), settings: .short)
            }, gate: .open)
        configuration.resolver = names.resolver()
        let log = LogRecorder()
        let rig = FleetRig(gateway: gateway, fleet: Fleet(configuration, logger: log.logger), log: log)
        try await rig.fleet.start()
        try await rig.account("a") { $0.state == .connected }
        let b = try await rig.account("b") { $0.state == .connected }
        names.areDown.store(true, ordering: .relaxed)
        // Long after every answer has grown old.
        names.seconds.add(1_000_000, ordering: .relaxed)
        try await rig.fleet.perform(.restart, on: "a")
        try await rig.account("a") { $0.failures >= 3 && $0.lastFailure?.code == "network.name_lookup" }
        #expect(await rig.fleet.account("a")?.quarantine == nil)
        #expect(await rig.fleet.account("b")?.generation == b.generation)
        names.areDown.store(false, ordering: .relaxed)
        // That a name could not be looked up is kept for a while, too.
        names.seconds.add(60, ordering: .relaxed)
        try await rig.account("a") { $0.state == .connected }
        await rig.fleet.shutdown()
        await gateway.shutdown()
    }
}
