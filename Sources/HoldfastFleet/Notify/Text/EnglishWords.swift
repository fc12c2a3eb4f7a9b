import HoldfastCore

/// Notifications in English.
struct EnglishWords: NotificationWords {
    let test = "[test] Holdfast reaches you here; nothing is wrong"

    func subject(_ notification: AlertNotification, headline: String) -> String {
        switch notification.kind {
        case .firing: "[\(notification.severity.rawValue)] \(headline)"
        case .repeat: "[still \(notification.severity.rawValue)] \(headline)"
        case .resolved: "[resolved] \(headline)"
        }
    }

    func headline(_ notification: AlertNotification) -> String {
        let place = notification.cause.endpoint
        let many = "\(notification.affected) accounts of \(place)"
        let one = notification.account.map { "Account \($0)" }
        switch notification.cause.kind {
        case .fleet: return "Fleet: \(trouble(notification))"
        case .endpoint: return "\(place): \(trouble(notification))"
        case .accountDown: return one.map { "\($0) is down" } ?? "\(many) are down"
        case .accountQuarantined: return one.map { "\($0) is quarantined" } ?? "\(many) are quarantined"
        case .accountFlapping:
            return one.map { "\($0) loses its connection again and again" }
                ?? "\(many) lose their connection again and again"
        case .accountSlow: return one.map { "\($0) is answered slowly" } ?? "\(many) are answered slowly"
        case .storeDown: return "The store cannot be written"
        case .descriptors: return "No file descriptors are left"
        }
    }

    private func trouble(_ notification: AlertNotification) -> String {
        let value = notification.figures.first.map { number($0.value, $0.rule.unit) } ?? ""
        switch notification.rule {
        case .heartbeatMisses: return "\(value) of the heartbeats are missed"
        case .connectFailures: return "\(value) of the attempts to connect fail"
        case .slowReplies: return "heartbeats are answered after \(value) on average"
        default: return "\(notification.affected) of \(notification.accounts) accounts down"
        }
    }

    func time(_ notification: AlertNotification) -> NotificationText.Fact {
        guard let end = notification.endsAt else {
            return .init(
                name: "Since",
                value: "\(clock(notification.startsAt)), for \(notification.at.since(notification.startsAt).inWords)")
        }
        return .init(
            name: "Lasted",
            value: "\(end.since(notification.startsAt).inWords), \(clock(notification.startsAt)) to \(clock(end))")
    }

    func figure(_ figure: AlertFigure) -> NotificationText.Fact {
        func value(_ samples: String) -> String {
            "\(number(figure.value, figure.rule.unit)) (bound: \(number(figure.threshold, figure.rule.unit))"
                + (figure.samples > 0 ? "; \(figure.samples) \(samples))" : ")")
        }
        switch figure.rule {
        case .connectedShare: return .init(name: "Accounts connected", value: value("accounts"))
        case .heartbeatMisses: return .init(name: "Heartbeats missed", value: value("heartbeats"))
        case .connectFailures: return .init(name: "Attempts that fail", value: value("attempts"))
        case .slowReplies, .accountSlow: return .init(name: "Mean time to a reply", value: value("replies"))
        case .accountDown: return .init(name: "Longest time down", value: value("accounts"))
        case .accountQuarantined: return .init(name: "Quarantined", value: value("accounts"))
        case .accountFlapping: return .init(name: "Connections lost in 10 min", value: value("accounts"))
        case .storeDown: return .init(name: "Store", value: "not writable")
        case .descriptors: return .init(name: "Attempts without a descriptor", value: value("attempts"))
        }
    }

    func accounts(_ sample: [String], more: Int) -> NotificationText.Fact {
        .init(name: "Accounts", value: sample.joined(separator: ", ") + (more > 0 ? ", and \(more) more" : ""))
    }

    func detail(_ text: String) -> NotificationText.Fact { .init(name: "Reason", value: text) }

    func alert(_ id: String) -> NotificationText.Fact { .init(name: "Alert", value: id) }

    func advice(for cause: AlertCause.Kind) -> String {
        switch cause {
        case .fleet:
            "More than one endpoint is in trouble: look at what they share, this machine's network first. `holdfast doctor` says more."
        case .endpoint:
            "See whether the gateway, or the way to it, is down. Holdfast goes on trying by itself; nothing is lost meanwhile. `holdfast doctor` says more."
        case .accountDown:
            "`holdfast doctor ACCOUNT` says why, and what happens next by itself."
        case .accountQuarantined:
            "Automatic healing has ended. See `holdfast doctor ACCOUNT`; give it a valid credential, or release it: `holdfast accounts release ACCOUNT`."
        case .accountFlapping:
            "See the codes in `holdfast timeline ACCOUNT`. Two programs with the same account throw each other out."
        case .accountSlow:
            "The gateway, or the way to it, is slow for these accounts only. See `holdfast timeline ACCOUNT`."
        case .storeDown:
            "See whether the disk is full or read-only. Sessions stay, but no message is acknowledged until it can be written."
        case .descriptors:
            "Raise the limit (LimitNOFILE= of the service), or split the fleet."
        }
    }
}
