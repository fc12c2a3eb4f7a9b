import HoldfastCore

/// The body that Alertmanager posts to webhooks, in its version 4, so that whatever takes Alertmanager's webhooks takes ours. Fields and
/// their meaning: prometheus.io, Alertmanager's documentation, `webhook_config`.
struct AlertmanagerPayload: Encodable {
    var version = "4"
    var groupKey: String
    var truncatedAlerts = 0
    var status: String
    var receiver: String
    var groupLabels: [String: String]
    var commonLabels: [String: String]
    var commonAnnotations: [String: String]
    var externalURL: String
    var alerts: [Item]

    struct Item: Encodable {
        var status: String
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
        var generatorURL: String
        /// The same for as long as the alert lasts, and for its end.
        var fingerprint: String
    }

    /// What Alertmanager writes for "not over yet": the zero of Go's time.
    private static let notYet = "0001-01-01T00:00:00Z"

    /// - Parameters:
    ///   - receiver: the channel.
    ///   - console: where the console is; empty if nobody said.
    init(_ notification: AlertNotification, _ text: NotificationText, receiver: String, console: String?) {
        let isOver = notification.kind == .resolved
        var labels = notification.labels
        labels["alertname"] = notification.isTest ? "HoldfastTest" : Self.name(of: notification.rule)
        labels["severity"] = notification.severity.rawValue
        var annotations = ["summary": text.subject]
        annotations["description"] =
            (text.facts.map { "\($0.name): \($0.value)" } + [text.advice].compactMap(\.self)).joined(separator: "\n")
        status = isOver ? "resolved" : "firing"
        groupKey = "holdfast/\(notification.alert)"
        self.receiver = receiver
        groupLabels = ["alertname": labels["alertname"] ?? ""]
        commonLabels = labels
        commonAnnotations = annotations
        externalURL = console ?? ""
        alerts = [
            Item(
                status: status, labels: labels, annotations: annotations, startsAt: notification.startsAt.rfc3339,
                endsAt: notification.endsAt?.rfc3339 ?? Self.notYet, generatorURL: text.link ?? "",
                fingerprint: notification.alert)
        ]
    }

    /// `connected_share` is `HoldfastConnectedShare`, in the manner of alert names.
    static func name(of rule: AlertRule) -> String {
        "Holdfast" + rule.rawValue.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
