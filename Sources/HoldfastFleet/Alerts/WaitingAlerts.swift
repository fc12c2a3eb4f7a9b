import HoldfastCore

/// Alerts that are to be written down, while the disk is slow or full.
struct WaitingAlerts {
    /// By id: a newer state of an alert takes the place of an older one that still waits.
    private var alerts: [String: Alert] = [:]

    /// Beyond it those go that are over, the oldest first. Those that last stay: there is no more than one for each endpoint, and
    /// a limited number about accounts.
    static let limit = 1_000

    var isEmpty: Bool { alerts.isEmpty }
    var count: Int { alerts.count }

    /// The oldest first.
    var inOrder: [Alert] { alerts.values.sorted { ($0.startsAt, $0.id) < ($1.startsAt, $1.id) } }

    mutating func add(_ alert: Alert) {
        alerts[alert.id] = alert
    }

    /// It could not be written; what has become of it since counts.
    mutating func putBack(_ alert: Alert) {
        if alerts[alert.id] == nil { alerts[alert.id] = alert }
    }

    /// Keeps the limit. Returns how many went.
    mutating func shorten() -> Int {
        let over = alerts.count - Self.limit
        guard over > 0 else { return 0 }
        let oldest = inOrder.filter { !$0.isActive }.prefix(over)
        for alert in oldest { alerts[alert.id] = nil }
        return oldest.count
    }
}
