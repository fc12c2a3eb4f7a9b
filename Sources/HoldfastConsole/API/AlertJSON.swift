import HoldfastCore

extension JSONWriter {
    /// The fields of an alert, without the braces around them.
    mutating func fields(of alert: Alert) {
        field("id", alert.id)
        field("active", alert.isActive)
        field("severity", alert.severity.rawValue)
        field("rule", alert.rule.rawValue)
        field("scope", alert.scope.name)
        field("cause", alert.cause.kind.rawValue)
        field("endpoint", alert.cause.endpoint.isEmpty ? nil : alert.cause.endpoint)
        if case .account(let id) = alert.scope { field("account", id) } else { field("account", nil as String?) }
        field("affected", alert.affected)
        field("worst", alert.worst)
        field("accounts", alert.accounts)
        array("sample", alert.sample.prefix(AlertNotification.sampleLimit)) { json, id in json.value(id) }
        array("figures", alert.figures) { json, figure in
            json.object { json in
                json.field("rule", figure.rule.rawValue)
                json.field("value", figure.value)
                json.field("threshold", figure.threshold)
                json.field("unit", figure.rule.unit.name)
                json.field("samples", figure.samples)
            }
        }
        field("detail", alert.detail)
        field("starts_at", alert.startsAt.rfc3339)
        field("ends_at", alert.endsAt?.rfc3339)
        field("told_at", alert.told?.at.rfc3339)
        field("messages", alert.told?.messages ?? 0)
        switch alert.suppression {
        case nil:
            field("silenced_by", nil as String?)
            field("inhibited_by", nil as String?)
        case .silenced(let id):
            field("silenced_by", id)
            field("inhibited_by", nil as String?)
        case .inhibited(let id):
            field("silenced_by", nil as String?)
            field("inhibited_by", id)
        }
    }

    /// The fields of a silence, without the braces around them.
    mutating func fields(of silence: Silence, at now: WallTime) {
        field("id", silence.id)
        field("active", silence.isInForce(at: now))
        field("rule", silence.match.rule?.rawValue)
        field("severity", silence.match.severity?.rawValue)
        field("endpoint", silence.match.endpoint)
        field("account", silence.match.account)
        field("starts_at", silence.startsAt.rfc3339)
        field("ends_at", silence.endsAt.rfc3339)
        field("author", silence.author)
        field("comment", silence.comment)
    }
}

extension AlertRule.Unit {
    /// The name in the API.
    var name: String {
        switch self {
        case .share: "share"
        case .seconds: "seconds"
        case .count: "count"
        }
    }
}
