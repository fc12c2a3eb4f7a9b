import HoldfastCore
import Logging

/// Turns what lanes report into lines for people (L1): for an account one line when an outage begins and one when it ends;
/// but when more than 20 accounts of an endpoint have the same to say within 10 s, one line speaks for them all.
///
/// Owned by the control loop.
final class OutageLog {
    private struct Topic: Hashable {
        var endpoint: UInt32
        var kind: LogLine.Kind
    }

    /// What was said on one topic, and what waits to be said in one line.
    fileprivate struct Window {
        var endsAt: Instant
        var told = 0
        var held = 0
        /// Those held, by the code of their failure: the first one speaks for the others.
        var examples: [String: (line: LogLine, count: Int)] = [:]
    }

    /// Failure codes told apart among the lines that are held; the rest is `other`.
    static let codesToldApart = 16
    /// Accounts that get a line of their own in one window.
    static let individually = 20
    static let window = Duration.seconds(10)
    /// How long the one line waits for the accounts that are still to come.
    static let gathering = Duration.seconds(2)
    /// Running out of descriptors is said at most this often.
    static let descriptorPause = Duration.seconds(60)

    private let logger: Logger
    private let endpoints: EndpointTable
    private var windows: [Topic: Window] = [:]
    private var withoutDescriptor = 0
    private var descriptorsToldAt: Instant?

    init(logger: Logger, endpoints: EndpointTable) {
        self.logger = logger
        self.endpoints = endpoints
    }

    /// - Parameter withoutDescriptor: how many attempts found no descriptor, whether or not an outage began with it.
    func take(_ lines: [LogLine], withoutDescriptor: Int = 0, at now: Instant) {
        self.withoutDescriptor += withoutDescriptor
        var counts: [Topic: Int] = [:]
        for line in lines { counts[topic(of: line), default: 0] += 1 }
        for line in lines {
            // Said once for all.
            if line.kind.beginsOutage, line.failure?.detail == .descriptors { continue }
            let topic = topic(of: line)
            var window = windows[topic] ?? Window(endsAt: now + Self.window)
            if window.held == 0, window.told + (counts[topic] ?? 0) <= Self.individually {
                window.told += 1
                counts[topic, default: 1] -= 1
                write(line)
            } else {
                if window.held == 0 { window.endsAt = min(window.endsAt, now + Self.gathering) }
                window.hold(line)
            }
            windows[topic] = window
        }
    }

    func everySecond(at now: Instant) {
        tellOfDescriptors(at: now)
        for (topic, window) in sortedWindows where window.endsAt <= now {
            guard window.held > 0 else {
                windows[topic] = nil
                continue
            }
            write(window, topic)
            // Whoever follows is one of many until it is quiet for a whole window.
            windows[topic] = Window(endsAt: now + Self.window, told: Self.individually)
        }
    }

    /// Says what still waits to be said.
    func finish() {
        for (topic, window) in sortedWindows where window.held > 0 { write(window, topic) }
        windows = [:]
    }

    /// So that the order of the lines does not hang on the order in a dictionary.
    private var sortedWindows: [(key: Topic, value: Window)] {
        windows.sorted { ($0.key.endpoint, $0.key.kind) < ($1.key.endpoint, $1.key.kind) }
    }

    private func topic(of line: LogLine) -> Topic {
        Topic(endpoint: line.account.endpoint, kind: line.kind)
    }

    private func tellOfDescriptors(at now: Instant) {
        guard withoutDescriptor > 0, descriptorsToldAt.map({ now.since($0) >= Self.descriptorPause }) ?? true else {
            return
        }
        logger.error(
            "no file descriptor left: accounts cannot connect; raise the limit (LimitNOFILE=, ulimit -n) or split the fleet",
            metadata: [
                "attempts": .stringConvertible(withoutDescriptor),
                "limit": .stringConvertible(ProcessSampler.descriptorLimit()),
            ])
        withoutDescriptor = 0
        descriptorsToldAt = now
    }

    private func write(_ line: LogLine) {
        logger.log(level: line.level, line.kind.message, metadata: metadata(of: line))
    }

