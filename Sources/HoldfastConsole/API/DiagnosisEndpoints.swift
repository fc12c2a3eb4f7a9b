import HoldfastCore
import HoldfastFleet
import Hummingbird

/// What is the matter with an account, in short (`doctor`) and with everything that is known (`report`, L4).
struct DiagnosisEndpoints: Sendable {
    let fleet: Fleet

    static let reportParameters = ["since_s"]

    @Sendable func diagnosis(_ call: Call) async throws -> Response {
        let id = call.variable("id")
        guard let diagnosis = await fleet.diagnosis(of: id) else { throw Problem.unknownAccount(id) }
        return .json { json in
            json.field("account", id)
            json.fields(of: diagnosis)
        }
    }

    /// Everything for a bug report, and no secret: URLs are cut as everywhere, headers and credentials are not in it.
    @Sendable func report(_ call: Call) async throws -> Response {
        let id = call.variable("id")
        let seconds = try call.query.number("since_s", in: 1...Int(Int32.max), default: 86_400)
        guard let report = await fleet.report(on: id, since: .seconds(seconds)) else {
            throw Problem.unknownAccount(id)
        }
        return .json { $0.fields(of: report) }
    }
}

extension JSONWriter {
    mutating func fields(of report: AccountReport) {
        field("made_at", report.at.rfc3339)
        object("process") { $0.fields(of: report.process) }
        object("totals") { $0.fields(of: report.totals) }
        reasons("readiness", report.readiness)
        object("account") { $0.fields(of: report.account) }
        object("diagnosis") { $0.fields(of: report.diagnosis) }
        object("settings") { $0.fields(of: report.settings) }
        array("timeline", report.timeline) { json, entry in
            json.object { json in
                json.fields(of: entry)
                if let record = entry.record { json.object("record") { $0.fields(of: record, now: report.settings) } }
            }
        }
    }

    mutating func fields(of process: ProcessFigures) {
        field("resident_bytes", process.residentBytes)
        field("open_descriptors", process.openDescriptors)
        field("loop_lag_ms", process.loopLag.inMilliseconds)
    }

    mutating func fields(of diagnosis: Diagnosis) {
        field("verdict", diagnosis.verdict.rawValue)
        field("cause", diagnosis.cause)
        array("evidence", diagnosis.evidence) { json, evidence in json.value(evidence) }
        field("next", diagnosis.next)
        field("advice", diagnosis.advice)
    }

    /// A failure record; its settings only where they are not those in force now.
    mutating func fields(of record: FailureRecord, now: SessionSettings) {
        array("chain", record.chain) { json, cause in json.value(cause) }
        field("retry", record.retry)
        field("delay_ms", record.delay?.inMilliseconds)
        field("ladder", record.rung)
        object("process") { $0.fields(of: record.process) }
        if record.settings != FailureRecord.text(of: now) { field("settings", json: record.settings) }
    }

    /// The rhythm and the rules of a session, by the names of the configuration; times in milliseconds.
    mutating func fields(of settings: SessionSettings) {
        object("heartbeat") { json in
            json.field("mode", settings.heartbeat.mode.rawValue)
            json.field("interval_ms", settings.heartbeat.interval.inMilliseconds)
            json.field("max_interval_ms", settings.heartbeat.maxInterval.inMilliseconds)
            json.field("timeout_ms", settings.heartbeat.timeout.inMilliseconds)
            json.field("send_timeout_ms", settings.heartbeat.sendTimeout.inMilliseconds)
            json.field("slow_after_ms", settings.heartbeat.slowAfter.inMilliseconds)
            json.field("max_misses", settings.heartbeat.maxMisses)
        }
        object("phases") { json in
            json.field("resolve_ms", settings.phases.resolve.inMilliseconds)
            json.field("connect_ms", settings.phases.connect.inMilliseconds)
            json.field("tls_ms", settings.phases.tls.inMilliseconds)
            json.field("upgrade_ms", settings.phases.upgrade.inMilliseconds)
            json.field("register_ms", settings.phases.register.inMilliseconds)
            json.field("close_ms", settings.phases.close.inMilliseconds)
        }
        object("retry") { json in
            json.field("jitter", settings.retry.jitter.rawValue)
            json.field("max_failures", settings.retry.maxFailures)
            json.field("stable_after_ms", settings.retry.stableAfter.inMilliseconds)
            for (name, ceiling) in [
                ("dropped", settings.retry.dropped), ("network", settings.retry.network),
                ("other", settings.retry.other),
            ] {
                json.object(name) { json in
                    json.field("step_ms", ceiling.step.inMilliseconds)
                    json.field("cap_ms", ceiling.cap.inMilliseconds)
                }
            }
        }
        object("recovery") { json in
            json.array("climb", settings.recovery.climb.map(\.rawValue).sorted()) { json, name in json.value(name) }
            json.field("can_renew", settings.recovery.canRenew)
            json.field("renew_cooldown_ms", settings.recovery.renewCooldown.inMilliseconds)
            json.field("max_restarts", settings.recovery.maxRestarts)
            json.field("restart_window_ms", settings.recovery.restartWindow.inMilliseconds)
            json.field("probe_every_ms", settings.recovery.probeEvery.inMilliseconds)
        }
    }
}

extension Duration {
    fileprivate var inMilliseconds: Double { inSeconds * 1_000 }
}
