import HoldfastCore

/// Hands one message to where people read it: a web service, a program, a mail server, a chat.
protocol NotificationSender: Sendable {
    /// Returns when the other side has taken the message. Ends within the channel's timeout.
    func send(_ notification: AlertNotification, _ text: NotificationText) async throws(ChannelFailure)
    /// Gives back what it holds.
    func close() async
}

extension NotificationSender {
    func close() async {}
}

/// Why a message was not taken. The reasons are for people and hold no secret: neither an address with a token in it nor what a
/// server said to a password.
enum ChannelFailure: Error, Hashable {
    /// It may be taken when it is tried again.
    case later(String, after: Duration? = nil)
    /// The other side does not want it as it is; trying again helps only if somebody changes something there.
    case refused(String)

    var reason: String {
        switch self {
        case .later(let reason, _), .refused(let reason): reason
        }
    }

    /// What a status of HTTP means; nil if the message was taken. 408, 429 and 5xx pass.
    init?(status: Int, retryAfter: Duration?) {
        switch status {
        case 200..<300: return nil
        case 408, 429, 500..<600: self = .later("HTTP \(status)", after: retryAfter)
        default: self = .refused("HTTP \(status)")
        }
    }
}