    private func write(_ window: Window, _ topic: Topic) {
        guard let most = window.most else { return }
        var metadata = metadata(of: most)
        metadata["example"] = metadata.removeValue(forKey: "account")
        metadata["accounts"] = .stringConvertible(window.held)
        if window.examples.count > 1 { metadata["codes"] = "\(window.codes)" }
        logger.log(level: most.level, topic.kind.messageOfMany, metadata: metadata)
    }

    private func metadata(of line: LogLine) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "account": "\(line.account.id)", "endpoint": "\(endpoints.name(of: line.account.endpoint))",
            "from": "\(line.from.name)", "to": "\(line.to.name)", "failures": .stringConvertible(line.failures),
        ]
        if let reason = line.reason { metadata["reason"] = "\(reason.text)" }
        if let quarantine = line.quarantine { metadata["quarantine"] = "\(quarantine.name)" }
        if line.kind.tellsFailure, let failure = line.failure {
            metadata["class"] = "\(failure.class.rawValue)"
            metadata["code"] = "\(failure.code)"
            if let delay = line.delay { metadata["delay_ms"] = .stringConvertible(delay.wholeMilliseconds) }
        }
        return metadata
    }
}

extension OutageLog.Window {
    mutating func hold(_ line: LogLine) {
        held += 1
        var code = line.failure?.code ?? "none"
        if examples[code] == nil, examples.count >= OutageLog.codesToldApart { code = "other" }
        examples[code] = (examples[code]?.line ?? line, (examples[code]?.count ?? 0) + 1)
    }

    /// The line of the failure that most accounts have; of several the first by name.
    var most: LogLine? { byCount.first?.value.line }

    /// `network.refused 812, dropped.eof 3`
    var codes: String { byCount.map { "\($0.key) \($0.value.count)" }.joined(separator: ", ") }

    private var byCount: [(key: String, value: (line: LogLine, count: Int))] {
        examples.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
    }
}

extension LogLine.Kind: Comparable {
    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    fileprivate var beginsOutage: Bool { self == .outageBegan || self == .cannotConnect }

    fileprivate var tellsFailure: Bool {
        switch self {
        case .outageBegan, .cannotConnect, .failed, .restarted, .quarantined: true
        case .outageEnded, .connected, .quarantineEnded, .stuck, .illegalTransition, .sequenceGap: false
        }
    }

    fileprivate var message: Logger.Message {
        switch self {
        case .outageBegan: "connection lost"
        case .cannotConnect: "cannot connect"
        case .outageEnded: "connected again"
        case .connected: "connected"
        case .failed: "session failed"
        case .restarted: "instance restarted"
        case .quarantined: "account quarantined"
        case .quarantineEnded: "quarantine ended"
        case .stuck: "stuck session was reset"
        case .illegalTransition: "illegal transition, session was reset"
        case .sequenceGap: "messages are missing: a gap in the gateway's sequence"
        }
    }

    fileprivate var messageOfMany: Logger.Message {
        switch self {
        case .outageBegan: "many accounts: connection lost"
        case .cannotConnect: "many accounts: cannot connect"
        case .outageEnded: "many accounts: connected again"
        case .connected: "many accounts: connected"
        case .failed: "many accounts: session failed"
        case .restarted: "many accounts: instance restarted"
        case .quarantined: "many accounts: quarantined"
        case .quarantineEnded: "many accounts: quarantine ended"
        case .stuck: "many accounts: stuck session was reset"
        case .illegalTransition: "many accounts: illegal transition, session was reset"
        case .sequenceGap: "many gaps in the gateway's sequence: messages are missing"
        }
    }
}

extension LogLine {
    fileprivate var level: Logger.Level {
        switch kind {
        case .outageBegan, .cannotConnect: failure?.class == .dropped ? .warning : .error
        case .outageEnded, .connected, .quarantineEnded: .info
        case .failed, .restarted, .quarantined, .stuck, .illegalTransition: .error
        case .sequenceGap: .warning
        }
    }
}
