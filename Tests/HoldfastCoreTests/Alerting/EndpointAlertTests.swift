import HoldfastCore
import Testing

@Suite("Alerts about endpoints and the fleet")
struct EndpointAlertTests {
    /// All of them connected for long enough that nothing of the start is left.
    static func calm(_ accounts: Int = 100, _ settings: AlertSettings = AlertSettings()) -> AlertBench {
        var bench = AlertBench(settings)
        bench.add(0..<accounts)
        bench.run(.seconds(5))
        bench.connect(0..<accounts)
        bench.run(.seconds(300), step: .seconds(5))
        // The window that is looked at has its second for second.
        bench.run(.seconds(300))
        return bench
    }

    @Test("a gateway that is down is one message, and one more when it is back")
    func down() throws {
        var bench = Self.calm(812)
        let downAt = bench.now.wall
        bench.lose(0..<812)
        bench.run(.seconds(600))
        #expect(bench.told == ["firing connected_share endpoint 812/812"])
        let message = try #require(bench.messages.first)
        #expect(message.severity == .critical)
        #expect(message.cause == AlertCause(.endpoint, endpoint: "ws://gateway-0:80"))
        #expect(message.detail == "dropped.eof")
        #expect(message.sample.count == AlertNotification.sampleLimit)
        #expect(message.at.since(downAt) < .seconds(120), "before single accounts would be told of")
        bench.connect(0..<812)
        bench.run(.seconds(600))
        #expect(bench.told.last == "resolved connected_share endpoint 812/812")
        #expect(bench.messages.count == 2)
        #expect(bench.messages.last?.alert == message.alert)
        #expect(bench.messages.last?.endsAt != nil)
        #expect(bench.engine.alerts.isEmpty)
    }

    @Test("an outage that heals by itself within a minute is nobody's business")
    func blip() {
        var bench = Self.calm()
        bench.lose(0..<100)
        bench.run(.seconds(60))
        bench.connect(0..<100)
        bench.run(.seconds(900))
        #expect(bench.told == [])
        #expect(bench.kept.isEmpty)
    }

    @Test("a large fleet that starts slowly is not down")
    func start() {
        var bench = AlertBench()
        bench.add(0..<2_000)
        for second in 0..<200 {
            bench.connect((second * 10)..<(second * 10 + 10))
            bench.run(.seconds(1))
        }
        bench.run(.seconds(600))
        #expect(bench.told == [])
    }

    @Test("a fleet that never had its turn is told of when its time to start is over")
    func neverStarted() {
        var bench = AlertBench()
        bench.add(0..<100)
        bench.run(.seconds(700))
        #expect(bench.told == ["firing connected_share endpoint 100/100"])
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var rule: AlertRule
        var growth: @Sendable (inout EndpointTotals) -> Void
        var severity: AlertSeverity?
        var testDescription: String
    }

    static let cases = [
        Case(
            rule: .connectFailures,
            growth: {
                $0.attempts = 10
                $0.failedAttempts = 4
            }, severity: .warning, testDescription: "4 of 10 attempts fail"),
        Case(
            rule: .connectFailures,
            growth: {
                $0.attempts = 10
                $0.failedAttempts = 3
            }, severity: nil, testDescription: "3 of 10 attempts fail"),
        Case(
            rule: .heartbeatMisses,
            growth: {
                $0.beats = 10
                $0.missedBeats = 3
            }, severity: .critical, testDescription: "3 of 10 heartbeats are missed"),
        Case(
            rule: .heartbeatMisses,
            growth: {
                $0.beats = 10
                $0.missedBeats = 2
            }, severity: nil, testDescription: "2 of 10 heartbeats are missed"),
        Case(
            rule: .slowReplies,
            growth: {
                $0.replies = 5
                $0.replySeconds = 25.5
            }, severity: .warning, testDescription: "replies take 5.1 s"),
        Case(
            rule: .slowReplies,
            growth: {
                $0.replies = 5
                $0.replySeconds = 24.5
            }, severity: nil, testDescription: "replies take 4.9 s"),
    ]

    @Test("a rule holds above its limit, and ends when that is over", arguments: cases)
    func limits(of one: Case) {
        var bench = Self.calm()
        var growth = EndpointTotals()
        one.growth(&growth)
        bench.perSecond[0] = growth
        bench.run(.seconds(400))
        #expect(bench.messages.map(\.rule) == (one.severity == nil ? [] : [one.rule]))
        #expect(bench.messages.first?.severity == one.severity)
        bench.perSecond[0] = EndpointTotals()
        bench.run(.seconds(900))
        #expect(bench.messages.map(\.kind) == (one.severity == nil ? [] : [.firing, .resolved]))
    }

