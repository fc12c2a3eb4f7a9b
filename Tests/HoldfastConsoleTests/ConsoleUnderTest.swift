import Crypto
import FoundationEssentials
import HTTPTypes
import HoldfastFleet
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore

@testable import HoldfastConsole

/// A console over a fleet, asked in process or over a port.
struct ConsoleUnderTest {
    var fleet = Fleet(FleetConfiguration(), logger: .silent)
    var tokens: [AccessToken] = []
    var limits = ConsoleLimits()

    /// Asks a console that is not listening.
    func ask<Value>(_ body: @Sendable (any TestClientProtocol) async throws -> Value) async throws -> Value {
        try await run(.router, body)
    }

    /// Asks a console that listens on a port of its own.
    func askLive<Value>(_ body: @Sendable (any TestClientProtocol) async throws -> Value) async throws -> Value {
        try await run(.live, body)
    }

    private func run<Value>(
        _ setup: TestingSetup, _ body: @Sendable (any TestClientProtocol) async throws -> Value
    ) async throws -> Value {
        let configuration = try ConsoleConfiguration(port: 0, tokens: tokens, limits: limits)
        let console = Console(configuration, fleet: fleet, logger: .silent)
        return try await console.application(onServing: { _ in }).test(setup, body)
    }
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

extension AccessToken {
    /// A token whose text is its name.
    init?(_ name: String, _ role: Role) {
        let digits = SHA256.hash(data: Array(name.utf8)).map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }
        self.init(name: name, role: role, hash: "sha256:" + digits.joined())
    }
}

/// The fields of a problem document that tests look at.
struct ProblemBody: Decodable, Equatable {
    var status: Int
    var code: String
    var detail: String
    var parameter: String?
}

extension TestResponse {
    func problem() throws -> ProblemBody {
        try JSONDecoder().decode(ProblemBody.self, from: Data(body.readableBytesView))
    }

    func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(body.readableBytesView))
    }
}
