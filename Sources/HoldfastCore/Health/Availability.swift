/// How reliable an account was over a time, computed from the changes of its state (M1).
public struct Availability: Sendable, Hashable {
    /// How long it was connected, of the time in which it was meant to be.
    public var connected: Duration = .zero
    public var wanted: Duration = .zero
    /// Connections that failed.
    public var losses = 0
    /// Outages that ended, and how long they took together.
    public var repairs = 0
    public var repairTime: Duration = .zero

    public init() {}

    /// 0 … 1; nil if it was not meant to be connected at all, or nothing is known.
    public var share: Double? {
        wanted > .zero ? connected.inSeconds / wanted.inSeconds : nil
    }

    /// Mean time between failures: connected time by lost connections; nil if none was lost.
    public var meanTimeBetweenFailures: Duration? {
        losses > 0 ? connected / losses : nil
    }

    /// Mean time to repair: how long an outage took; nil if none has ended.
    public var meanTimeToRepair: Duration? {
        repairs > 0 ? repairTime / repairs : nil
    }

    /// One change of state, as far as it matters here.
    public struct Change: Sendable, Hashable {
        public var at: WallTime
        public var to: SessionState
        /// A failure caused it.
        public var isFailure: Bool
        /// From then on the account was not meant to be connected, until its next attempt.
        public var isOff: Bool

        public init(at: WallTime, to: SessionState, isFailure: Bool, isOff: Bool) {
            self.at = at
            self.to = to
            self.isFailure = isFailure
            self.isOff = isOff
        }
    }

    /// - Parameters:
    ///   - changes: oldest first. Before the first one nothing is known, so nothing is counted. A process that was killed
    ///     leaves no change; until the next one the account counts as it was.
    public init(_ changes: some Sequence<Change>, from start: WallTime, until end: WallTime) {
        var at: WallTime?
        var (state, isOff) = (SessionState.disconnected, true)
        var downSince: WallTime?
        for change in changes where change.at <= end {
            if let since = at { count(state, isOff, from: max(since, start), until: change.at) }
            let wasConnected = state == .connected
            at = change.at
            if change.isOff {
                isOff = true
                downSince = nil
            } else if change.to == .connecting || change.to == .connected {
                isOff = false
            }
            state = change.to
            if wasConnected, change.isFailure, change.at > start {
                losses += 1
                downSince = change.at
            }
            if state == .connected, let since = downSince {
                repairs += 1
                repairTime += change.at.since(since)
                downSince = nil
            }
        }
        if let since = at { count(state, isOff, from: max(since, start), until: end) }
    }

    private mutating func count(_ state: SessionState, _ isOff: Bool, from: WallTime, until: WallTime) {
        guard !isOff, until > from else { return }
        let time = until.since(from)
        wanted += time
        if state == .connected { connected += time }
    }
}
