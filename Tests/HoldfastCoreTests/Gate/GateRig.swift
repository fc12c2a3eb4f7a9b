import HoldfastCore

/// A gate with a clock of its own, and one lane of accounts.
struct GateRig {
    var keeper: GateKeeper
    var now = Instant(nanoseconds: 5_000_000_000)

    init(_ settings: GateSettings = GateSettings()) {
        keeper = GateKeeper(settings)
    }

    /// Settings in which only what a test names is in the way.
    static func open(_ change: (inout GateSettings) -> Void = { _ in }) -> GateSettings {
        var settings = GateSettings()
        settings.admission.connectsPerSecond = 1_000_000
        settings.admission.burst = 1_000_000
        settings.admission.concurrent = 1_000_000
        settings.admission.fleet.connectsPerSecond = 10_000_000
        settings.admission.fleet.concurrent = 10_000_000
        change(&settings)
        return settings
    }

    static func ticket(_ slot: UInt32, _ generation: UInt32 = 1) -> Ticket {
        Ticket(AccountKey(lane: 0, slot: slot), generation: generation)
    }

    mutating func ask(_ slots: some Sequence<UInt32>, _ endpoint: EndpointID, generation: UInt32 = 1) {
        for slot in slots { keeper.request(Self.ticket(slot, generation), endpoint, at: now) }
    }

    /// The slots granted now, without any limit.
    mutating func take() -> [UInt32] {
        keeper.grants(at: now, limit: .max).map(\.account.slot)
    }

    mutating func giveBack(_ slot: UInt32, _ outcome: AttemptOutcome, generation: UInt32 = 1) {
        keeper.giveBack(Self.ticket(slot, generation), outcome, at: now)
    }

    /// Asks, is granted and ends at once, all in this instant. False if it was not granted.
    mutating func attempt(_ slot: UInt32, _ endpoint: EndpointID, _ outcome: AttemptOutcome) -> Bool {
        ask([slot], endpoint)
        guard take() == [slot] else { return false }
        giveBack(slot, outcome)
        return true
    }

    func breaker(_ endpoint: EndpointID) -> EndpointBreaker.State? {
        keeper.status(of: endpoint)?.breaker
    }

    mutating func pass(_ duration: Duration) {
        now = now + duration
    }
}
