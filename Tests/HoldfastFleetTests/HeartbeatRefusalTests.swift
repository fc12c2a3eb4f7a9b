import HoldfastCore
import HoldfastLab
import HoldfastWire
import NIOCore
import Testing

@testable import HoldfastFleet

@Suite("A heartbeat that is answered with a refusal", .timeLimit(.minutes(3)))
struct HeartbeatRefusalTests {
    /// As `ping`, but every heartbeat is answered with this code.
    private struct Refused: Dialect {
        static let name = "refused"
        var code: Int

        func writeRegistration(
            token: Secret?, in context: DialectContext, into buffer: inout ByteBuffer
        ) -> Registration { Ping().writeRegistration(token: token, in: context, into: &buffer) }

        func writeHeartbeat(
            _ beat: UInt32, in context: DialectContext, into buffer: inout ByteBuffer
        ) -> FrameKind { Ping().writeHeartbeat(beat, in: context, into: &buffer) }

        func interpret(_ frame: ByteBuffer, isText: Bool, identity: ConnectionIdentity) -> Meaning { .other }

        func interpretPong(_ payload: ByteBuffer, identity: ConnectionIdentity) -> Meaning {
            let meaning = Ping().interpretPong(payload, identity: identity)
            guard case .reply(let beat, _, _) = meaning else { return meaning }
            return .reply(beat: beat, isPositive: false, code: code)
        }
    }

    @Test(
        "is a credential that is not accepted any more where its code says so, and else a missed heartbeat",
        arguments: [(401, "auth.heartbeat_401"), (403, "auth.heartbeat_403"), (500, "network.heartbeat_dead")])
    func classes(code: Int, expected: String) async throws {
        try await FleetRig.run(dialect: AccountDialect(Refused(code: code))) { rig in
            let account = try await rig.account(atMost: .seconds(60)) { $0.lastFailure != nil }
            #expect(account.lastFailure?.code == expected)
            guard expected.hasPrefix("auth") else { return }
            try await rig.account(atMost: .seconds(60)) { $0.quarantine == .auth }
        }
    }
}
