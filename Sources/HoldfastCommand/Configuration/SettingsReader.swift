import HoldfastCore

/// Reads the numbers of a session: `heartbeat`, `phases`, `retry`, `recovery`. Each function takes the settings in force so far
/// and replaces what is written, so the same code reads `defaults` and what an account has of its own.
enum SettingsReader {
    static func heartbeat(_ section: Section, _ settings: inout HeartbeatSettings) {
        let times: ClosedRange<Duration> = .milliseconds(100)...(.seconds(3_600))
        section.choice("mode", &settings.mode)
        let neverStretches = settings.maxInterval == settings.interval
        section.duration("interval", &settings.interval, in: times)
        // Equal means "off", and stays off when only the interval is changed.
        if neverStretches { settings.maxInterval = settings.interval }
        section.duration("max_interval", &settings.maxInterval, in: times)
        section.duration("timeout", &settings.timeout, in: times)
        section.duration("send_timeout", &settings.sendTimeout, in: times)
        section.count("max_misses", &settings.maxMisses, in: 1...20)
        section.duration("slow_after", &settings.slowAfter, in: .milliseconds(10)...(.seconds(3_600)))
        section.duration("probe_timeout", &settings.probeTimeout, in: times)
        section.duration("quiet_after", &settings.quietAfter, in: .seconds(1)...(.seconds(86_400)))
        section.finish()
        checkHeartbeat(section, settings)
    }

    static func phases(_ section: Section, _ settings: inout PhaseSettings) {
        let times: ClosedRange<Duration> = .milliseconds(100)...(.seconds(600))
        section.duration("resolve", &settings.resolve, in: times)
        section.duration("connect", &settings.connect, in: times)
        section.duration("tls", &settings.tls, in: times)
        section.duration("upgrade", &settings.upgrade, in: times)
        section.duration("register", &settings.register, in: times)
        section.duration("close", &settings.close, in: times)
        section.finish()
    }

    static func retry(_ section: Section, _ settings: inout RetrySettings) {
        ceiling(section, "dropped", &settings.dropped)
        ceiling(section, "network", &settings.network)
        ceiling(section, "other", &settings.other)
        section.choice("jitter", &settings.jitter)
        section.duration("shortest", &settings.shortest, in: .milliseconds(1)...(.seconds(60)))
        section.duration("longest_retry_after", &settings.longestRetryAfter, in: .seconds(1)...(.seconds(86_400)))
        section.count("max_failures", &settings.maxFailures, in: 1...1_000)
        section.duration("stable_after", &settings.stableAfter, in: .milliseconds(100)...(.seconds(86_400)))
        section.finish()
        let least = min(settings.dropped.step, settings.network.step, settings.other.step)
        if settings.shortest > least {
            section.report(
                "shortest", "is longer than a step (\(Units.text(least)))", "at most the shortest of the steps")
        }
    }

    static func recovery(_ section: Section, _ settings: inout RecoverySettings) {
        let day = Duration.seconds(86_400)
        classes(section, "climb", &settings.climb)
        section.duration("renew_cooldown", &settings.renewCooldown, in: .seconds(1)...day)
        section.duration("longest_renew_cooldown", &settings.longestRenewCooldown, in: .seconds(1)...day)
        section.duration("refresh_every", &settings.refreshEvery, in: .seconds(1)...(day * 365))
        section.duration("refresh_retry", &settings.refreshRetry, in: .seconds(1)...day)
        section.duration("refresh_rest", &settings.refreshRest, in: .zero...day)
        section.count("max_restarts", &settings.maxRestarts, in: 0...1_000)
        section.duration("restart_window", &settings.restartWindow, in: .seconds(1)...day)
        section.duration("probe_every", &settings.probeEvery, in: .seconds(1)...day)
        section.duration("release_timeout", &settings.releaseTimeout, in: .milliseconds(100)...(.seconds(60)))
        section.finish()
        if settings.longestRenewCooldown < settings.renewCooldown {
            section.report(
                "longest_renew_cooldown", "is shorter than renew_cooldown",
                "at least \(Units.text(settings.renewCooldown))")
        }
    }

    private static func ceiling(_ parent: Section, _ key: String, _ value: inout RetrySettings.Ceiling) {
        guard let section = parent.section(key) else { return }
        section.duration("step", &value.step, in: .milliseconds(10)...(.seconds(3_600)))
        section.duration("cap", &value.cap, in: .milliseconds(10)...(.seconds(86_400)))
        section.finish()
        if value.cap < value.step {
            section.report("cap", "is shorter than step", "at least \(Units.text(value.step))")
        }
    }

    /// A list of failure classes.
    private static func classes(_ section: Section, _ key: String, _ value: inout Set<FailureClass>) {
        let allowed = FailureClass.allCases.map(\.rawValue).joined(separator: ", ")
        let preset = FailureClass.allCases.filter(value.contains).map(\.rawValue).joined(separator: ", ")
        section.describe(key, "list", preset: "[\(preset)]", allowed)
        guard let items = section.list(key) else { return }
        var found: Set<FailureClass> = []
        for item in items {
            guard case .scalar(let text, _) = item.content, let known = FailureClass(rawValue: text) else {
                var what = item.kind
                if case .scalar(let text, _) = item.content { what = "\"\(text.prefix(40))\"" }
                section.reading.report(
                    "holds \(what), which is no failure class", at: item.place, key: section.name(of: key),
                    "allowed: \(allowed)")
                continue
            }
            found.insert(known)
        }
        value = found
    }

    private static func checkHeartbeat(_ section: Section, _ settings: HeartbeatSettings) {
        if settings.maxInterval < settings.interval {
            section.report(
                "max_interval", "is shorter than interval", "at least \(Units.text(settings.interval))")
        }
        if settings.slowAfter > settings.timeout {
            section.report("slow_after", "is longer than timeout", "at most \(Units.text(settings.timeout))")
        }
        if settings.sendTimeout > settings.timeout {
            section.report("send_timeout", "is longer than timeout", "at most \(Units.text(settings.timeout))")
        }
        let open = openBeats(settings)
        if open > HeartbeatSettings.openBeatsLimit {
            section.report(
                "timeout", "would leave \(open) heartbeats without a reply at a time",
                "at most \(HeartbeatSettings.openBeatsLimit): shorten timeout, or lengthen interval")
        }
    }

    /// The most beats that can wait for their reply at the same time: the regular ones, one because of silence, and in
    /// `adaptive` mode one probe.
    static func openBeats(_ settings: HeartbeatSettings) -> Int {
        let (timeout, interval) = (settings.timeout.wholeMilliseconds, max(1, settings.interval.wholeMilliseconds))
        let regular = timeout / interval + (timeout % interval == 0 ? 0 : 1)
        return Int(clamping: regular) + (settings.mode == .adaptive ? 2 : 1)
    }
}
