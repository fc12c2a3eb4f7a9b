import Foundation
import HoldfastCore
import Testing

/// The list of codes that people and programs hold on to is the one in `docs/troubleshooting.md`.
@Suite("every failure code is documented")
struct CodeReferenceTests {
    /// Each kind of cause, with a value for each class it can have. The switch has no default: a new cause must be added.
    private static func samples(like cause: FailureCause) -> [FailureCause] {
        switch cause {
        case .endOfStream, .reset, .heartbeatDead, .localAddress, .nameNotFound, .nameLookupFailed, .tlsFailed,
            .badURL, .handlerFailed,
            .outOfDescriptors, .outOfMemory, .noCredential:
            [cause]
        case .systemCall: [104, 111, 113, 110, 24, 12, 99, 1].map { .systemCall(errno: $0) }
        case .closed: [1000, 1008, 1011, 1002, 4000].map { .closed(code: $0) } + [.closed(code: nil)]
        case .timeout: Phase.allCases.map { .timeout($0) }
        case .upgradeRefused: [401, 404, 503].map { .upgradeRefused(status: $0, retryAfter: nil) }
        case .proxy:
            ([.failed, .silent, .authentication, .notAProxy] + [407, 502].map { .refused(status: $0) }
                + [1, 2].map { .replied(code: $0) }).map { .proxy($0) }
        case .registrationRefused: [401, 500].map { .registrationRefused(code: $0) }
        case .heartbeatRefused: [.heartbeatRefused(code: 401)]
        case .refused: [FailureClass.auth, .server, .permanent].map { .refused(as: $0, code: 1) }
        case .violation: ProtocolViolation.allCases.map { .violation($0) }
        case .certificate: CertificateProblem.allCases.map { .certificate($0) }
        }
    }

    private static let kinds: [FailureCause] = [
        .endOfStream, .reset, .systemCall(errno: 0), .closed(code: nil), .timeout(.connect), .heartbeatDead,
        .nameNotFound, .nameLookupFailed, .upgradeRefused(status: 0, retryAfter: nil), .proxy(.failed),
        .registrationRefused(code: 0), .refused(as: .auth, code: 0), .violation(.badUTF8), .certificate(.other),
        .localAddress, .heartbeatRefused(code: 0), .tlsFailed, .badURL, .handlerFailed,
        .outOfDescriptors, .outOfMemory, .noCredential,
    ]

    @Test("the document has every code and no other")
    func complete() throws {
        let causes = Self.kinds.flatMap(Self.samples)
        let hopeless = CloseCodeRules(permanent: [4010])
        let codes =
            Phase.allCases.flatMap { phase in causes.map { Failure.classify($0, phase: phase).code } }
            + [Failure.classify(.closed(code: 4010), phase: .established, closeCodes: hopeless).code]
        let document = try String(contentsOf: Self.root.appending(path: "docs/troubleshooting.md"), encoding: .utf8)
        let rows = document.matches(of: /(?m)^\| `([a-z]+\.[a-z0-9_N]+)` \|/).map { String($0.output.1) }
        let expected = Set(codes.map { $0.replacing(/\d+$/, with: "N").replacing("utfN", with: "utf8") })
        #expect(expected.subtracting(rows).sorted() == [], "missing in the document")
        #expect(Set(rows).subtracting(expected).sorted() == [], "not in the code")
        #expect(rows.count == Set(rows).count)
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
}
