import HoldfastCore

/// Everything that can happen to a session, as the checker tries it in every state it finds.
enum CheckerStep: Hashable {
    /// Time passes to the session's own deadline, and it is woken there.
    case deadline
    /// Time passes, less than to any deadline, and it is woken all the same.
    case earlyWake
    /// Nobody woke it for much longer than it should have been; the sweep finds it.
    case sweepOverdue
    case sweep
    case unobserved
    case granted(Age)
    case entered(Phase, Age)
    case opened(Age)
    case registered(Age)
    case failed(Trouble, Age)
    case linkClosed(Trouble, Age)
    case replied(Beat, isPositive: Bool)
    /// A reply that does not say to which beat.
    case repliedToSome(isPositive: Bool)
    case intervalDictated(Age)
    case reconnectAsked(Age)
    case message(Age)
    case blocked, drained, paused, resumed
    case released
    case renewalStarted
    case renewalEnded(Outcome)
    case credentialChanged
    case settingsChanged(needsReconnect: Bool)
    case command(SessionCommand)
    case shutDown

    /// Of the current attempt, or of the one before it.
    enum Age: CaseIterable { case current, stale }
    enum Beat: CaseIterable { case oldest, newest, never }
    enum Outcome: CaseIterable { case renewed, rejected, needsPerson, tryLater }

    /// One cause of each class.
    enum Trouble: CaseIterable {
        case dropped, network, server, auth, brokenProtocol, permanent, handler, system

        var cause: FailureCause {
            switch self {
            case .dropped: .endOfStream
            case .network: .systemCall(errno: 111)
            case .server: .upgradeRefused(status: 503, retryAfter: .seconds(20))
            case .auth: .registrationRefused(code: 401)
            case .brokenProtocol: .violation(.badUTF8)
            case .permanent: .badURL
            case .handler: .handlerFailed
            case .system: .outOfDescriptors
            }
        }
    }

    static let all: [CheckerStep] = {
        var steps: [CheckerStep] = [
            .deadline, .earlyWake, .sweepOverdue, .sweep, .unobserved, .blocked, .drained, .paused, .resumed,
            .released, .renewalStarted, .credentialChanged, .shutDown, .settingsChanged(needsReconnect: true),
            .settingsChanged(needsReconnect: false), .repliedToSome(isPositive: true),
            .repliedToSome(isPositive: false),
        ]
        steps += SessionCommand.allCases.map { .command($0) }
        steps += Outcome.allCases.map { .renewalEnded($0) }
        for beat in Beat.allCases { steps += [.replied(beat, isPositive: true), .replied(beat, isPositive: false)] }
        for age in Age.allCases {
            steps += [
                .granted(age), .opened(age), .registered(age), .message(age), .intervalDictated(age),
                .reconnectAsked(age),
            ]
            steps += Phase.allCases.map { .entered($0, age) }
        }
        for trouble in Trouble.allCases {
            steps += [.failed(trouble, .current), .linkClosed(trouble, .current)]
        }
        return steps + [.failed(.network, .stale), .linkClosed(.dropped, .stale)]
    }()

    /// It tells about an attempt that is over, so it must change nothing.
    var isStale: Bool {
        switch self {
        case .granted(.stale), .opened(.stale), .registered(.stale), .message(.stale), .entered(_, .stale),
            .failed(_, .stale), .linkClosed(_, .stale), .replied(.never, _), .intervalDictated(.stale),
            .reconnectAsked(.stale):
            true
        default: false
        }
    }

    var isAboutHeartbeats: Bool {
        switch self {
        case .replied, .repliedToSome, .intervalDictated, .message, .blocked, .drained, .paused, .resumed, .unobserved:
            true
        default: false
        }
    }
}
