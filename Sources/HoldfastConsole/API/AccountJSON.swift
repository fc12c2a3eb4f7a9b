import HoldfastCore
import HoldfastFleet
import NIOCore

// How the fleet's values are written. The names of the fields are those of the API's reference; they may be added to and
// not changed.

extension JSONWriter {
    /// The fields of an account, without the braces around them.
    mutating func fields(of account: AccountView) {
        field("id", account.id)
        field("url", account.url)
        field("dialect", account.dialect)
        field("origin", account.origin.rawValue)
        field("enabled", account.isEnabled)
        field("state", account.state.name)
        field("status", account.status.rawValue)
        field("health", account.health)
        array("reasons", account.reasons) { json, reason in
            json.object { json in
                json.field("code", reason.code.rawValue)
                json.field("detail", reason.detail)
            }
        }
        field("failures", account.failures)
        field("generation", account.generation)
        field("incarnation", account.incarnation)
        field("last_message_at", account.lastMessageAt?.rfc3339)
        field("last_heartbeat_sent_at", account.lastHeartbeatSentAt?.rfc3339)
        field("last_heartbeat_reply_at", account.lastHeartbeatReplyAt?.rfc3339)
        field("last_connected_at", account.lastConnectedAt?.rfc3339)
        field("last_state_change_at", account.lastStateChangeAt?.rfc3339)
        field("reply_ms", account.replyMilliseconds)
        field("reply_p50_ms", account.replyP50.map { $0.inSeconds * 1_000 })
        field("reply_p99_ms", account.replyP99.map { $0.inSeconds * 1_000 })
        field("message_delay_ms", account.messageDelay?.wholeMilliseconds)
        field("next_attempt_at", account.nextAttemptAt?.rfc3339)
        field("ladder", account.ladder.name)
        field("quarantine", account.quarantine?.name)
        if let failure = account.lastFailure {
            object("last_failure") { json in
                json.field("at", failure.at.rfc3339)
                json.field("class", failure.class.rawValue)
                json.field("code", failure.code)
                json.field("message", failure.message)
                json.field("phase", failure.phase.name)
                json.field("said", failure.said)
            }
        } else {
            field("last_failure", nil as String?)
        }
        guard let login = account.lastLogin else { return field("last_login", nil as String?) }
        object("last_login") { json in
            json.field("at", login.at.rfc3339)
            json.field("outcome", login.outcome.rawValue)
            json.field("detail", login.reason)
        }
    }

    /// What is in the answer about one account beside its own fields. MTBF and MTTR are those of the week.
    mutating func fields(of availability: AvailabilityView?) {
        object("availability") { json in
            json.field("1h", availability?.hour.share.map(Self.rounded))
            json.field("24h", availability?.day.share.map(Self.rounded))
            json.field("7d", availability?.week.share.map(Self.rounded))
        }
        field("mtbf_s", availability?.week.meanTimeBetweenFailures?.inSeconds)
        field("mttr_s", availability?.week.meanTimeToRepair?.inSeconds)
    }

    /// Down, so that only a perfect share is 1.
    private static func rounded(_ share: Double) -> Double { (share * 1_000).rounded(.down) / 1_000 }

    /// The fields of a timeline's entry, without the braces around them.
    mutating func fields(of entry: TimelineEntry) {
        field("at", entry.at.rfc3339)
        field("from", entry.from.name)
        field("to", entry.to.name)
        field("reason", entry.reason)
        field("failures", entry.failures)
        field("generation", entry.generation)
        field("incarnation", entry.incarnation)
        field("class", entry.failureClass?.rawValue)
        field("code", entry.failureCode)
    }

    /// The counts by state, and beside them those by status: the two have a name in common, `failed`.
    mutating func fields(of totals: FleetTotals) {
        field("accounts", totals.accounts)
        field("enabled", totals.enabled)
        for state in SessionState.allCases { field(state.name, totals[state]) }
        object("by_status") { json in
            for status in AccountStatus.allCases { json.field(status.rawValue, totals[status]) }
        }
    }
}
