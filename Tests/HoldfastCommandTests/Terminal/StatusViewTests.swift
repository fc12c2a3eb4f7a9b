import Foundation
import Testing

@testable import HoldfastCommand

@Suite("The status in a terminal says the most important first")
struct StatusViewTests {
    private let now = Date(timeIntervalSince1970: 1_789_905_600)

    private func account(_ json: String) throws -> AccountRecord {
        try HoldfastClient.decode(AccountRecord.self, from: Data(json.utf8))
    }

    @Test("accounts stand in a table, the failure of a broken one with its message")
    func table() throws {
        let accounts = [
            try account(
                """
                {"id":"shop-7","state":"reconnecting","status":"unhealthy","health":40,"failures":3,"reasons":[],
                 "last_state_change_at":"2026-09-20T11:58:30.000Z","next_attempt_at":"2026-09-20T12:00:04.000Z",
                 "reply_ms":null,"ladder":"none","unknown_field":1,
                 "last_failure":{"at":"2026-09-20T11:59:50.000Z","class":"network","code":"network.refused","message":"connection refused","phase":"connect"}}
                """),
            try account(
                """
                {"id":"shop-12","state":"connected","status":"healthy","health":100,"failures":0,"reasons":[],
                 "last_state_change_at":"2026-09-18T09:00:00.000Z","next_attempt_at":null,"reply_ms":12.4,"ladder":"none",
                 "last_failure":{"at":"2026-09-18T08:59:50.000Z","class":"dropped","code":"dropped.eof","message":"end of stream","phase":"established"}}
                """),
        ]
        let view = StatusView(
            base: "http://127.0.0.1:8080",
            totals: TotalsRecord(accounts: 3, enabled: 3, connected: 2, reconnecting: 1, failed: 0),
            reasons: [.init(code: "few_connected", detail: "1 of 3 connected")], accounts: accounts, omitted: 1)
        #expect(
            view.lines(.plain, now: now) == [
                "http://127.0.0.1:8080  2 of 3 connected, 1 reconnecting",
                "not ready: 1 of 3 connected (few_connected)",
                "",
                "ACCOUNT  STATE         FOR     STATUS     HEALTH  FAILURES  REPLY  NEXT TRY  LAST FAILURE",
                "shop-7   reconnecting  1m 30s  unhealthy  40      3         –      in 4s     network.refused: connection refused",
                "shop-12  connected     2d 3h   healthy    100     0         12ms   –         dropped.eof, 2d 3h ago",
                "… and 1 more; `holdfast accounts list` shows all, --filter chooses",
            ])
    }

    @Test("colour is used only where there is some")
    func colour() throws {
        let view = StatusView(
            base: "u", totals: TotalsRecord(accounts: 0, enabled: 0, connected: 0), reasons: [], accounts: [],
            omitted: 0)
        var terminal = Terminal.plain
        #expect(view.lines(terminal, now: now) == ["u  0 of 0 connected", "", "There are no accounts."])
        terminal.hasColour = true
        #expect(view.lines(terminal, now: now).first == "u  \u{1B}[32m0 of 0 connected\u{1B}[0m")
    }

    @Test("a line is cut to the width of the terminal, and text from outside cannot move the cursor")
    func cut() {
        var table = Table(["A", "B"])
        table.add([.init("x"), .init("\u{1B}[2J" + String(repeating: "y", count: 50))])
        var terminal = Terminal.plain
        terminal.columns = 20
        let lines = table.lines(terminal)
        #expect(lines.allSatisfy { $0.count <= 20 && !$0.contains("\u{1B}") })
        #expect(lines.last?.hasSuffix("…") == true)
    }

    @Test(
        "times are told in their two largest units",
        arguments: [(-5, "0s"), (0, "0s"), (59, "59s"), (60, "1m 0s"), (3_725, "1h 2m"), (200_000, "2d 7h")])
    func elapsed(seconds: Int, text: String) {
        #expect(Elapsed.text(seconds: seconds) == text)
    }

    @Test("a time that cannot be read is no time")
    func unreadableTime() {
        #expect(Elapsed.since(nil, now: now) == nil)
        #expect(Elapsed.since("yesterday", now: now) == nil)
        #expect(Elapsed.until("2026-09-20T12:00:09.600Z", now: now) == "10s")
    }
}

