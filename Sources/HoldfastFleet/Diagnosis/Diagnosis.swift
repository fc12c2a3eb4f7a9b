public import HoldfastCore

/// What is the matter with one account, for a person who has fifteen seconds: the cause, what it was seen by, what happens
/// next by itself, and what the person can do. Made from the account as it is now; asking changes nothing.
public struct Diagnosis: Sendable, Hashable {
    public var verdict: Verdict
    /// One sentence.
    public var cause: String
    /// What the cause was concluded from, the weightiest first.
    public var evidence: [String]
    /// What Holdfast does next, and when.
    public var next: String
    /// What a person can do; nil where nothing is to be done.
    public var advice: String?

    public enum Verdict: String, Sendable, Hashable, CaseIterable {
        case well
        /// Connected, and something speaks against it.
        case impaired
        /// Not connected, and being healed.
        case healing
        /// Waits for a person.
        case waiting
        /// Switched off.
        case off
    }

    public init(of account: AccountView, at now: WallTime) {
        evidence = Self.evidence(account, at: now)
        if !account.isEnabled {
            verdict = .off
            cause = "a person or the configuration has switched it off"
            next = "nothing: it rests"
            advice = "holdfast accounts enable \(account.id)"
        } else if let quarantine = account.quarantine {
            verdict = .waiting
            cause = Self.cause(of: quarantine, account)
            next = Self.next(quarantine, account, at: now)
            advice = Self.advice(quarantine, account)
        } else if account.state == .connected {
            let reasons = account.reasons
            verdict = reasons.isEmpty ? .well : .impaired
            cause =
                reasons.first.map { Self.cause(of: $0.code) }
                ?? "the gateway has accepted it and answers its heartbeats"
            next = reasons.isEmpty ? "the next heartbeat" : Self.next(whileConnected: reasons)
            advice = reasons.first.flatMap { Self.advice($0.code, account) }
        } else {
            verdict = .healing
            cause = Self.cause(notConnected: account)
            next = Self.next(account, at: now)
            advice = Self.advice(notConnected: account)
        }
    }
}

extension Diagnosis {
    private static func evidence(_ account: AccountView, at now: WallTime) -> [String] {
        var evidence: [String] = []
        if let failure = account.lastFailure {
            evidence.append(
                "\(failure.code) \(ago(failure.at, now)), while in the phase \(failure.phase.name): \(shortened(failure.message))"
            )
        }
        evidence += account.reasons.map { $0.detail.isEmpty ? $0.code.rawValue : "\($0.code.rawValue): \($0.detail)" }
        if let at = account.lastHeartbeatReplyAt { evidence.append("last heartbeat answered \(ago(at, now))") }
        if let at = account.lastMessageAt { evidence.append("last message \(ago(at, now))") }
        if let at = account.lastConnectedAt { evidence.append("last connected \(ago(at, now))") }
        return evidence
    }

    private static func cause(of quarantine: Session.Quarantine, _ account: AccountView) -> String {
        switch quarantine {
        case .auth: "its credential was rejected twice"
        case .login: "its login needs a person (a captcha, a second factor)"
        case .person: "a person has taken it out of service"
        case .ladder: "neither another credential nor a restart of the instance has helped"
        case .permanent: "trying again cannot help until something is changed"
        case .restarts: "it was restarted too often in a short time"
        }
    }

    private static func next(_ quarantine: Session.Quarantine, _ account: AccountView, at now: WallTime) -> String {
        guard quarantine.healsByProbe else { return "nothing, until a person acts: no attempt is made" }
        return "one attempt\(account.nextAttemptAt.map { " \(ahead($0, now))" } ?? ""); success ends the quarantine"
    }

    private static func advice(_ quarantine: Session.Quarantine, _ account: AccountView) -> String {
        let release = "holdfast accounts release \(account.id)"
        return switch quarantine {
        case .auth: "set another credential (holdfast accounts set-credential \(account.id)), or release it: \(release)"
        case .login: "log in by hand where the account belongs, then: \(release)"
        case .person: release
        case .ladder, .restarts: "look at holdfast timeline \(account.id) for what repeats, mend that, then: \(release)"
        case .permanent: "mend what the failure names (URL, headers, certificate), reload, or: \(release)"
        }
    }

