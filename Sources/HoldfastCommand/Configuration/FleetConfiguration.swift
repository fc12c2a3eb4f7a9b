import HoldfastCore

/// What the fleet is to keep up, and how.
struct FleetConfiguration: Sendable {
    var accounts: [AccountConfiguration] = []
    var admission = AdmissionSettings()
    var breaker = BreakerSettings()
    var storePath = "data"
}

/// One account: one session to keep up.
struct AccountConfiguration: Sendable {
    var id: String
    var url: String
    var headers: [(name: String, value: Secret)] = []
    var token: Secret?
    var dialect = DialectName.lwp
    var lwp = LWPSettings()
    var settings: SessionSettings
    var limits = LimitSettings()
    var tls = TLSSettings()
    var isEnabled = true
}

struct LWPSettings: Hashable, Sendable {
    var appKey = ""
    var userID = ""
    var userAgent = ""
}

struct LimitSettings: Hashable, Sendable {
    var frameBytes = 1 << 20
    var messageBytes = 4 << 20
}

struct TLSSettings: Hashable, Sendable {
    var caFile: String?
    var serverName: String?
}
