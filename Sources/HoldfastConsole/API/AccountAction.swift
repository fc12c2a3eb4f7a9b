import HoldfastCore
import HoldfastFleet

/// What can be asked of an account: the last part of the path of an action.
enum AccountAction: String, Sendable, CaseIterable {
    case enable, disable, reconnect, reset, renew, restart, quarantine, release

    /// Nil for what no account of this fleet can do yet.
    var command: SessionCommand? {
        switch self {
        case .enable: .enable
        case .disable: .disable
        case .reconnect: .reconnect
        case .reset: .reset
        case .renew: nil
        case .restart: .restart
        case .quarantine: .quarantine
        case .release: .release
        }
    }
}

extension Problem {
    init(_ refusal: CommandRefusal, id: String) {
        switch refusal {
        case .notFound:
            self = .unknownAccount(id)
        case .notRunning:
            self.init(
                status: .serviceUnavailable, code: refusal.code, detail: "The fleet is starting or stopping.",
                headers: [.retryAfter: "5"])
        case .session(let session):
            self.init(status: .conflict, code: refusal.code, detail: Self.sentence(session))
        }
    }

    static let noProvider = Problem(
        status: .conflict, code: "no_provider",
        detail: "The account has no provider that could renew its credential.")

    private static func sentence(_ refusal: SessionRefusal) -> String {
        switch refusal {
        case .disabled: "The account is switched off: enable it first."
        case .quarantined: "The account is quarantined: release it first."
        case .notQuarantined: "The account is not quarantined."
        case .releasing: "The session is being taken down; ask again in a few seconds."
        case .tooManyRestarts: "The session was restarted too often; wait, or quarantine and release it."
        }
    }
}
