import Testing

@testable import HoldfastCore

@Suite("An attempt through a proxy")
struct ProxyTests {
    @Test(
        "until the proxy has led to the gateway, what takes too long is the proxy's, and says nothing of the gateway",
        arguments: [
            (Phase.resolve, "network.proxy_timeout", AttemptOutcome.abandoned),
            (.connect, "network.proxy_timeout", .abandoned), (.tls, "network.timeout_tls", .endpointFailed),
            (.upgrade, "network.timeout_upgrade", .endpointFailed),
        ])
    func silent(phase: Phase, code: String, outcome: AttemptOutcome) throws {
        var rig = Rig()
        try rig.perform(.enable)
        rig.grant(throughProxy: true)
        for next in Phase.allCases where next.rawValue > 0 && next.rawValue <= phase.rawValue {
            rig.note(rig.session.entered(next, generation: rig.session.generation, at: rig.now))
        }
        let orders = rig.passToDeadline()
        #expect(rig.session.lastFailure?.code == code)
        #expect(rig.session.lastFailure?.phase == phase)
        #expect(orders.slot == .giveBack(outcome))
    }

    @Test("without a proxy a deadline counts for the endpoint, as before")
    func direct() throws {
        var rig = Rig()
        try rig.perform(.enable)
        rig.grant()
        let orders = rig.passToDeadline()
        #expect(rig.session.lastFailure?.code == "network.timeout_resolve")
        #expect(orders.slot == .giveBack(.endpointFailed))
    }

    @Test(
        "a proxy counts for the endpoint only where it says that it could not reach it",
        arguments: [
            (.failed, .abandoned), (.silent, .abandoned), (.authentication, .abandoned), (.notAProxy, .abandoned),
            (.refused(status: 407), .abandoned), (.refused(status: 429), .abandoned),
            (.refused(status: 500), .abandoned), (.refused(status: 503), .abandoned),
            (.refused(status: 502), .endpointFailed), (.refused(status: 504), .endpointFailed),
            (.replied(code: 1), .abandoned), (.replied(code: 2), .abandoned), (.replied(code: 255), .abandoned),
            (.replied(code: 3), .endpointFailed), (.replied(code: 6), .endpointFailed),
        ] as [(ProxyProblem, AttemptOutcome)])
    func outcome(problem: ProxyProblem, expected: AttemptOutcome) {
        #expect(Failure.classify(.proxy(problem), phase: .connect).outcome == expected)
    }

    @Test("TLS that cannot be agreed is the account's, as far as the endpoint goes")
    func tls() {
        #expect(Failure.classify(.tlsFailed, phase: .tls).outcome == .accountFailed)
    }

    @Test(
        "a proxy that refuses us twice is left alone, but for probes: its user is not locked out",
        arguments: [.refused(status: 407), .refused(status: 401), .refused(status: 403), .authentication]
            as [ProxyProblem])
    func rejected(problem: ProxyProblem) throws {
        var rig = Rig(Rig.settings())
        try rig.perform(.enable)
        rig.grant(throughProxy: true)
        rig.close(.proxy(problem))
        #expect(rig.session.quarantine == nil)
        rig.fail(1, .proxy(problem))
        #expect(rig.session.quarantine == .permanent)
        #expect(rig.session.nextAttemptAt == rig.now.instant + .seconds(900))
        rig.tryAgain()
        rig.register()
        #expect(rig.session.quarantine == nil)
    }

    @Test(
        "what speaks against the proxy's address, or its rules for a destination, is tried as often as other mistakes")
    func wrongProxy() throws {
        var rig = Rig(Rig.settings())
        try rig.perform(.enable)
        rig.grant(throughProxy: true)
        rig.close(.proxy(.notAProxy))
        rig.fail(3, .proxy(.notAProxy))
        #expect(rig.session.quarantine == nil)
        rig.fail(1, .proxy(.notAProxy))
        #expect(rig.session.quarantine == .permanent)
    }
}
