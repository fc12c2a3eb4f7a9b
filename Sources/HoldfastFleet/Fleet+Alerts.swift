public import HoldfastCore
import HoldfastStore

/// Why something about alerts was not done. Nothing was changed.
public enum SilenceRefusal: Error, Sendable, Hashable {
    /// There is no silence with this id.
    case notFound
    /// It is the configuration's: change it there.
    case declared
    /// It ends before it begins, or in the past, or lasts too long.
    case invalid(String)
    /// There are `Silence.limit` already.
    case tooMany
    /// The fleet is not running: not started yet, or draining.
    case notRunning
    /// The store cannot be written.
    case storeDown(String)

    /// The stable code in the API.
    public var code: String {
        switch self {
        case .notFound: "unknown_silence"
        case .declared: "declared_in_configuration"
        case .invalid: "invalid_silence"
        case .tooMany: "too_many_silences"
        case .notRunning: "not_running"
        case .storeDown: "store_down"
        }
    }
}

/// A page of alerts, the latest to begin first.
public struct AlertPage: Sendable, Hashable {
    public var alerts: [Alert]
    /// Where the next page begins; nil if this is the last one.
    public var next: Int64?
}

extension Fleet {
    /// The alerts that are not over, in the order in which they began. Up to a second old.
    public func activeAlerts() -> [Alert] { shelf.alerts }

    /// A page of all alerts, the latest to begin first. Without a store there are only those that are not over.
    ///
    /// - Parameters:
    ///   - isActive: nil: those that last and those that are over.
    ///   - before: `next` of the page before; nil for the latest.
    public func alerts(isActive: Bool? = nil, before: Int64? = nil, limit: Int) async throws -> AlertPage {
        let live = shelf.alerts
        guard let store = state.withLock({ $0.store }) else {
            let alerts = isActive == false || before != nil ? [] : Array(live.reversed().prefix(max(0, limit)))
            return AlertPage(alerts: alerts, next: nil)
        }
        let rows = try await store.register.alerts(before: before, isActive: isActive, limit: max(0, limit) + 1)
        let page = rows.prefix(max(0, limit))
        let current = Dictionary(live.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var alerts = page.map { row in row.alert.isActive ? current[row.alert.id] ?? row.alert : row.alert }
        if before == nil, isActive != false {
            // Those that the store could not take yet.
            let known = Set(page.map(\.alert.id))
            let oldest = rows.count > page.count ? page.last?.alert.startsAt : nil
            let missing = live.reversed().filter { alert in
                !known.contains(alert.id) && (oldest.map { alert.startsAt > $0 } ?? true)
            }
            alerts = missing + alerts
        }
        return AlertPage(alerts: alerts, next: rows.count > page.count ? page.last?.number : nil)
    }

    /// One alert; nil if there is none with this id.
    public func alert(_ id: String) async throws -> Alert? {
        if let live = shelf.alerts.first(where: { $0.id == id }) { return live }
        return try await state.withLock { $0.store }?.register.alert(id)
    }

    /// Every silence that is not over, those to come and the configuration's included; the next to begin first.
    public func silences() -> [Silence] {
        shelf.silences(at: ProcessClock.wall).sorted { ($0.startsAt, $0.id) < ($1.startsAt, $1.id) }
    }

    /// Silences alerts for a while. Returns when that is durable.
    ///
    /// - Parameter startsAt: nil: now.
    public func silence(
        _ match: Silence.Match, from startsAt: WallTime? = nil, until endsAt: WallTime, comment: String = "",
        by hand: Hand = .program
    ) async throws(SilenceRefusal) -> Silence {
        guard runningLanes != nil else { throw .notRunning }
        let now = ProcessClock.wall
        let start = startsAt ?? now
        guard endsAt > now, endsAt > start else { throw .invalid("it must end in the future, and after it begins") }
        guard endsAt.since(now) <= Self.longestSilence else { throw .invalid("it must end within a year") }
        var generator = SystemRandomNumberGenerator()
        let silence = Silence(
            id: String(generator.next() as UInt64, radix: 36), match: match, startsAt: start, endsAt: endsAt,
            author: hand.name, comment: comment)
        guard shelf.add([silence], at: now) else { throw .tooMany }
        if let store = state.withLock({ $0.store }) {
            do throws(StoreError) {
                try await store.register.keep(silence)
            } catch {
                _ = shelf.remove(silence.id)
                throw .storeDown("\(error)")
            }
        }
        try? await audit("silence", detail: "\(silence.id): \(match) until \(endsAt.rfc3339)", by: hand)
        return silence
    }

    /// Takes a silence back. Returns when that is durable.
    public func removeSilence(_ id: String, by hand: Hand = .program) async throws(SilenceRefusal) {
        guard runningLanes != nil else { throw .notRunning }
        guard !id.hasPrefix(MaintenanceWindow.idPrefix) else { throw .declared }
        guard shelf.madeSilences(at: ProcessClock.wall).contains(where: { $0.id == id }) else { throw .notFound }
        if let store = state.withLock({ $0.store }) {
            do throws(StoreError) {
                try await store.register.removeSilence(id)
            } catch {
                throw .storeDown("\(error)")
            }
        }
        guard shelf.remove(id) else { throw .notFound }
        try? await audit("unsilence", detail: id, by: hand)
    }

    // MARK: Channels

    /// Sends a message that says it is a test to a channel, at once and beside what waits there.
    ///
    /// - Throws: why the other side did not take it. Takes as long as the channel's timeout at most.
    public func testChannel(_ name: String, by hand: Hand = .program) async throws(ChannelTestFailure) {
        guard runningLanes != nil, let engine = state.withLock({ $0.engine }) else { throw .notRunning }
        guard let desk = engine.notifications else { throw .unknown(known: []) }
        let outcome: Result<Void, ChannelTestFailure>
        do throws(ChannelTestFailure) { outcome = .success(try await desk.test(name)) } catch {
            outcome = .failure(error)
        }
        if case .failure(.unknown(let known)) = outcome { throw .unknown(known: known) }
        // It has happened whatever the store says: people want to try their channels on the day on which it is down, too.
        try? await audit("test_channel", detail: name, by: hand)
        try outcome.get()
    }

    /// The channels there are, with what became of their messages, by name.
    public func channels() -> [ChannelFigures] {
        state.withLock { $0.engine }?.notifications?.figures ?? []
    }

    static let longestSilence = Duration.seconds(366 * 86_400)
}
