import Foundation
import HoldfastCore
import HoldfastStore
import NIOCore
import Testing

@testable import HoldfastFleet

@Suite("Handlers: rules")
struct RulesTests {
    private func delivery(_ texts: String..., item: String? = nil, chat: String = "c") -> Delivery {
        Delivery(
            id: "d", account: "a", chat: chat,
            messages: texts.enumerated().map { index, text in
                JournalMessage(
                    id: "\(index)", chat: chat, receivedAt: WallTime(milliseconds: 0), sender: "2001", name: "Ann",
                    text: text, item: item)
            })
    }

    private func template(_ text: String) throws -> ReplyTemplate { try #require(ReplyTemplate(text)) }

    @Test("the first rule that matches replies")
    func first() throws {
        let handler = RulesHandler([
            .init(.keywords(["PRICE", "价格"]), reply: try template("{name}, {{see} {item}")),
            .init(.pattern(try #require(TextPattern(#"^\d+$"#))), reply: try template("a number")),
            .init(.keywords(["silence"])),
            .init(item: "7", reply: try template("about seven")),
            .init(reply: try template("{text}?")),
        ])
        let now = WallTime(milliseconds: 0)
        #expect(handler.replies(to: delivery("the price?", item: "9"), at: now) == ["Ann, {see} 9"])
        #expect(handler.replies(to: delivery("的价格"), at: now) == ["Ann, {see} "])
        #expect(handler.replies(to: delivery("12"), at: now) == ["a number"])
        #expect(handler.replies(to: delivery("silence"), at: now).isEmpty)
        #expect(handler.replies(to: delivery("x", item: "7"), at: now) == ["about seven"])
        #expect(handler.replies(to: delivery("x", "y"), at: now) == ["y?"])
    }

    @Test("a template with an unknown field, or an open brace, is none", arguments: ["{nme}", "{", "{name", "{}"])
    func badTemplate(text: String) {
        #expect(ReplyTemplate(text) == nil)
    }

    @Test(
        "business hours are those of their zone, over midnight too",
        arguments: [
            ("2026-11-20T01:00:00Z", true), ("2026-11-20T00:59:59Z", false), ("2026-11-20T09:59:00Z", true),
            ("2026-11-20T10:00:00Z", false), ("2026-11-21T02:00:00Z", false),
        ])
    func hours(time: String, isOpen: Bool) throws {
        // 9:00 to 18:00 in Shanghai, Monday to Friday; the 21st is a Saturday.
        let hours = BusinessHours(
            from: 540, to: 1_080, days: [1, 2, 3, 4, 5], zone: TimeZone(identifier: "Asia/Shanghai"))
        let date = try Date(time, strategy: .iso8601)
        #expect(hours.contain(WallTime(milliseconds: Int64(date.timeIntervalSince1970 * 1_000))) == isOpen)
    }

    @Test("what is open over midnight belongs to the day on which it opened")
    func overMidnight() throws {
        let hours = BusinessHours(from: 1_320, to: 120, days: [5])
        func isOpen(_ time: String) throws -> Bool {
            hours.contain(
                WallTime(milliseconds: Int64(try Date(time, strategy: .iso8601).timeIntervalSince1970 * 1_000)))
        }
        #expect(try isOpen("2026-11-20T22:00:00Z"))
        #expect(try isOpen("2026-11-21T01:59:00Z"))
        #expect(try !isOpen("2026-11-21T22:00:00Z"))
        #expect(try !isOpen("2026-11-20T01:00:00Z"))
    }
}

@Suite("Handlers: what the outside sees")
struct DeliveryJSONTests {
    @Test("a delivery is written as the contract says")
    func json() throws {
        let message = JournalMessage(
            id: "m", chat: "c", receivedAt: WallTime(milliseconds: 0),
            sentAt: WallTime(milliseconds: 1_709_210_096_789),
            sender: "2001", name: "A\"", text: "hi", item: "7", isGroup: true, raw: Array(#"{"1":{}}"#.utf8))
        var buffer = ByteBuffer()
        DeliveryJSON.write(Delivery(id: "d", account: "a", chat: "c", messages: [message]), into: &buffer)
        #expect(
            String(buffer: buffer)
                == #"{"account":"a","chat":"c","messages":[{"id":"m","sender":"2001","name":"A\"","text":"hi","item":"7","#
                + #""group":true,"at":"2024-02-29T12:34:56.789Z","raw":{"1":{}}}]}"#)
    }

    @Test(
        "times are as the calendar has them",
        arguments: [Int64(0), 951_782_400_000, 1_709_164_800_000, 4_102_444_799_999, 1_763_712_345_678])
    func times(milliseconds: Int64) throws {
        let text = WallTime(milliseconds: milliseconds).rfc3339
        let date = try Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        #expect(Int64((date.timeIntervalSince1970 * 1_000).rounded()) == milliseconds)
    }

    @Test(
        "replies are read, or the answer is none",
        arguments: [
            ("", []), (#"{"replies":[{"text":"a"},{"text":"b","x":1}]}"#, ["a", "b"]), ("{}", []), ("[]", nil),
            (#"{"replies":[{}]}"#, nil), (#"{"replies":[1]}"#, nil), (#"{"replies":[{"text":1}]}"#, nil), ("{", nil),
            (#"{"replies":null}"#, []),
        ] as [(String, [String]?)])
    func replies(body: String, replies: [String]?) {
        #expect(HandlerAnswer(ByteBuffer(string: body))?.replies == replies)
    }
}
