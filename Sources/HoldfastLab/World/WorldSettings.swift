public import HoldfastCore

/// What a world is made of beside its accounts.
public struct WorldSettings: Hashable, Sendable {
    public var gate = GateSettings()
    /// One way through the network.
    public var travelTime: Duration = .milliseconds(5)
    /// The longest a message between a lane and the control loop takes; none overtakes another.
    public var longestHop: Duration = .milliseconds(1)
    /// Share of wake-ups that are lost, as by a bug of ours. The sweep must find what they leave behind.
    public var lostWakes = 0.0
    /// Share of grants that are lost.
    public var lostGrants = 0.0
    /// Share of releases of an incarnation that never report their end.
    public var lostReleases = 0.0
    /// What logins come to, drawn evenly.
    public var renewals: [RenewalOutcome] = [.renewed(lifetime: nil)]
    /// How many logins the whole world may try.
    public var renewalBudget = RenewalSettings()
    /// What people are called for; nil: nobody looks.
    public var alerts: AlertSettings? = AlertSettings()
    /// Whether quiet stretches of a connection are skipped ahead. It changes nothing but the time that a run takes.
    public var skipsQuiet = true

    /// The share of an endpoint's budget that the judge of connects believes in. With less than 1 it complains of what is right:
    /// so it can be tried what becomes of a complaint.
    package var judgedShare = 1.0

    /// Nothing of ours gets lost.
    var isFaultless: Bool { lostWakes == 0 && lostGrants == 0 }

    public init() {}

    // What a process may do, judged from outside; each process begins with its bursts.

    var loginMeter: BudgetMeter { BudgetMeter(perSecond: renewalBudget.perSecond, burst: 1, slack: .zero) }

    func fleetMeter(slack: Duration) -> BudgetMeter {
        let fleet = gate.admission.fleet
        return BudgetMeter(perSecond: fleet.connectsPerSecond, burst: fleet.burst, slack: slack)
    }

    func endpointMeter(slack: Duration) -> BudgetMeter {
        BudgetMeter(
            perSecond: gate.admission.connectsPerSecond * judgedShare, burst: gate.admission.burst, slack: slack)
    }
}
