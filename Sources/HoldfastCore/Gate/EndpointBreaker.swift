/// Leaves an endpoint alone that answers nobody (F9).
///
/// - Closed: attempts pass. It opens when at least `minAttempts` attempts ended within `window` and a share of `openAt`
///   of them spoke against the endpoint (`network`, `server`). An endpoint with fewer than `minAttempts` accounts makes
///   too few attempts for that and is judged by consecutive failures of all: the latest attempt of *every* account
///   failed so, and at least `minAttempts` attempts in a row did. An endpoint with one account never opens: its backoff
///   is already the pause that the breaker would make.
/// - Open: one attempt at a time passes, as a probe, `probeEvery` after the last one began. An answered probe (any
///   outcome that does not speak against the endpoint) lets the next one pass at once; `closeAfter` of them in a row
///   close it, or `window` after an answered one in which nobody had another attempt to make.
///
/// Outcomes of attempts that began in another era, before it opened or closed, tell about the past and do not count.
/// Why it is so: `docs/decisions/0003-endpoint-breaker.md`.
public struct EndpointBreaker: Sendable {
    public enum State: String, Hashable, Sendable, CaseIterable {
        case closed
        /// Nothing passes but probes.
        case open
        /// The last probe was answered.
        case halfOpen = "half_open"
    }

    /// Whether an attempt may begin.
    enum Answer: Hashable {
        case yes
        case notBefore(Instant)
        /// Only after the probe that is out has come back.
        case afterProbe
    }

    /// How many accounts the endpoint has, and of how many the latest attempt spoke against it.
    struct Accounts: Hashable {
        var all: Int
        var failing: Int
    }

    /// Changes whenever it opens or closes.
    private(set) var era: UInt32 = 0
    private var isOpen = false
    private var window = AttemptWindow()
    /// Attempts in a row that spoke against the endpoint.
    private var run = 0
    private var probeIsOut = false
    private var nextProbeAt = Instant(nanoseconds: .min)
    private var answered = 0
    /// When an answered probe closes it although no other followed.
    private(set) var settlesAt: Instant?

    public init() {}

    public var state: State {
        if !isOpen { .closed } else if answered == 0 { .open } else { .halfOpen }
    }

    func mayBegin(at now: Instant) -> Answer {
        if !isOpen { return .yes }
        if probeIsOut { return .afterProbe }
        return nextProbeAt <= now ? .yes : .notBefore(nextProbeAt)
    }

    /// An attempt begins. The era returned must come back with its outcome.
    mutating func began(at now: Instant, _ settings: BreakerSettings) -> UInt32 {
        if isOpen {
            probeIsOut = true
            nextProbeAt = now + settings.probeEvery
        }
        return era
    }

    /// An attempt ended.
    mutating func ended(
        _ outcome: AttemptOutcome, era: UInt32, accounts: Accounts, at now: Instant, _ settings: BreakerSettings
    ) {
        guard era == self.era else { return }
        probeIsOut = false
        guard outcome != .abandoned else {
            if answered > 0 { settlesAt = now + settings.window }
            return
        }
        let isFailure = outcome == .endpointFailed
        if isOpen {
            probeEnded(isAnswered: !isFailure, at: now, settings)
        } else {
            window.add(isFailure: isFailure, at: now, length: settings.window)
            run = isFailure ? run + 1 : 0
            if isFailure, isDown(accounts, settings) { open(at: now, settings) }
        }
    }

    /// Closes it if the time for that has come. A probe that is out then has a word in it: its end counts anew.
    mutating func settle(at now: Instant) {
        guard let settlesAt, settlesAt <= now else { return }
        if probeIsOut { self.settlesAt = nil } else { close() }
    }

    /// Closes it and forgets everything, as an operator may ask.
    mutating func close() {
        era &+= 1
        isOpen = false
        window = AttemptWindow()
        run = 0
        probeIsOut = false
        answered = 0
        settlesAt = nil
    }

    private mutating func probeEnded(isAnswered: Bool, at now: Instant, _ settings: BreakerSettings) {
        guard isAnswered else {
            answered = 0
            settlesAt = nil
            return
        }
        answered += 1
        nextProbeAt = now
        settlesAt = now + settings.window
        if answered >= settings.closeAfter { close() }
    }

    private mutating func open(at now: Instant, _ settings: BreakerSettings) {
        close()
        isOpen = true
        nextProbeAt = now + settings.probeEvery
    }

    private func isDown(_ accounts: Accounts, _ settings: BreakerSettings) -> Bool {
        if accounts.all < settings.minAttempts {
            return accounts.all > 1 && accounts.failing == accounts.all && run >= settings.minAttempts
        }
        return window.attempts >= settings.minAttempts
            && Double(window.failures) >= settings.openAt * Double(window.attempts)
    }
}
