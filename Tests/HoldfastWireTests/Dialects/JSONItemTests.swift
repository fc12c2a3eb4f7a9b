import HoldfastCore
import HoldfastFuzzTargets
import HoldfastWire
import NIOCore
import Testing

@Suite("The json dialect, what a push hands over")
struct JSONItemTests {
    private let single = jsonDialect([
        "user_id": "42",
        "sequence": ["at": "seq"],
        "message": [
            "when": ["type": "message"], "id": "id", "chat": "chat.id", "sender": "from.0.id", "name": "from.0.name",
            "text": "text", "item": "about", "group": ["chat.kind": ["group", "2"]], "time": "at", "time_unit": "s",
            "echo": "id", "ack": #"{"ack":{echo},"quoted":"{echo}","seq":{sequence},"me":"{user_id}"}"#,
        ],
    ])
    private let batch = jsonDialect([
        "message": ["items": "data.list", "id": "id", "text": "t", "time": "ms"]
    ])

    private func push(_ text: String, _ dialect: JSONDialect) throws -> Push {
        let meaning = dialect.interpret(ByteBuffer(string: text), isText: true, identity: identity)
        guard case .push(let push) = meaning else { throw NoPush(meaning: meaning.summary) }
        return push
    }

    private struct NoPush: Error {
        var meaning: String
    }

    private func items(_ text: String, _ dialect: JSONDialect) throws -> [Result<InboundItem, FrameProblem>] {
        dialect.items(of: try push(text, dialect))
    }

    @Test("every part of a message is found at its path")
    func reads() throws {
        let text = #"""
            {"type":"message","id":7,"seq":3,"chat":{"id":"c\u0031","kind":2},"from":[{"id":42,"name":"Ann"}],
            "text":"hi \"you\"","about":true,"at":1763712345.5}
            """#
        let expected = InboundItem(
            id: "7", chat: "c1", sender: "42", senderName: "Ann", text: "hi \"you\"", item: "true", isGroup: true,
            isOwn: true, sentAt: WallTime(milliseconds: 1_763_712_345_500), sequence: 3, raw: ByteBuffer(string: text))
        #expect(try items(text, single) == [.success(expected)])
    }

    @Test("what is not there, or is no single value, is nil")
    func lacks() throws {
        let text = #"{"type":"message","id":null,"chat":{"id":{}},"from":[],"text":[],"at":"soon"}"#
        #expect(try items(text, single) == [.success(InboundItem(raw: ByteBuffer(string: text)))])
    }

    @Test("the acknowledgement repeats the value as it came")
    func acknowledges() throws {
        var buffer = ByteBuffer()
        let push = try push(#"{"type":"message","id":"a\/b","seq":9}"#, single)
        #expect(single.writeAcknowledgement(of: push, into: &buffer) == .text)
        #expect(String(buffer: buffer) == #"{"ack":"a\/b","quoted":"a\/b","seq":9,"me":"42"}"#)
        buffer.clear()
        _ = single.writeAcknowledgement(of: try self.push(#"{"type":"message"}"#, single), into: &buffer)
        #expect(String(buffer: buffer) == #"{"ack":null,"quoted":"","seq":null,"me":"42"}"#)
        #expect(batch.writeAcknowledgement(of: push, into: &buffer) == nil)
    }

    @Test("every item of a batch is handed over, in order, with the raw text of its own")
    func splits() throws {
        let found = try items(#"{"data":{"list":[ {"id":1,"t":"a"}, {"id":2,"t":"b","ms":5} ,7]}}"#, batch)
        #expect(
            found == [
                .success(InboundItem(id: "1", text: "a", raw: ByteBuffer(string: #"{"id":1,"t":"a"}"#))),
                .success(
                    InboundItem(
                        id: "2", text: "b", sentAt: WallTime(milliseconds: 5),
                        raw: ByteBuffer(string: #"{"id":2,"t":"b","ms":5}"#))),
                .success(InboundItem(raw: ByteBuffer(string: "7"))),
            ])
        #expect(try items(#"{"data":{"list":[]}}"#, batch) == [])
        #expect(try items("{}", batch) == [])
        #expect(try items(#"{"data":{"list":{}}}"#, batch) == [.failure(.notAnArray)])
    }

    @Test("more items than may be handed over at once are cut, and said to be")
    func isBounded() throws {
        let many = "{\"data\":{\"list\":[\(String(repeating: "0,", count: 10_000))0]}}"
        let found = try items(many, batch)
        #expect(found.count == 10_001)
        #expect(found.last == .failure(.tooManyItems))
    }

    @Test(
        "times are read as numbers of their unit and as RFC 3339",
        arguments: [
            ("s", "1763712345", 1_763_712_345_000), ("s", "\"1763712345.000199\"", 1_763_712_345_000),
            ("s", "1763712345.1", 1_763_712_345_100), ("s", "-1.5", -1_500), ("s", "9223372036854775807", nil),
            ("ms", "1763712345678", 1_763_712_345_678), ("us", "1763712345678901", 1_763_712_345_678),
            ("ms", "1e3", nil), ("ms", "\"\"", nil), ("ms", "\"1.\"", nil), ("ms", "true", nil), ("ms", "[1]", nil),
            ("ms", "\"1970-01-01T00:00:00Z\"", 0), ("ms", "\"2025-11-21T08:05:45.678Z\"", 1_763_712_345_678),
            ("ms", "\"2025-11-21T10:05:45.6789+02:00\"", 1_763_712_345_678),
            ("ms", "\"2025-11-21 00:05:45-08:00\"", 1_763_712_345_000),
            ("ms", "\"2024-02-29t23:59:60z\"", 1_709_251_199_000), ("ms", "\"2023-02-29T00:00:00Z\"", nil),
            ("ms", "\"1900-02-29T00:00:00Z\"", nil), ("ms", "\"2000-02-29T00:00:00Z\"", 951_782_400_000),
            ("ms", "\"0000-01-01T00:00:00Z\"", -62_167_219_200_000),
            ("ms", "\"9999-12-31T23:59:59.999Z\"", 253_402_300_799_999),
            ("ms", "\"2025-13-01T00:00:00Z\"", nil), ("ms", "\"2025-01-01T24:00:00Z\"", nil),
            ("ms", "\"2025-01-01T00:00:00\"", nil), ("ms", "\"2025-01-01\"", nil),
            ("ms", "\"2025-01-01T00:00:00.Z\"", nil), ("ms", "\"2025-01-01T00:00:00Zx\"", nil),
            ("ms", "\"2025-01-01T00:00:00+1:00\"", nil),
        ] as [(String, String, Int64?)])
    func readsTimes(unit: String, value: String, milliseconds: Int64?) throws {
        let dialect = jsonDialect(["message": ["time": "t", "time_unit": .text(unit)]])
        let item = try items("{\"t\":\(value)}", dialect).first?.get()
        #expect(item?.sentAt == milliseconds.map { WallTime(milliseconds: $0) })
    }
}
