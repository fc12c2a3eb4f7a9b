import HoldfastCore
import HoldfastFleet
import HoldfastWire

/// Whether messages are compressed, and how.
enum Compression: String, Hashable, Sendable, CaseIterable {
    case off, deflate

    var options: DeflateOptions? { self == .deflate ? DeflateOptions() : nil }
}

/// Everything that can stand under `defaults` and again in every account.
struct AccountDefaults: Sendable {
    var dialects = DialectReader()
    var heartbeat = HeartbeatSettings()
    var phases = PhaseSettings()
    var retry = RetrySettings()
    var recovery = RecoverySettings()
    var messages = MessageDefaults()
    var limits = AccountLimits()
    var compression = Compression.off
    var tls = TLSSettings()
    var proxy = ProxyChoice.none
    var tcp = TCPSettings()

    /// Replaces what the section says differently. Returns whether anything of the session's settings was written there.
    @discardableResult
    mutating func read(_ section: Section, folder: String) -> Bool {
        var hasOwn = false
        func settings<Settings>(_ key: String, _ value: inout Settings, _ read: (Section, inout Settings) -> Void) {
            guard let own = section.section(key) else { return }
            hasOwn = true
            read(own, &value)
        }
        settings("heartbeat", &heartbeat, SettingsReader.heartbeat)
        settings("phases", &phases, SettingsReader.phases)
        settings("retry", &retry, SettingsReader.retry)
        settings("recovery", &recovery, SettingsReader.recovery)
        if let own = section.section("messages") { messages.read(own) }
        if let own = section.section("limits") { Self.limits(own, &limits) }
        section.choice("compression", &compression)
        if let own = section.section("tls") { NetworkReader.tls(own, &tls, folder: folder) }
        NetworkReader.proxy(section, &proxy)
        if let own = section.section("tcp") { NetworkReader.tcp(own, &tcp) }
        return hasOwn
    }

    var session: SessionSettings {
        SessionSettings(heartbeat: heartbeat, phases: phases, retry: retry, recovery: recovery)
    }

    private static func limits(_ section: Section, _ limits: inout AccountLimits) {
        section.size("frame", bytes: &limits.frameBytes, in: (1 << 10)...(64 << 20))
        section.size("message", bytes: &limits.messageBytes, in: (1 << 10)...(256 << 20))
        section.finish()
        if limits.messageBytes < limits.frameBytes {
            section.report(
                "message", "is smaller than frame", "at least \(Units.text(sizeBytes: limits.frameBytes))")
        }
    }
}
