/// One thing that the login server does instead of giving a token.
public struct LoginFault: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// No answer for the delay (without one: until the fault ends); then a token after all.
        case hang
        /// The user or the password is wrong: 401.
        case refuse
        /// 200, but not JSON.
        case rubbish
        /// A person has to solve something first: 403 with the code `needs_person`.
        case needsPerson = "needs_person"
        /// 503, with `Retry-After` if one is given.
        case tryLater = "try_later"
    }

    public var kind: Kind
    /// Whom it is for (`account` is the `user` of the request), and the rest: `status` replaces the usual one, `delay` is how
    /// long the answer takes.
    public var terms: FaultTerms

    public init(
        _ kind: Kind, for user: String = FaultMatch.everyone, share: Double = 1, status: Int? = nil,
        retryAfterSeconds: Int? = nil,
        delay: Duration = .zero, lasting duration: Duration? = nil
    ) {
        self.kind = kind
        self.terms = FaultTerms(
            match: FaultMatch(account: user, share: share), status: status, retryAfterSeconds: retryAfterSeconds,
            delay: delay,
            lasting: duration)
    }
}

extension LoginFault: ScriptedFault {
    init(json: JSONTree, at place: String) throws(InvalidInput) {
        var fields = try JSONFields(json, at: place)
        guard let name = try fields.string("fault") else {
            throw InvalidInput(at: fields.place(of: "fault"), "is missing")
        }
        guard let kind = Kind(rawValue: name) else {
            let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw InvalidInput(at: fields.place(of: "fault"), "\"\(name)\" is unknown; known are \(known)")
        }
        self.kind = kind
        terms = try FaultTerms(takenFrom: &fields)
        try fields.finish()
    }

    func json() -> JSONTree {
        var fields = terms.jsonFields()
        fields["fault"] = .string(kind.rawValue)
        return .object(fields)
    }

    func validate(at place: String) throws(InvalidInput) {
        try terms.validate(at: place)
    }
}
