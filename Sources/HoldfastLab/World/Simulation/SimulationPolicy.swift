public import HoldfastCore

/// The numbers by which a fleet heals itself, under a name.
public struct SimulationPolicy: Sendable {
    public var name: String
    /// What it is, in a few words.
    public var abstract: String
    public var session: SessionSettings
    public var gate: GateSettings
    public var renewals: RenewalSettings

    /// - Parameter session: every account is taken to have a provider: without one there would be no logins to be counted.
    public init(
        name: String, abstract: String, session: SessionSettings, gate: GateSettings, renewals: RenewalSettings
    ) {
        self.name = name
        self.abstract = abstract
        self.session = session.withProvider
        self.gate = gate.covering([session.phases])
        self.renewals = renewals
    }

    /// What Holdfast does if it is not told otherwise.
    public static let defaults = SimulationPolicy(
        name: "defaults", abstract: "what Holdfast does if nothing is configured", session: SessionSettings(),
        gate: GateSettings(), renewals: RenewalSettings())

    /// What many clients do: the same ceilings of delays, but waited for to the end; fixed heartbeats; a new login and a
    /// restart for whatever happens five times; and no budget that the accounts share.
    public static let naive: SimulationPolicy = {
        var heartbeat = HeartbeatSettings()
        heartbeat.mode = .fixed
        var retry = RetrySettings()
        retry.jitter = .none
        var recovery = RecoverySettings()
        recovery.climb = [.auth, .dropped, .protocol, .network, .server]
        var gate = GateSettings()
        gate.admission.connectsPerSecond = 1e7
        gate.admission.burst = 1_000_000
        gate.admission.concurrent = 10_000_000
        gate.admission.fleet.connectsPerSecond = 1e7
        gate.admission.fleet.concurrent = 10_000_000
        gate.breaker.minAttempts = .max
        var renewals = RenewalSettings()
        renewals.concurrent = 10_000_000
        renewals.perSecond = 1e6
        return SimulationPolicy(
            name: "no jitter, no gate",
            abstract: "the same delays without chance, fixed heartbeats, nothing shared between accounts",
            session: SessionSettings(heartbeat: heartbeat, retry: retry, recovery: recovery), gate: gate,
            renewals: renewals)
    }()
}

extension SessionSettings {
    fileprivate var withProvider: SessionSettings {
        var recovery = recovery
        recovery.canRenew = true
        return SessionSettings(heartbeat: heartbeat, phases: phases, retry: retry, recovery: recovery)
    }
}
