import HoldfastCore
import HoldfastWire
import Testing

@testable import HoldfastFleet

@Suite("Lines that many accounts would write become one")
struct OutageLogTests {
    private let recorder = LogRecorder()
    private let endpoints = EndpointTable()
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    @Test("up to 20 accounts in 10 s have a line each")
    func individually() throws {
        let log = OutageLog(logger: recorder.logger, endpoints: endpoints)
        for account in 0..<20 { log.take([try line(account)], at: start + .milliseconds(Int64(account) * 100)) }
        log.everySecond(at: start + .seconds(11))
        #expect(recorder.lines("connection lost").count == 20)
        #expect(recorder.lines.count == 20)
    }

    @Test("a wave is one line, soon")
    func wave() throws {
        let log = OutageLog(logger: recorder.logger, endpoints: endpoints)
        log.take(try (0..<500).map { try line($0) }, at: start)
        log.take(try (500..<800).map { try line($0) }, at: start + .seconds(1))
        log.everySecond(at: start + .seconds(2))
        #expect(recorder.lines.map(\.message) == ["many accounts: connection lost"])
        #expect(recorder.lines.first?.metadata["accounts"] == "800")
        #expect(recorder.lines.first?.metadata["endpoint"] == "ws://a:80")
    }

    @Test("one more than 20 is held back with the rest; after a quiet window accounts have their own lines again")
    func overflow() throws {
        let log = OutageLog(logger: recorder.logger, endpoints: endpoints)
        for account in 0..<30 { log.take([try line(account)], at: start) }
        log.everySecond(at: start + .seconds(2))
        #expect(recorder.lines("connection lost").count == 20)
        #expect(recorder.lines("many accounts: connection lost").first?.metadata["accounts"] == "10")
        log.take([try line(30)], at: start + .seconds(5))
        log.everySecond(at: start + .seconds(7))
        #expect(recorder.lines("many accounts: connection lost").last?.metadata["accounts"] == "1")
        log.everySecond(at: start + .seconds(17))
        log.take([try line(31)], at: start + .seconds(18))
        #expect(recorder.lines("connection lost").count == 21)
    }

    @Test("endpoints and kinds are told apart")
    func topics() throws {
        let log = OutageLog(logger: recorder.logger, endpoints: endpoints)
        log.take(try (0..<15).map { try line($0) } + (0..<15).map { try line($0, host: "b") }, at: start)
        log.take(try (0..<15).map { try line($0, .outageEnded) }, at: start)
        #expect(recorder.lines.count == 45)
    }

    @Test("one line for many has class, code and level of the most, and names the other codes with their numbers")
    func majority() throws {
        let log = OutageLog(logger: recorder.logger, endpoints: endpoints)
        log.take(
            try (0..<40).map { try line($0, failure: .systemCall(errno: 111)) } + (40..<50).map { try line($0) },
            at: start)
        log.everySecond(at: start + .seconds(2))
        let said = try #require(recorder.lines.first)
        #expect(said.level == .error)
        #expect(said.metadata["code"] == "network.refused" && said.metadata["example"] == "account-0")
        #expect(said.metadata["codes"] == "network.refused 40, dropped.eof 10")
    }

    @Test("however many codes there are, only so many are named")
    func manyCodes() throws {
        let log = OutageLog(logger: recorder.logger, endpoints: endpoints)
        log.take(try (0..<100).map { try line($0, failure: .closed(code: 4_000 + UInt16($0))) }, at: start)
        log.everySecond(at: start + .seconds(2))
        let codes = try #require(recorder.lines.first?.metadata["codes"]).split(separator: ",")
        #expect(codes.count == OutageLog.codesToldApart + 1)
        #expect(codes.first == "other 84")
    }

    @Test("what is held back is said before the end")
    func atTheEnd() throws {
        let log = OutageLog(logger: recorder.logger, endpoints: endpoints)
        log.take(try (0..<50).map { try line($0) }, at: start)
        log.finish()
        #expect(recorder.lines.map(\.message) == ["many accounts: connection lost"])
    }

    @Test("no descriptor left is one line a minute, however many accounts it hits")
    func descriptors() throws {
        let log = OutageLog(logger: recorder.logger, endpoints: endpoints)
        for second in 0..<59 {
            let line = try line(1, failure: .outOfDescriptors)
            log.take([line], withoutDescriptor: 2, at: start + .seconds(Int64(second)))
            log.everySecond(at: start + .seconds(Int64(second)))
        }
        #expect(recorder.lines.count == 1)
        #expect(recorder.lines.first?.message.contains("no file descriptor left") == true)
        log.everySecond(at: start + .seconds(60))
        #expect(recorder.lines.count == 2)
        #expect(recorder.lines.last?.metadata["attempts"] == "116")
    }

    private func line(
        _ number: Int, _ kind: LogLine.Kind = .outageBegan, host: String = "a",
        failure cause: FailureCause = .endOfStream
    ) throws -> LogLine {
        let target = try LinkTarget(url: "ws://\(host)/")
        let account = Account(
            AccountConfiguration(
                id: "account-\(number)", target: target, dialect: .lwp(LWP(accountID: "x", appKey: "1"))),
            endpoint: endpoints.number(of: target.endpoint))
        return LogLine(
            kind: kind, account: account, from: .connected, to: .reconnecting, reason: .failure,
            failure: Failure.classify(cause, phase: .established), failures: 1, delay: .seconds(1))
    }
}