@Suite("The fleet drawn in a terminal")
struct FleetLinesTests {
    private func picture(_ accounts: Int, seconds: String = "[0,3,3,0,1,0,0,2,0,0,12.5]") throws -> FleetPicture {
        let ids = (0..<accounts).map { "\"a-\($0)\"" }.joined(separator: ",")
        let states = String(repeating: "1", count: accounts - 1) + "0"
        let json = """
            {"version":"v","whole":true,"totals":{"accounts":\(accounts),"enabled":\(accounts),"connected":\(accounts - 1),
             "connecting":0,"reconnecting":1,"disconnected":0,"failed":0,"closed":0,"by_status":{"healthy":\(accounts - 1),"failed":1}},
             "reasons":[],"endpoints":[],"accounts":{"state_names":["reconnecting","connected"],"status_names":["failed","healthy"],
             "class_names":[],"ids":[\(ids)],"states":"\(states)","statuses":"\(states)","classes":"","health":[],"failures":[],
             "endpoints":[]},"seconds":[\(seconds)]}
            """
        var picture = FleetPicture()
        picture.take(try HoldfastClient.decode(FleetRecord.self, from: Data(json.utf8)))
        return picture
    }

    @Test("no line is wider than the terminal", arguments: [20, 40, 80, 132, 250])
    func width(columns: Int) throws {
        var terminal = Terminal.plain
        terminal.columns = columns
        let fleet = FleetLines(picture: try picture(5_000), terminal: terminal)
        for line in fleet.lines + fleet.map(lines: 8) { #expect(line.count <= columns, "\(line)") }
    }

    @Test("one account in trouble among thousands shows on the map")
    func map() throws {
        var terminal = Terminal.plain
        terminal.columns = 81
        let map = FleetLines(picture: try picture(5_000), terminal: terminal).map(lines: 5)
        #expect(map.dropLast().joined().filter { $0 == "◧" || $0 == "□" }.count == 1)
        #expect(map.count <= 6)
        #expect(map.last?.contains("accounts") == true)
    }

    @Test("a picture takes changes in")
    func changes() throws {
        var picture = try picture(3)
        let json = """
            {"version":"w","whole":false,"totals":{},"reasons":[],"accounts":{"state_names":["reconnecting","connected"],
             "status_names":["failed","healthy"],"ids":["a-2"],"states":"1","statuses":"1"},"seconds":[]}
            """
        picture.take(try HoldfastClient.decode(FleetRecord.self, from: Data(json.utf8)))
        #expect(picture.version == "w")
        #expect(picture.cells.count == 3)
        #expect(picture.cells.filter(\.isConnected).count == 3)
        #expect(picture.seconds.count == 1)
    }

    @Test(
        "a curve has a character for each value",
        arguments: [([0, 1, 2], "▁▅█"), ([], ""), ([nil, 4], " █"), ([0, 0], "▁▁")] as [([Double?], String)])
    func spark(values: [Double?], line: String) {
        #expect(Drawing.spark(values, width: values.count) == line)
    }

    @Test("parts of a bar fill it, and what there is has a part", arguments: [[1, 999], [0, 5], [3, 3, 3], [0, 0]])
    func shares(counts: [Int]) {
        let lengths = Drawing.shares(counts, width: 50)
        #expect(lengths.reduce(0, +) == (counts.reduce(0, +) > 0 ? 50 : 0))
        for (count, length) in zip(counts, lengths) { #expect((count > 0) == (length > 0)) }
    }
}
