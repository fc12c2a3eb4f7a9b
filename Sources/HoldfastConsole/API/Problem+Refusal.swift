import HoldfastCore
import HoldfastFleet
import HoldfastStore

extension Problem {
    /// Why the fleet did not carry out a command.
    init(_ refusal: CommandRefusal, id: String) {
        switch refusal {
        case .notFound:
            self = .unknownAccount(id)
        case .notRunning:
            self = .notRunning
        case .session(let session):
            self.init(status: .conflict, code: refusal.code, detail: Self.sentence(session))
        case .exists:
            self.init(status: .conflict, code: refusal.code, detail: "There is an account of this id already.")
        case .declared:
            self.init(
                status: .conflict, code: refusal.code,
                detail: "The account is declared in the configuration: take it out there, and reload.")
        case .invalid(let problems):
            self.init(status: .badRequest, code: refusal.code, detail: problems.prefix(20).joined(separator: " · "))
        case .noStore:
            self.init(status: .conflict, code: refusal.code, detail: "This fleet has no store to keep accounts in.")
        case .noKey:
            self.init(
                status: .conflict, code: refusal.code,
                detail:
                    "Secrets are stored sealed only, and no key is configured: `holdfast key new` makes one for store.key."
            )
        case .storeDown(let reason):
            self = .storeDown(reason)
        case .unwritten(let reason):
            self.init(
                status: .serviceUnavailable, code: refusal.code,
                detail:
                    "It is in force, but not written: it is lost if Holdfast ends before its store can be written again: \(reason)",
                headers: [.retryAfter: "10"])
        }
    }

    /// Why the fleet did not do something about messages.
    ///
    /// - Parameter missing: what to say where there is no such thing.
    init(_ refusal: MessageRefusal, missing: Problem = .notFound()) {
        switch refusal {
        case .notFound:
            self = missing
        case .notRunning:
            self = .notRunning
        case .noStore:
            self.init(
                status: .conflict, code: refusal.code, detail: "This fleet has no store, so nothing of this is kept.")
        case .invalid(let reason):
            self = .badBody("\(reason).")
        case .keyReused:
            self.init(
                status: .unprocessableContent, code: refusal.code,
                detail: "This Idempotency-Key was used for another message within the last day.")
        case .outboxFull:
            self.init(
                status: .serviceUnavailable, code: refusal.code,
                detail: "The account has \(Journal.openOutboxLimit) messages that its gateway has not confirmed.",
                headers: [.retryAfter: "30"])
        case .notReplayable:
            self.init(
                status: .conflict, code: refusal.code,
                detail: "Nobody could read what came, or its account is gone: there is nothing to hand to a handler.")
        case .store(let reason):
            self = .storeDown(reason)
        }
    }

    static let notRunning = Problem(
        status: .serviceUnavailable, code: "not_running", detail: "The fleet is starting or stopping.",
        headers: [.retryAfter: "5"])

    static func storeDown(_ reason: String) -> Problem {
        Problem(
            status: .serviceUnavailable, code: "store_down", detail: "The store cannot be used: \(reason)",
            headers: [.retryAfter: "10"])
    }

    private static func sentence(_ refusal: SessionRefusal) -> String {
        switch refusal {
        case .disabled: "The account is switched off: enable it first."
        case .quarantined: "The account is quarantined: release it first."
        case .notQuarantined: "The account is not quarantined."
        case .releasing: "The session is being taken down; ask again in a few seconds."
        case .noProvider: "The account has no provider that could renew its credential."
        case .coolingDown: "The last login was too recent; the next one may begin when its cooldown is over."
        case .tooManyRestarts: "The session was restarted too often; wait, or quarantine and release it."
        }
    }
}

extension Problem {
    /// Why nothing was silenced, or no silence taken back.
    init(_ refusal: SilenceRefusal) {
        switch refusal {
        case .notFound:
            self = .notFound("There is no silence with this id.", code: refusal.code)
        case .declared:
            self.init(
                status: .conflict, code: refusal.code,
                detail: "The silence is declared in the configuration: take it out there, and reload.")
        case .invalid(let reason):
            self.init(status: .badRequest, code: refusal.code, detail: "The silence cannot be made: \(reason).")
        case .tooMany:
            self.init(
                status: .conflict, code: refusal.code,
                detail: "There are \(Silence.limit) silences already: take some back.")
        case .notRunning:
            self = .notRunning
        case .storeDown(let reason):
            self = .storeDown(reason)
        }
    }
}
