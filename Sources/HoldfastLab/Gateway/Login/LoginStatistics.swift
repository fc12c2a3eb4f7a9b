public import HoldfastCore

/// What the login server has seen.
public struct LoginStatistics: Sendable, Hashable, Encodable {
    public enum Outcome: String, Sendable, Hashable, CaseIterable, Encodable {
        case issued, hung, refused, rubbish
        case needsPerson = "needs_person"
        case tryLater = "try_later"
    }

    public struct Login: Sendable, Hashable, Encodable {
        public var user: String
        /// When the request came.
        public var at: WallTime
        public var outcome: Outcome

        private enum CodingKeys: String, CodingKey {
            case user, at, outcome
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(user, forKey: .user)
            try container.encode(at.rfc3339, forKey: .at)
            try container.encode(outcome, forKey: .outcome)
        }
    }

    /// Requests that named a user.
    public internal(set) var requests = 0
    /// The most requests that were being answered at the same time.
    public internal(set) var maxInProgress = 0
    /// How many requests ended how. A `hang` that gave a token after all counts as `hung`.
    public internal(set) var outcomes: [String: Int] = [:]
    /// The first 100 000.
    public internal(set) var logins: [Login] = []

    private enum CodingKeys: String, CodingKey {
        case requests, outcomes, logins
        case maxInProgress = "max_in_progress"
    }
}
