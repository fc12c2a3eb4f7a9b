import HoldfastCore
import Testing

/// Every row of F1, and every cause that can be reported, once.
@Suite("What is what: the classification of failures (F1)")
struct ClassificationTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var cause: FailureCause
        var phase: Phase
        var `class`: FailureClass
        var code: String

        init(_ cause: FailureCause, _ class: FailureClass, _ code: String, in phase: Phase = .established) {
            self.cause = cause
            self.phase = phase
            self.class = `class`
            self.code = code
        }

        var testDescription: String { "\(cause) in \(phase.name)" }
    }

    static let dropped = [
        Row(.endOfStream, .dropped, "dropped.eof"),
        Row(.endOfStream, .dropped, "dropped.eof", in: .register),
        Row(.reset, .dropped, "dropped.reset"),
        Row(.systemCall(errno: 104), .dropped, "dropped.reset"),
        Row(.systemCall(errno: 32), .dropped, "dropped.reset"),
        Row(.systemCall(errno: 103), .dropped, "dropped.reset"),
        Row(.closed(code: 1000), .dropped, "dropped.close_1000"),
        Row(.closed(code: 1001), .dropped, "dropped.close_1001"),
        Row(.closed(code: 1005), .dropped, "dropped.close_1005"),
        Row(.closed(code: 1006), .dropped, "dropped.close_1006"),
        Row(.closed(code: nil), .dropped, "dropped.close_1005"),
        // Codes that nobody has given a meaning to say no more than that the connection is over.
        Row(.closed(code: 0), .dropped, "dropped.close_0"),
        Row(.closed(code: 1004), .dropped, "dropped.close_1004"),
        Row(.closed(code: 1015), .dropped, "dropped.close_1015"),
        Row(.closed(code: 3000), .dropped, "dropped.close_3000"),
        Row(.closed(code: 4999), .dropped, "dropped.close_4999"),
        Row(.closed(code: .max), .dropped, "dropped.close_65535"),
    ]

    static let network = [
        Row(.nameNotFound, .network, "network.name_not_found", in: .resolve),
        Row(.nameLookupFailed, .network, "network.name_lookup", in: .resolve),
        Row(.systemCall(errno: 111), .network, "network.refused", in: .connect),
        Row(.systemCall(errno: 100), .network, "network.unreachable", in: .connect),
        Row(.systemCall(errno: 101), .network, "network.unreachable", in: .connect),
        Row(.systemCall(errno: 112), .network, "network.unreachable", in: .connect),
        Row(.systemCall(errno: 113), .network, "network.unreachable", in: .connect),
        Row(.systemCall(errno: 110), .network, "network.timeout_connect", in: .connect),
        Row(.systemCall(errno: 95), .network, "network.errno_95", in: .connect),
        Row(.systemCall(errno: -1), .network, "network.errno_-1", in: .connect),
        Row(.timeout(.resolve), .network, "network.timeout_resolve", in: .resolve),
        Row(.timeout(.connect), .network, "network.timeout_connect", in: .connect),
        Row(.timeout(.tls), .network, "network.timeout_tls", in: .tls),
        Row(.timeout(.upgrade), .network, "network.timeout_upgrade", in: .upgrade),
        Row(.timeout(.register), .network, "network.timeout_register", in: .register),
        Row(.heartbeatDead, .network, "network.heartbeat_dead"),
        Row(.proxy(.failed), .network, "network.proxy_failed", in: .connect),
        Row(.proxy(.silent), .network, "network.proxy_timeout", in: .connect),
        Row(.proxy(.refused(status: 503)), .network, "network.proxy_503", in: .connect),
        Row(.tlsFailed, .network, "network.tls", in: .tls),
        Row(.proxy(.refused(status: 502)), .network, "network.proxy_502", in: .connect),
        Row(.proxy(.replied(code: 1)), .network, "network.proxy_socks_1", in: .connect),
        Row(.proxy(.replied(code: 3)), .network, "network.proxy_socks_3", in: .connect),
        Row(.proxy(.replied(code: 4)), .network, "network.proxy_socks_4", in: .connect),
        Row(.proxy(.replied(code: 5)), .network, "network.proxy_socks_5", in: .connect),
        Row(.proxy(.replied(code: 6)), .network, "network.proxy_socks_6", in: .connect),
        Row(.proxy(.replied(code: 255)), .network, "network.proxy_socks_255", in: .connect),
    ]

    static let server = [
        Row(.upgradeRefused(status: 500, retryAfter: nil), .server, "server.upgrade_500", in: .upgrade),
        Row(.upgradeRefused(status: 502, retryAfter: nil), .server, "server.upgrade_502", in: .upgrade),
        Row(.upgradeRefused(status: 503, retryAfter: nil), .server, "server.upgrade_503", in: .upgrade),
        Row(.upgradeRefused(status: 599, retryAfter: nil), .server, "server.upgrade_599", in: .upgrade),
        Row(.upgradeRefused(status: 429, retryAfter: nil), .server, "server.upgrade_429", in: .upgrade),
        Row(.upgradeRefused(status: 408, retryAfter: nil), .server, "server.upgrade_408", in: .upgrade),
        Row(.upgradeRefused(status: 425, retryAfter: nil), .server, "server.upgrade_425", in: .upgrade),
        Row(.closed(code: 1011), .server, "server.close_1011"),
        Row(.closed(code: 1012), .server, "server.close_1012"),
        Row(.closed(code: 1013), .server, "server.close_1013"),
        Row(.closed(code: 1014), .server, "server.close_1014"),
        Row(.registrationRefused(code: 500), .server, "server.register_500", in: .register),
        Row(.registrationRefused(code: 429), .server, "server.register_429", in: .register),
        Row(.registrationRefused(code: 0), .server, "server.register_0", in: .register),
        Row(.refused(as: .server, code: 9), .server, "server.refused_9", in: .register),
    ]

    static let auth = [
        Row(.upgradeRefused(status: 401, retryAfter: nil), .auth, "auth.upgrade_401", in: .upgrade),
        Row(.upgradeRefused(status: 403, retryAfter: nil), .auth, "auth.upgrade_403", in: .upgrade),
        Row(.registrationRefused(code: 401), .auth, "auth.register_401", in: .register),
        Row(.registrationRefused(code: 403), .auth, "auth.register_403", in: .register),
        Row(.heartbeatRefused(code: 401), .auth, "auth.heartbeat_401"),
        Row(.refused(as: .auth, code: 4004), .auth, "auth.refused_4004"),
        Row(.closed(code: 1008), .auth, "auth.close_1008"),
    ]

    static let permanent = [
        Row(.badURL, .permanent, "permanent.url", in: .resolve),
        Row(.upgradeRefused(status: 404, retryAfter: nil), .permanent, "permanent.upgrade_404", in: .upgrade),
        Row(.upgradeRefused(status: 426, retryAfter: nil), .permanent, "permanent.upgrade_426", in: .upgrade),
        Row(.upgradeRefused(status: 400, retryAfter: nil), .permanent, "permanent.upgrade_400", in: .upgrade),
        Row(.upgradeRefused(status: 301, retryAfter: nil), .permanent, "permanent.upgrade_301", in: .upgrade),
        Row(.upgradeRefused(status: 200, retryAfter: nil), .permanent, "permanent.upgrade_200", in: .upgrade),
        Row(.certificate(.untrusted), .permanent, "permanent.certificate_untrusted", in: .tls),
        Row(.certificate(.expired), .permanent, "permanent.certificate_expired", in: .tls),
        Row(.certificate(.wrongHost), .permanent, "permanent.certificate_wrong_host", in: .tls),
        Row(.certificate(.other), .permanent, "permanent.certificate", in: .tls),
        Row(.certificate(.ours), .permanent, "permanent.certificate_ours", in: .upgrade),
        Row(.proxy(.refused(status: 407)), .permanent, "permanent.proxy_407", in: .connect),
        Row(.proxy(.refused(status: 401)), .permanent, "permanent.proxy_401", in: .connect),
        Row(.proxy(.refused(status: 403)), .permanent, "permanent.proxy_403", in: .connect),
        Row(.proxy(.replied(code: 2)), .permanent, "permanent.proxy_socks_2", in: .connect),
        Row(.proxy(.replied(code: 7)), .permanent, "permanent.proxy_socks_7", in: .connect),
        Row(.proxy(.replied(code: 8)), .permanent, "permanent.proxy_socks_8", in: .connect),
        Row(.proxy(.authentication), .permanent, "permanent.proxy_auth", in: .connect),
        Row(.proxy(.notAProxy), .permanent, "permanent.proxy_protocol", in: .connect),
    ]

    static let others = [
        Row(.closed(code: 1002), .protocol, "protocol.close_1002"),
        Row(.closed(code: 1003), .protocol, "protocol.close_1003"),
        Row(.closed(code: 1007), .protocol, "protocol.close_1007"),
        Row(.closed(code: 1009), .protocol, "protocol.close_1009"),
        Row(.closed(code: 1010), .protocol, "protocol.close_1010"),
        Row(.handlerFailed, .handler, "handler.failed"),
        Row(.noCredential, .auth, "auth.no_credential", in: .resolve),
        Row(.outOfDescriptors, .system, "system.descriptors", in: .connect),
        Row(.outOfMemory, .system, "system.memory"),
        Row(.systemCall(errno: 23), .system, "system.descriptors", in: .connect),
        Row(.systemCall(errno: 24), .system, "system.descriptors", in: .connect),
        Row(.localAddress, .system, "system.local_address", in: .connect),
        Row(.systemCall(errno: 99), .system, "system.errno_99", in: .connect),
        Row(.systemCall(errno: 12), .system, "system.memory", in: .connect),
        Row(.systemCall(errno: 105), .system, "system.memory", in: .connect),
    ]

    @Test("each cause has its class and its code", arguments: [dropped, network, server, auth, permanent, others])
    func rows(_ rows: [Row]) {
        for row in rows {
            let failure = Failure.classify(row.cause, phase: row.phase)
            #expect(failure.class == row.class, "\(row.testDescription)")
            #expect(failure.code == row.code)
            #expect(failure.phase == row.phase)
            #expect(failure.retryAfter == .zero)
        }
    }

    @Test("every way to break the protocol is `protocol`, under its own code", arguments: ProtocolViolation.allCases)
    func violations(violation: ProtocolViolation) {
        let failure = Failure.classify(.violation(violation), phase: .established)
        #expect(failure.class == .protocol)
        #expect(failure.code == "protocol.\(violation.rawValue)")
    }

    @Test("a dialect's own close codes are `auth` or `permanent`, as it says")
    func dialectCodes() {
        let rules = CloseCodeRules(auth: [4001, 1000], permanent: [4010])
        for code in [4001, 1000] as [UInt16] {
            let failure = Failure.classify(.closed(code: code), phase: .established, closeCodes: rules)
            #expect(failure.class == .auth)
            #expect(failure.code == "auth.close_\(code)")
        }
        let hopeless = Failure.classify(.closed(code: 4010), phase: .established, closeCodes: rules)
        #expect(hopeless.code == "permanent.close_4010")
        #expect(Failure.classify(.closed(code: 4002), phase: .established, closeCodes: rules).class == .dropped)
    }

    @Test("a Retry-After is kept, between nothing and an hour", arguments: [(20, 20), (0, 0), (-7, 0), (3_601, 3_600)])
    func retryAfter(seconds: Int, kept: Int) {
        let cause = FailureCause.upgradeRefused(status: 503, retryAfter: .seconds(seconds))
        #expect(Failure.classify(cause, phase: .upgrade).retryAfter == .seconds(kept))
    }

    @Test("numbers beyond every format are cut and do not trap", arguments: [Int.min, .max])
    func absurd(number: Int) {
        let upgrade = Failure.classify(.upgradeRefused(status: number, retryAfter: nil), phase: .upgrade)
        #expect(upgrade.class == .permanent)
        #expect(Failure.classify(.registrationRefused(code: number), phase: .register).class == .server)
        #expect(Failure.classify(.refused(as: .auth, code: number), phase: .register).class == .auth)
        #expect(Failure.classify(.proxy(.refused(status: number)), phase: .connect).class == .network)
    }
}
