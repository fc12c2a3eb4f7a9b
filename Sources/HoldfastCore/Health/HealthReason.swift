/// Why an account is not at its best: a stable code, and what it was measured at.
public struct HealthReason: Hashable, Sendable {
    public var code: Code
    /// A few words with the values, in English. May be empty where the code says it all.
    public var detail: String

    public init(_ code: Code, _ detail: String = "") {
        self.code = code
        self.detail = detail
    }

    public enum Code: String, Hashable, Sendable, CaseIterable {
        case disabled
        case quarantined
        /// So many failures in a row that retrying alone is not trusted to help.
        case failed
        case notConnected = "not_connected"
        case failures
        /// The last reply took longer than `slowAfter`.
        case replySlow = "reply_slow"
        /// A heartbeat is out for longer than `slowAfter`.
        case replyOverdue = "reply_overdue"
        case heartbeatsMissed = "heartbeats_missed"
        case quiet
        case readingPaused = "reading_paused"
        case breakerOpen = "breaker_open"
        /// The login needs a person; the account works until its token expires.
        case loginNeedsPerson = "login_needs_person"
        case messagesLate = "messages_late"
    }
}

extension HealthEvidence {
    /// Everything that speaks against the account, the weightiest first; empty for one at its best.
    public func reasons(_ settings: HealthSettings = HealthSettings()) -> [HealthReason] {
        guard isEnabled else { return [HealthReason(.disabled)] }
        var reasons: [HealthReason] = []
        if let quarantine { reasons.append(HealthReason(.quarantined, quarantine)) }
        if state == .failed { reasons.append(HealthReason(.failed, failureCode ?? "")) }
        if state != .connected {
            let time = notConnectedFor.map { " for \(Self.text($0))" } ?? ""
            reasons.append(HealthReason(.notConnected, state.name + time))
        }
        if failures > 0 {
            let code = failureCode.map { ", last \($0)" } ?? ""
            reasons.append(HealthReason(.failures, "\(failures) in a row\(code)"))
        }
        if isBreakerOpen, state != .connected { reasons.append(HealthReason(.breakerOpen)) }
        if needsPerson, quarantine == nil { reasons.append(HealthReason(.loginNeedsPerson)) }
        reasons += livenessReasons
        if let messageDelay, messageDelay > settings.messageDelayFrom {
            reasons.append(HealthReason(.messagesLate, Self.text(messageDelay)))
        }
        return reasons
    }

    private var livenessReasons: [HealthReason] {
        var reasons: [HealthReason] = []
        if misses > 0 { reasons.append(HealthReason(.heartbeatsMissed, "\(misses) in a row")) }
        if let oldestOpenBeat, oldestOpenBeat > slowAfter {
            reasons.append(HealthReason(.replyOverdue, Self.text(oldestOpenBeat)))
        }
        if let lastReply, lastReply > slowAfter { reasons.append(HealthReason(.replySlow, Self.text(lastReply))) }
        if isQuiet { reasons.append(HealthReason(.quiet)) }
        if isReadingPaused { reasons.append(HealthReason(.readingPaused)) }
        return reasons
    }

    /// Seconds with one decimal below a minute; above, as people say it.
    private static func text(_ duration: Duration) -> String {
        let tenths = max(0, duration.wholeMilliseconds) / 100
        return tenths < 600 ? "\(tenths / 10).\(tenths % 10) s" : duration.inWords
    }
}
