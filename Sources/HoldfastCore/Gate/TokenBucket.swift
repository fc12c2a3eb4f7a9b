/// A rate with a burst: one token per event, `perSecond` tokens come back each second, at most `burst` are kept.
///
/// Exact: the rate is a whole number of thousandths and the level is counted in thousandths of a billionth of a token,
/// so a nanosecond adds a whole number of them and nothing is ever rounded. Over every window of length w, at most
/// `burst` + `perSecond` × w events pass.
public struct TokenBucket: Hashable, Sendable {
    /// What one nanosecond adds: the rate in thousandths per second.
    private var gain: Int64
    private var capacity: Int64
    private var level: Int64
    private var levelAt = Instant(nanoseconds: .min)

    private static let token: Int64 = 1_000_000_000_000

    /// A full bucket. The rate counts from 0.001 to a billion per second, the burst from 1 to nine million; what lies
    /// outside is taken as the nearest that counts.
    public init(perSecond: Double, burst: Int) {
        gain = Self.gain(for: perSecond)
        capacity = Self.capacity(for: burst)
        level = capacity
    }

    /// Takes one token if there is one.
    public mutating func take(at now: Instant) -> Bool {
        refill(at: now)
        guard level >= Self.token else { return false }
        level -= Self.token
        return true
    }

    /// The first instant at which `take` succeeds; not later than now if it would succeed already.
    public var readyAt: Instant {
        let missing = Self.token - level
        guard missing > 0 else { return levelAt }
        let wait = (missing - 1) / gain + 1
        return levelAt + .nanoseconds(wait)
    }

    /// Another rate and burst from now on. Tokens saved up stay, as far as they fit.
    public mutating func change(perSecond: Double, burst: Int, at now: Instant) {
        refill(at: now)
        gain = Self.gain(for: perSecond)
        capacity = Self.capacity(for: burst)
        level = min(level, capacity)
    }

    private mutating func refill(at now: Instant) {
        guard now > levelAt else { return }
        let elapsed = now.nanoseconds.subtractingSaturated(levelAt.nanoseconds)
        let (gained, overflow) = elapsed.multipliedReportingOverflow(by: gain)
        level = overflow ? capacity : min(capacity, level.addingSaturated(gained))
        levelAt = now
    }

    private static func gain(for perSecond: Double) -> Int64 {
        // What is no number counts as the lowest rate.
        perSecond > 0.001 ? Int64(min(1e12, perSecond * 1_000 + 0.5)) : 1
    }

    private static func capacity(for burst: Int) -> Int64 {
        min(Int64(max(1, burst)), Int64.max / token) * token
    }
}
