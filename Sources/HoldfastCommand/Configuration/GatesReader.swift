import HoldfastCore

/// Reads what the whole fleet shares: `admission`, `breaker` and `renewals`.
enum GatesReader {
    static func admission(_ section: Section, _ settings: inout AdmissionSettings) {
        section.number("connects_per_second", &settings.connectsPerSecond, in: 0.01...100_000)
        section.count("burst", &settings.burst, in: 1...100_000)
        section.count("concurrent", &settings.concurrent, in: 1...100_000)
        if let fleet = section.section("fleet") {
            fleet.number("connects_per_second", &settings.fleet.connectsPerSecond, in: 0.01...100_000)
            fleet.count("concurrent", &settings.fleet.concurrent, in: 1...100_000)
            fleet.finish()
        }
        section.finish()
    }

    static func renewals(_ section: Section, _ settings: inout RenewalSettings) {
        section.count("concurrent", &settings.concurrent, in: 1...10_000)
        section.number("per_second", &settings.perSecond, in: 0.01...100_000)
        section.finish()
    }

    static func breaker(_ section: Section, _ settings: inout BreakerSettings) {
        section.duration("window", &settings.window, in: .seconds(1)...(.seconds(3_600)))
        section.count("min_attempts", &settings.minAttempts, in: 1...100_000)
        section.number("open_at", &settings.openAt, in: 0.01...1)
        section.duration("probe_every", &settings.probeEvery, in: .milliseconds(100)...(.seconds(3_600)))
        section.count("close_after", &settings.closeAfter, in: 1...100)
        section.finish()
    }
}
