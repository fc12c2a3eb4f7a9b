import HoldfastCore
public import NIOCore

/// A timetable of faults: at each of its moments the list of faults is replaced.
public struct FaultScript: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        /// Counted from the start of the gateway.
        public var at: Duration
        /// The gateway's faults from then on; nil leaves them as they are.
        public var faults: [Fault]?
        /// The login server's faults from then on; nil leaves them as they are.
        public var loginFaults: [LoginFault]?

        public init(at: Duration, faults: [Fault]? = nil, loginFaults: [LoginFault]? = nil) {
            self.at = at
            self.faults = faults
            self.loginFaults = loginFaults
        }
    }

    /// Nothing ever happens.
    public static let none = FaultScript(sorted: [])

    private init(sorted steps: [Step]) {
        self.steps = steps
    }

    /// In the order of time; steps of the same moment keep their order.
    public private(set) var steps: [Step]

    public static let maxSteps = 10_000
    /// A week.
    public static let maxAt = Duration.seconds(604_800)

    public init(_ steps: [Step]) throws(InvalidInput) {
        guard steps.count <= Self.maxSteps else {
            throw InvalidInput(at: "script", "has \(steps.count) steps; allowed are \(Self.maxSteps)")
        }
        for (index, step) in steps.enumerated() {
            guard step.at >= .zero, step.at <= Self.maxAt else {
                throw InvalidInput(at: "script[\(index)].at_s", "allowed are 0 to 604800")
            }
            if let faults = step.faults { try Fault.validate(faults, at: "script[\(index)].faults") }
            if let faults = step.loginFaults { try LoginFault.validate(faults, at: "script[\(index)].login_faults") }
        }
        let sorted = steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
        self.init(sorted: sorted.map(\.element))
    }

    /// Reads a script file: a JSON list of `{"at_s": 10, "faults": [...], "login_faults": [...]}`.
    public init(json: ByteBuffer) throws(InvalidInput) {
        guard case .array(let entries) = try JSONTree.parse(json, what: "script") else {
            throw InvalidInput(at: "script", "must be a list of {at_s, faults}")
        }
        var steps: [Step] = []
        for (index, entry) in entries.enumerated() {
            let place = "script[\(index)]"
            var fields = try JSONFields(entry, at: place)
            guard let at = try fields.number("at_s", in: 0...Self.maxAt.inSeconds) else {
                throw InvalidInput(at: "\(place).at_s", "is missing")
            }
            var step = Step(at: .seconds(at))
            if let list = fields.take("faults") { step.faults = try Fault.list(list, at: "\(place).faults") }
            if let list = fields.take("login_faults") {
                step.loginFaults = try LoginFault.list(list, at: "\(place).login_faults")
            }
            try fields.finish()
            guard step.faults != nil || step.loginFaults != nil else {
                throw InvalidInput(at: place, "has neither faults nor login_faults; an empty list ends all faults")
            }
            steps.append(step)
        }
        try self.init(steps)
    }
}
