import HoldfastCore

/// The way of one account's messages, in virtual time: the intake is the real one; gateway, journal, handlers, people and the
/// killing of the process are drawn from a seed, one small step after the other, so that the process may die between any two.
///
/// ```swift
/// var world = MessageWorld(seed: 1)
/// world.run(steps: 2_000)
/// world.rest()
/// print(world.figures, world.violations)
/// ```
///
/// - `MessageWorld.swift`: what can happen, and what is checked.
/// - `MessageWorld+Steps.swift`: each step.
public struct MessageWorld: Sendable {
    public let seed: UInt64
    public internal(set) var figures = Figures()
    /// What was broken; empty if all is well.
    public internal(set) var violations: [String] = []

    public struct Figures: Sendable, Hashable {
        public var messages = 0
        public var kills = 0
        public var duplicates = 0
        public var handled = 0
        /// Deliveries that a handler got again, because a kill had met it at work.
        public var repeats = 0
        public var skipped = 0
        public var letters = 0
        public var refills = 0

        public init() {}
    }

    var generator: SeededGenerator
    var now = World.start
    var settings: IntakeSettings
    /// Everything that the gateway has ever pushed, by number.
    var pushed: [Message] = []
    /// What it will deliver again.
    var unacknowledged: Set<Int> = []
    /// What survives a kill.
    var disk = Disk()
    /// What does not.
    var process: Process
    /// How a handler has seen each message: the same delivery each time.
    var deliveryOfMessage: [Int: [Int]] = [:]
    /// Deliveries that a handler has finished, and that are not marked yet.
    var unmarked: Set<[Int]> = []

    struct Message {
        var chat: String
        var isOwn: Bool
    }

    struct Disk {
        enum State { case waiting, handled, skipped, letter }

        /// In the order in which they were written.
        var rows: [(number: Int, chat: String)] = []
        var states: [Int: State] = [:]
        /// What a message was handed out with.
        var deliveries: [Int: [Int]] = [:]
        var pauses: [String: WallTime] = [:]
    }

    struct Process {
        var intake: Intake
        /// On their way into the journal.
        var batch: [Int] = []
        /// In the journal, not acknowledged yet.
        var toAcknowledge: [Int] = []
        /// In the journal; the intake has not heard of them yet.
        var toTell: [Int] = []
        /// What waits of the chats that the intake keeps track of, as the desk has it.
        var waiting: [String: [Int]] = [:]
        /// What handlers have, by chat.
        var running: [String: [Int]] = [:]
        /// There is more in the journal than is kept track of.
        var isOverfull = false
        /// What the journal answered, on its way, and what came meanwhile.
        var refill: [Int]?
        var late: [Int] = []
        var doneMeanwhile: Set<Int> = []
        /// Chats whose turn has come, and that wait for a handler.
        var jobs: [(chat: String, limit: Int)] = []
    }

    public init(seed: UInt64) {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        var settings = IntakeSettings()
        settings.mostGathered = Int.random(in: 1...5, using: &generator)
        settings.concurrency = Int.random(in: 1...3, using: &generator)
        // Now and then there are more chats than are kept track of.
        settings.chatLimit = Int.random(in: 2...12, using: &generator)
        self.settings = settings
        process = Process(intake: Intake(settings: settings))
    }

    /// Lets so many things happen.
    public mutating func run(steps: Int) {
        for _ in 0..<steps {
            step()
            check()
            guard violations.isEmpty else { return }
        }
    }

    /// Nothing new comes, nobody kills or answers any more, and everything that has come is brought to its end.
    public mutating func rest() {
        for _ in 0..<2_000 where !isAtRest {
            deliverAgain()
            write()
            tell()
            refilled()
            acknowledge()
            while !process.jobs.isEmpty { startNext() }
            for chat in process.running.keys.sorted() { finish(chat, refuses: false) }
            pass(.milliseconds(500))
            check()
        }
        if !isAtRest { breach("not at rest: \(pushed.count - done) messages are forgotten") }
    }

    private var done: Int { disk.states.values.count { $0 != .waiting } }
    private var isAtRest: Bool { unacknowledged.isEmpty && done == pushed.count && process.running.isEmpty }

    // MARK: What holds at every instant

    private mutating func check() {
        if process.running.count > settings.concurrency { breach("\(process.running.count) handlers at once") }
        if process.intake.count > settings.chatLimit { breach("\(process.intake.count) chats are kept track of") }
    }

    mutating func breach(_ what: String) {
        violations.append("seed \(seed): \(what)")
    }
}
