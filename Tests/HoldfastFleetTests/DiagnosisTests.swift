import HoldfastCore
import Testing

@testable import HoldfastFleet

@Suite("a diagnosis says cause, evidence, next step and what to do")
struct DiagnosisTests {
    private let now = WallTime(milliseconds: 1_700_000_000_000)

    private func account(_ change: (inout AccountView) -> Void) -> AccountView {
        var account = AccountView(
            id: "shop-1", url: "wss://gateway.example/", dialect: "lwp", origin: .config, isEnabled: true,
            state: .reconnecting, status: .degraded, health: 80, reasons: [], failures: 1, generation: 1,
            incarnation: 1,
            ladder: .none)
        change(&account)
        return account
    }

    private func failure(_ failure: Failure) -> FailureView {
        FailureView(
            at: now - .seconds(30), class: failure.class, code: failure.code,
            message: "the gateway refused the registration with code 401; give the account a new token",
            phase: failure.phase)
    }

    @Test("an account that is well has nothing to be done")
    func well() {
        let diagnosis = Diagnosis(of: account { $0.state = .connected }, at: now)
        #expect(diagnosis.verdict == .well)
        #expect(diagnosis.advice == nil)
    }

    @Test("one that is switched off says how to switch it on")
    func off() {
        let diagnosis = Diagnosis(of: account { $0.isEnabled = false }, at: now)
        #expect(diagnosis.verdict == .off)
        #expect(diagnosis.advice == "holdfast accounts enable shop-1")
    }

    @Test(
        "a quarantine waits for a person, and says whether anything is tried meanwhile",
        arguments: Session.Quarantine.allCases)
    func quarantine(cause: Session.Quarantine) {
        let diagnosis = Diagnosis(
            of: account {
                $0.quarantine = cause
                $0.nextAttemptAt = cause.healsByProbe ? now + .seconds(600) : nil
            }, at: now)
        #expect(diagnosis.verdict == .waiting)
        #expect(diagnosis.next.contains(cause.healsByProbe ? "in 10 min" : "no attempt is made"))
        #expect(diagnosis.advice?.contains("shop-1") == true || cause == .permanent)
    }

    @Test("a failure stands in the evidence with its code and its age, and its words are the cause")
    func healing() {
        let diagnosis = Diagnosis(
            of: account {
                $0.lastFailure = failure(Failure(.auth, .registerCode, number: 401, phase: .register))
                $0.nextAttemptAt = now + .seconds(5)
            }, at: now)
        #expect(diagnosis.verdict == .healing)
        #expect(diagnosis.cause == "the gateway refused the registration with code 401")
        #expect(diagnosis.evidence.first?.hasPrefix("auth.register_401 30 s ago, while in the phase register") == true)
        #expect(diagnosis.next.hasPrefix("an attempt in 5 s"))
        #expect(diagnosis.advice?.contains("set-credential shop-1") == true)
    }

    @Test("an endpoint that is left alone is the cause, not the account's own failure")
    func breaker() {
        let diagnosis = Diagnosis(
            of: account {
                $0.lastFailure = failure(Failure(.network, .refused, phase: .connect))
                $0.reasons = [HealthReason(.notConnected), HealthReason(.breakerOpen)]
            }, at: now)
        #expect(diagnosis.cause.contains("endpoint"))
        #expect(diagnosis.next.contains("one account tries"))
    }

    @Test("every reason of a connected account has words of its own", arguments: HealthReason.Code.allCases)
    func reasons(code: HealthReason.Code) {
        let diagnosis = Diagnosis(
            of: account {
                $0.state = .connected
                $0.reasons = [HealthReason(code, "detail")]
            }, at: now)
        #expect(diagnosis.verdict == .impaired)
        #expect(diagnosis.cause != code.rawValue)
        #expect(diagnosis.evidence.contains("\(code.rawValue): detail"))
    }
}
