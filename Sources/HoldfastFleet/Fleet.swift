public import HoldfastCore
public import Logging

/// Keeps the sessions of many accounts alive: the product, for those who embed it and for the `holdfast` command.
///
/// A fleet is started once and shut down once. Everything else may be called at any time and from any thread; before
/// `start` and after `shutdown` there are no accounts to speak of.
public final class Fleet: Sendable {
    public init(_ configuration: FleetConfiguration, logger: Logger) {
    }

    /// Locks the store, starts the lanes and begins to connect. Returns as soon as every account has been handed to its
    /// lane; it does not wait for connections.
    ///
    /// - Throws: `StoreLockError` if another process holds the store.
    public func start() async throws {
    }

    /// Begins no new attempt, closes every socket with 1001, frees everything. Bounded: what has not closed after 10 s is
    /// dropped. Later calls wait for the first one.
    public func shutdown() async {
    }

    /// Makes the fleet be as configured, with as little change as possible: accounts that are declared as before are not
    /// touched.
    public func apply(_ configuration: FleetConfiguration) async -> ReloadSummary {
        ReloadSummary()
    }

    /// The account as it is now; nil if there is none with this id.
    public func account(_ id: String) async -> AccountView? {
        nil
    }

    /// A page of accounts. Which accounts match and the totals are up to a second old; the accounts shown are as they are now.
    public func accounts(_ query: AccountQuery) async -> AccountPage {
        AccountPage(accounts: [], next: nil, totals: FleetTotals())
    }

    /// The newest changes of an account's state, newest first; nil if there is no account with this id.
    public func timeline(_ id: String, limit: Int) async -> [TimelineEntry]? {
        nil
    }

    /// Carries out a command and returns the account as it is after that.
    public func perform(_ command: SessionCommand, on id: String) async throws(CommandRefusal) -> AccountView {
        throw .notFound
    }

    /// Carries out a command on every account that matches; accounts to which it does not apply are left as they are.
    public func perform(
        _ command: SessionCommand, matching filter: AccountFilter
    ) async -> (matched: Int, applied: Int) {
        (0, 0)
    }

    /// What happens from now on, beginning after the event `id` as far as it is still kept (`FleetEvent.kept`).
    /// A subscriber that does not keep up loses the oldest events; the gap shows in their ids.
    public func events(after id: UInt64? = nil) -> AsyncStream<FleetEvent> {
        AsyncStream { $0.finish() }
    }

    /// All counters, gauges and histograms.
    public func metrics() -> FleetMetrics {
        FleetMetrics()
    }

    /// Why the fleet is not ready to serve; empty if it is.
    public func readiness() -> [ReadinessReason] {
        []
    }
}