    @Test("nine samples are no verdict")
    func tooFew() {
        var bench = Self.calm(9)
        var growth = EndpointTotals()
        growth.attempts = 9
        growth.failedAttempts = 9
        bench.perSecond[0] = growth
        bench.run(.seconds(1))
        bench.perSecond[0] = nil
        bench.run(.seconds(300))
        #expect(bench.told == [])
    }

    @Test("a figure that hovers about its limit is one alert")
    func hysteresis() {
        var bench = Self.calm()
        for round in 0..<20 {
            var growth = EndpointTotals()
            growth.attempts = 100
            growth.failedAttempts = round.isMultiple(of: 2) ? 33 : 27
            bench.perSecond[0] = growth
            bench.run(.seconds(300), step: .seconds(5))
        }
        #expect(bench.messages.map(\.kind) == [.firing])
    }

    @Test("a warning that becomes critical is told again")
    func worse() {
        var bench = Self.calm()
        var growth = EndpointTotals()
        growth.attempts = 10
        growth.failedAttempts = 9
        bench.perSecond[0] = growth
        bench.run(.seconds(120))
        bench.lose(0..<100)
        bench.run(.seconds(200))
        #expect(bench.messages.map(\.severity) == [.warning, .critical])
        #expect(bench.messages.map(\.kind) == [.firing, .firing])
        #expect(bench.messages.last?.figures.map(\.rule) == [.connectedShare, .connectFailures])
        #expect(Set(bench.messages.map(\.alert)).count == 1)
        #expect(Set(bench.messages.map(\.id)).count == 2)
    }

    @Test("of two endpoints the one that is down is told of, not the fleet")
    func oneOfTwo() {
        var bench = AlertBench()
        bench.add(0..<500, at: 0)
        bench.add(500..<600, at: 1)
        bench.connect(0..<600)
        bench.run(.seconds(600))
        bench.lose(0..<500)
        bench.run(.seconds(900))
        #expect(bench.told == ["firing connected_share endpoint 500/500"])
    }

    @Test("when all endpoints are down the fleet is told of, and no endpoint")
    func fleet() {
        var bench = AlertBench()
        for endpoint in 0..<5 { bench.add((endpoint * 100)..<(endpoint * 100 + 100), at: UInt32(endpoint)) }
        bench.connect(0..<500)
        bench.run(.seconds(600))
        bench.lose(0..<500)
        bench.run(.seconds(600))
        #expect(bench.told == ["firing connected_share fleet 500/500"])
        #expect(
            bench.engine.alerts.count { $0.suppression != nil } == 5, "the endpoints' alerts are there, and inhibited")
        bench.connect(0..<500)
        bench.run(.seconds(900))
        #expect(bench.told.dropFirst() == ["resolved connected_share fleet 500/500"])
    }

    @Test("many endpoints with few accounts each are down: the fleet is")
    func scattered() {
        var bench = AlertBench()
        for account in 0..<60 { bench.add(account..<(account + 1), at: UInt32(account)) }
        bench.connect(0..<60)
        bench.run(.seconds(600), step: .seconds(5))
        bench.lose(0..<60)
        bench.run(.seconds(900))
        #expect(bench.told == ["firing connected_share fleet 60/60"])
    }

    @Test("a store that cannot be written is told of in its own words")
    func store() {
        var bench = Self.calm()
        bench.engine.observe(.storeDown, problem: "disk full")
        bench.run(.seconds(60))
        #expect(bench.messages.map(\.detail) == ["disk full"])
        #expect(bench.messages.map(\.cause) == [AlertCause(.storeDown)])
        bench.engine.observe(.storeDown, problem: nil)
        bench.run(.seconds(200))
        #expect(bench.messages.map(\.kind) == [.firing, .resolved])
    }

    @Test("a rule that is off says nothing")
    func off() {
        var settings = AlertSettings()
        settings.connectedShareBelow = nil
        settings.accountDownAfter = nil
        settings.tellsStore = false
        var bench = Self.calm(100, settings)
        bench.engine.observe(.storeDown, problem: "disk full")
        bench.lose(0..<100)
        bench.run(.seconds(900))
        #expect(bench.told == [])
    }
}
