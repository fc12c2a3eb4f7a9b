import HoldfastCore

extension ChannelConfiguration {
    /// At most `perMinute` in any minute: a quarter of them at once, the others spread. The bucket counts in thousandths.
    var pace: TokenBucket {
        let burst = max(1, perMinute / 4)
        let thousandths = max(1, perMinute - burst) * 1_000 / 60
        return TokenBucket(perSecond: Double(thousandths) / 1_000, burst: burst)
    }

    func makeSender(channel: String, console: String?) -> any NotificationSender {
        switch target {
        case .webhook(let webhook): WebhookSender(channel: channel, webhook, timeout: timeout, console: console)
        case .chat(let chat): ChatSender(chat, timeout: timeout)
        case .command(let command): CommandSender(configuration: command, timeout: timeout)
        case .email(let email): EmailSender(configuration: email, timeout: timeout)
        }
    }
}

extension ChannelConfiguration.Target {
    var kind: String {
        switch self {
        case .webhook: "webhook"
        case .chat(let chat): chat.service.rawValue
        case .command: "command"
        case .email: "email"
        }
    }
}

extension AlertNotification {
    /// A message that says of itself that it is none.
    static func test(at now: WallTime, isOver: Bool = false) -> AlertNotification {
        let alert = "test-\(now.milliseconds)"
        return AlertNotification(
            id: isOver ? "\(alert)-over" : alert, alert: alert, kind: isOver ? .resolved : .firing, severity: .warning,
            rule: .accountDown, figures: [], scope: .fleet, cause: AlertCause(.fleet), affected: 0, accounts: 0,
            sample: [], labels: ["test": "true"], startsAt: now, endsAt: isOver ? now : nil, at: now)
    }

    var isTest: Bool { labels["test"] == "true" && affected == 0 && figures.isEmpty }
}
