import FoundationEssentials
import HoldfastCore

/// A notification as programs of the operator's get it on their standard input: all facts, and the words for people.
struct NotificationJSON: Encodable {
    var id: String
    var alert: String
    var kind: String
    var severity: String
    var rule: String
    var cause: String
    var scope: String
    var endpoint: String?
    var account: String?
    var affected: Int
    var accounts: Int
    var sample: [String]
    var labels: [String: String]
    var figures: [Figure]
    var startsAt: String
    var endsAt: String?
    var at: String
    var detail: String
    var subject: String
    var text: String
    var link: String?

    struct Figure: Encodable {
        var rule: String
        var value: Double
        var threshold: Double
        var samples: Int
    }

    init(_ notification: AlertNotification, _ text: NotificationText) {
        id = notification.id
        alert = notification.alert
        kind = notification.kind.rawValue
        severity = notification.severity.rawValue
        rule = notification.rule.rawValue
        cause = notification.cause.kind.rawValue
        scope = notification.scope.name
        endpoint = notification.cause.endpoint.isEmpty ? nil : notification.cause.endpoint
        account = notification.account
        affected = notification.affected
        accounts = notification.accounts
        sample = notification.sample
        labels = notification.labels
        figures = notification.figures.map {
            // JSON has no infinity.
            Figure(
                rule: $0.rule.rawValue, value: $0.value.isFinite ? $0.value : 0,
                threshold: $0.threshold.isFinite ? $0.threshold : 0, samples: $0.samples)
        }
        startsAt = notification.startsAt.rfc3339
        endsAt = notification.endsAt?.rfc3339
        at = notification.at.rfc3339
        detail = notification.detail
        subject = text.subject
        self.text = text.plain()
        link = text.link
    }
}

extension Encodable {
    /// As JSON with the names of the API: `starts_at`, in a fixed order, without needless escapes.
    func json(snakeCase: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if snakeCase { encoder.keyEncodingStrategy = .convertToSnakeCase }
        return Array(try encoder.encode(self))
    }
}
