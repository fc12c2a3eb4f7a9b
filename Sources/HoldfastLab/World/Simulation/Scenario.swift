internal import HoldfastCore

/// What befalls a fleet that has been up for some time. `holdfast simulate --scenario NAME` shows what would come of it.
public enum Scenario: String, Hashable, Sendable, CaseIterable {
    case gatewayRestart = "gateway-restart"
    case gatewayDown = "gateway-down"
    case flapping
    case halfNetwork = "half-network"
    case blackHole = "black-hole"
    case rateLimit = "rate-limit"
    case drain
    case tokensExpire = "tokens-expire"
    case loginOutage = "login-outage"
    case processStall = "process-stall"
    case processRestart = "process-restart"

    /// What happens, in one sentence.
    public var abstract: String {
        switch self {
        case .gatewayRestart: "every connection is reset, and for 10 s the gateway refuses new ones"
        case .gatewayDown: "every connection is reset, and for 3 minutes the gateway refuses new ones"
        case .flapping: "the gateway restarts five times, once a minute, and is away for 5 s each time"
        case .halfNetwork: "for a minute nothing comes through for half of the accounts, and nobody is told"
        case .blackHole: "for a minute nothing comes through for anybody, and nobody is told"
        case .rateLimit: "every connection is reset, and for a minute new ones are answered 429 with Retry-After 30"
        case .drain: "the gateway asks everybody to connect anew within a minute"
        case .tokensExpire: "the gateway ends every connection and takes no token that is older than that"
        case .loginOutage: "as tokens-expire, and for 3 minutes no login succeeds"
        case .processStall: "our own process stands still for 40 s"
        case .processRestart: "our own process is killed; 2 s later another takes over"
        }
    }

    /// What is planned for one gateway, with times counted from the beginning of the trouble.
    func plan(endpoint: Int, fair: Weather) -> [(after: Duration, action: WorldAction)] {
        func weather(_ change: (inout Weather) -> Void) -> WorldAction {
            var weather = fair
            change(&weather)
            return .weather(endpoint: endpoint, weather)
        }
        let refuses = weather { $0.connecting = .refuse }
        let resets = WorldAction.drop(endpoint: endpoint, share: 1, .reset)
        let isWell = weather { _ in }
        func away(from begin: Int, for seconds: Int) -> [(Duration, WorldAction)] {
            [(.seconds(begin), refuses), (.seconds(begin), resets), (.seconds(begin + seconds), isWell)]
        }
        switch self {
        case .gatewayRestart: return away(from: 0, for: 10)
        case .gatewayDown: return away(from: 0, for: 180)
        case .flapping: return (0..<5).flatMap { away(from: 60 * $0, for: 5) }
        case .halfNetwork:
            return [(.zero, .weatherForSome(endpoint: endpoint, share: 0.5, .blackHole)), (.seconds(60), isWell)]
        case .blackHole: return [(.zero, .weather(endpoint: endpoint, .blackHole)), (.seconds(60), isWell)]
        case .rateLimit:
            let limits = weather { $0.connecting = .refuseUpgrade(status: 429, retryAfter: .seconds(30)) }
            return [(.zero, limits), (.zero, resets), (.seconds(60), isWell)]
        case .drain: return [(.zero, .askToReconnect(endpoint: endpoint, within: .seconds(60)))]
        case .tokensExpire: return [(.zero, .expireTokens(endpoint: endpoint, share: 1))]
        case .loginOutage:
            return [
                (.zero, .logins([.tryLater])), (.zero, .expireTokens(endpoint: endpoint, share: 1)),
                (.seconds(180), .logins([.renewed(lifetime: nil)])),
            ]
        case .processStall: return endpoint == 0 ? [(.zero, .freeze(.seconds(40)))] : []
        case .processRestart: return endpoint == 0 ? [(.zero, .restart(after: .seconds(2)))] : []
        }
    }
}