    private static func cause(of reason: HealthReason.Code) -> String {
        switch reason {
        case .replySlow, .replyOverdue: "the gateway answers slowly"
        case .heartbeatsMissed: "heartbeats were not answered in time; it is being probed"
        case .quiet: "no message has come for a while, which may be right"
        case .readingPaused: "its messages come faster than they are journaled or handled, so reading is paused"
        case .messagesLate: "messages reach us late"
        case .loginNeedsPerson:
            "its login needs a person (a captcha, a second factor); it works until its token expires"
        case .failures: "it has just come back and is not trusted yet"
        case .disabled, .quarantined, .failed, .notConnected, .breakerOpen: "it is not connected"
        }
    }

    private static func next(whileConnected reasons: [HealthReason]) -> String {
        switch reasons.first?.code {
        case .heartbeatsMissed?, .replyOverdue?: "probes; if they are not answered, another connection"
        case .readingPaused?: "reading goes on when there is room"
        case .loginNeedsPerson?: "no login by itself; when the token expires, a quarantine"
        case .failures?: "after a minute of stable connection the failures are forgotten"
        default: "heartbeats go on"
        }
    }

    private static func advice(_ reason: HealthReason.Code, _ account: AccountView) -> String? {
        switch reason {
        case .loginNeedsPerson:
            "log in by hand where the account belongs, then: holdfast accounts renew \(account.id)"
        case .readingPaused:
            "see whether the handler or the disk is slow: holdfast_handler_seconds, holdfast_journal_entries"
        case .messagesLate: "compare this machine's clock; otherwise the gateway is behind"
        default: nil
        }
    }

    private static func cause(notConnected account: AccountView) -> String {
        if account.reasons.contains(where: { $0.code == .breakerOpen }) {
            return "its endpoint fails for everybody and is left alone"
        }
        if account.state == .connecting { return "it is connecting" }
        guard let failure = account.lastFailure else { return "it has not been connected yet" }
        return sentence(failure.message)
    }

    private static func next(_ account: AccountView, at now: WallTime) -> String {
        if account.reasons.contains(where: { $0.code == .breakerOpen }) {
            return "one account tries every few seconds; the others follow as soon as that succeeds"
        }
        if account.state == .connecting { return "connected, or a failure at the phase's deadline" }
        if account.ladder == .renew, account.state == .failed, account.nextAttemptAt == nil {
            return "another credential, as soon as its cooldown and the login budget allow"
        }
        guard let at = account.nextAttemptAt else { return "an attempt as soon as admission grants one" }
        return "an attempt \(ahead(at, now)), then when admission grants one"
    }

    private static func advice(notConnected account: AccountView) -> String? {
        switch account.lastFailure?.class {
        case .auth?: "set another credential (holdfast accounts set-credential \(account.id))"
        case .permanent?: "mend what the failure names (URL, headers, certificate) and reload"
        case .system?: "give the process what it is out of: see the failure"
        case .protocol?: "check that the URL leads to the gateway and not to something in between"
        case .dropped?, .network?, .server?, .handler?, nil: nil
        }
    }

    /// The message without its advice, which stands after the semicolon.
    private static func sentence(_ message: String) -> String {
        shortened(message.split(separator: ";", maxSplits: 1).first.map(String.init) ?? message)
    }

    /// What a gateway says can be a whole page of HTML; `last_failure` has all that is kept of it.
    private static func shortened(_ message: String) -> String {
        let line = message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count <= messageLimit ? line : line.prefix(messageLimit) + "…"
    }

    private static let messageLimit = 240

    private static func ago(_ time: WallTime, _ now: WallTime) -> String {
        "\(now.since(time).inWords) ago"
    }

    private static func ahead(_ time: WallTime, _ now: WallTime) -> String {
        let left = time.since(now)
        return left < .seconds(1) ? "now" : "in \(left.inWords)"
    }
}
