import HoldfastCore

extension AlertNotification {
    /// An endpoint with 812 of 1 000 accounts down since five minutes.
    static func sample(
        _ kind: Kind = .firing, id: String = "n-1", cause: AlertCause.Kind = .endpoint,
        rule: AlertRule = .connectedShare, value: Double = 0.188, affected: Int = 812,
        sample: [String] = ["shop-1", "shop-2"], detail: String = "network.refused"
    ) -> AlertNotification {
        let start = WallTime(milliseconds: 1_772_352_930_125)  // 2026-03-01T08:15:30.125Z
        let isFleet = [.storeDown, .descriptors, .fleet].contains(cause)
        let endpoint = isFleet ? "" : "ws://gate:9000"
        return AlertNotification(
            id: id, alert: "a1b2", kind: kind, severity: rule.severity, rule: rule,
            figures: [AlertFigure(rule, value: value, threshold: 0.7, samples: 1_000)],
            scope: isFleet ? .fleet : .endpoint(endpoint), cause: AlertCause(cause, endpoint: endpoint),
            affected: affected, accounts: 1_000, sample: sample,
            labels: ["rule": rule.rawValue, "severity": rule.severity.rawValue, "team": "chat"], startsAt: start,
            endsAt: kind == .resolved ? start + .seconds(3_720) : nil,
            at: start + .seconds(kind == .resolved ? 3_720 : 300), detail: detail)
    }
}
