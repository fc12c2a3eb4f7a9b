import Foundation
import HoldfastCore
import Logging
import Testing

@testable import HoldfastCommand

@Suite("A log event is one line")
struct LogLineTests {
    private let time = WallTime(milliseconds: 1_789_905_600_123)
    private let metadata: Logger.Metadata = [
        "code": "dropped.eof", "account": "shop-1", "delay_ms": .stringConvertible(1200), "zone": "x",
        "from": "connected",
        "to": "reconnecting", "reason": "failure", "failures": .stringConvertible(2), "class": "dropped",
    ]

    @Test("as JSON it has the fields of the contract in their order, numbers as numbers")
    func json() {
        #expect(
            LogLine.json(time, .warning, "connection lost", metadata)
                == "{\"time\":\"2026-09-20T12:00:00.123Z\",\"level\":\"warning\",\"message\":\"connection lost\","
                + "\"account\":\"shop-1\",\"from\":\"connected\",\"to\":\"reconnecting\",\"reason\":\"failure\","
                + "\"failures\":2,\"class\":\"dropped\",\"code\":\"dropped.eof\",\"delay_ms\":1200,\"zone\":\"x\"}\n")
    }

    @Test("as text it has the same fields after the message")
    func text() {
        #expect(
            LogLine.text(
                time, .info, "connected", ["account": "shop-1", "failures": .stringConvertible(0), "note": "two words"])
                == "2026-09-20T12:00:00.123Z info connected account=shop-1 failures=0 note=\"two words\"\n")
    }

    @Test("whatever a value holds, the line stays one line and the JSON stays JSON")
    func hostileValues() throws {
        let nasty = "a\n{\"level\":\"error\"}\r\t\u{1B}[31m\\\"\u{7F}\u{0}é"
        let metadata: Logger.Metadata = ["account": "\(nasty)", "failures": "01", "time": "never", "\"k": "v"]
        let json = LogLine.json(time, .error, nasty, metadata)
        #expect(json.filter(\.isNewline).count == 1)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: String])
        #expect(object["account"] == nasty)
        #expect(object["message"] == nasty)
        #expect(object["failures"] == "01")
        #expect(object["time"] == "2026-09-20T12:00:00.123Z")
        let text = LogLine.text(time, .error, nasty, metadata)
        #expect(text.filter(\.isNewline).count == 1)
        #expect(!text.contains("\u{1B}"))
    }

    @Test("a line is with the system when the call returns, and the level may change while the process runs")
    func writesAtOnce() throws {
        let pipe = Pipe()
        let output = LogOutput(
            LogConfiguration(level: .warning, format: .text), descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let logger = Logger(label: "test") { _ in CommandLogHandler(output) }
        logger.info("not told")
        logger.warning("told", metadata: ["account": "a"])
        output.apply(LogConfiguration(level: .info, format: .json))
        logger.info("told as well")
        let text = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.hasSuffix("warning told account=a") == true)
        #expect(lines.last?.contains("\"message\":\"told as well\"") == true)
    }

    @Test("an end that nobody reads any more does no harm")
    func closedEnd() throws {
        ProcessLimits.prepare()
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let output = LogOutput(LogConfiguration(), descriptor: pipe.fileHandleForWriting.fileDescriptor)
        Logger(label: "test") { _ in CommandLogHandler(output) }.error("into the void")
    }
}
