import Testing

@testable import HoldfastConsole

@Suite("Queries")
struct QueryTests {
    @Test("values are decoded, and an empty one counts as absent")
    func values() throws {
        let query = try Query("q=a%20b+c%2Bd&state=", allowed: ["q", "state"])
        #expect(query["q"] == "a b c+d")
        #expect(query["state"] == nil)
    }

    @Test(
        "what is not understood is refused, naming the parameter",
        arguments: [("stat=x", "stat"), ("q=1&q=2", "q"), ("q=%zz", "q=%zz"), ("q=%ff", "q=%ff"), ("%3Cb%3E=1", "<b>")])
    func refused(text: String, parameter: String) {
        let problem = #expect(throws: Problem.self) { try Query(text[...], allowed: ["q"]) }
        #expect(problem?.parameter == parameter)
    }

    @Test("a number outside its range is refused", arguments: ["0", "1001", "-1", "1e3", "99999999999999999999", "x"])
    func numbers(text: String) throws {
        let query = try Query("limit=\(text)", allowed: ["limit"])
        let problem = #expect(throws: Problem.self) { try query.number("limit", in: 1...1_000, default: 100) }
        #expect(problem?.parameter == "limit")
    }
}
