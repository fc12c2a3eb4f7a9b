import Foundation

/// One account as the API tells it. Only what the command shows; new fields of the API are no error.
struct AccountRecord: Decodable, Sendable {
    var id: String
    var state: String
    var status: String
    var health: Int
    var failures: Int
    var reasons: [Reason]?
    var lastStateChangeAt: String?
    var nextAttemptAt: String?
    var replyMs: Double?
    var ladder: String?
    var lastFailure: FailureRecord?

    struct Reason: Codable, Sendable {
        var code: String
        var detail: String
    }

    struct FailureRecord: Decodable, Sendable {
        var at: String?
        var code: String
        var message: String?
    }
}

/// A page of accounts.
struct AccountPageRecord: Decodable, Sendable {
    var accounts: [AccountRecord]
    var next: String?
    var totals: TotalsRecord
}

/// How many accounts there are in each state and status.
struct TotalsRecord: Decodable, Sendable {
    var accounts: Int?
    var enabled: Int?
    var connected: Int?
    var connecting: Int?
    var reconnecting: Int?
    var disconnected: Int?
    var failed: Int?
    var closed: Int?
    var byStatus: [String: Int]?
}

/// One line of an account's timeline.
struct TimelineRecord: Decodable, Sendable {
    var at: String
    var from: String
    var to: String
    var reason: String
    var failures: Int
    var generation: Int
    var incarnation: Int
    var code: String?
}

/// What `/readyz` answers when it is not ready.
struct ReadinessRecord: Decodable, Sendable {
    var reasons: [AccountRecord.Reason]?
}

/// What became of an action on many accounts.
struct AppliedRecord: Decodable, Sendable {
    var matched: Int
    var applied: Int
}
