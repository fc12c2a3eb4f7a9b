import NIOCore
import Testing

@testable import HoldfastLab

@Suite("The gateway's faults, as they are written")
struct FaultTests {
    @Test("every kind of fault is read back as it was written", arguments: Fault.Kind.allCases)
    func roundTrip(kind: Fault.Kind) throws {
        let fault = Fault(
            kind, for: "shop-1", share: 0.5, code: 1001, status: 429, retryAfterSeconds: 20, delay: .milliseconds(250),
            lasting: .seconds(1.5))
        #expect(try Fault(json: fault.json(), at: "faults[0]") == fault)
    }

    @Test("what is not said has its default")
    func defaults() throws {
        let faults = try read(
            #"[{"fault":"reject_register"}, {"fault":"slow","delay_ms":null}, {"fault":"upgrade_status"}]"#)
        #expect(faults.map(\.terms.match) == Array(repeating: FaultMatch(account: "*", share: 1), count: 3))
        #expect(faults[0].effectiveCode == 401)
        #expect(faults[1].effectiveDelay == .seconds(6))
        #expect(faults[2].effectiveStatus == 503)
    }

    @Test(
        "a wrong entry is named by its place and by what is allowed",
        arguments: [
            (#"{}"#, "faults: must be a list, is an object"),
            (#"[7]"#, "faults[0]: must be an object, is a number"),
            (#"[{"fault":"mute"}, {}]"#, "faults[1].fault: is missing"),
            (#"[{"fault":7}]"#, "faults[0].fault: must be a string, is a number"),
            (#"[{"fault":"explode"}]"#, #"faults[0].fault: "explode" is unknown; known are refuse, "#),
            (#"[{"fault":"hang"}]"#, #"faults[0].fault: "hang" is unknown; it is a fault of the login server"#),
            (#"[{"fault":"mute","matches":{}}]"#, "faults[0].matches: unknown; known are fault, code, match, "),
            (#"[{"fault":"mute","match":{"share":1.5}}]"#, "faults[0].match.share: is 1.5; allowed are 0 to 1"),
            (#"[{"fault":"mute","match":{"account":""}}]"#, "faults[0].match.account: must have 1 to 256 bytes"),
            (#"[{"fault":"mute","for_s":0}]"#, "faults[0].for_s: must be more than 0"),
            (#"[{"fault":"mute","for_s":"1m"}]"#, "faults[0].for_s: must be a number, is a string"),
            (#"[{"fault":"slow","delay_ms":0.5}]"#, "faults[0].delay_ms: must be a whole number"),
            (#"[{"fault":"slow","delay_ms":-1}]"#, "faults[0].delay_ms: is -1; allowed are 0 to 3600000"),
            (#"[{"fault":"close","code":1006}]"#, "faults[0].code: 1006 cannot be sent"),
            (#"[{"fault":"reject_register","code":200}]"#, "faults[0].code: 200 rejects nothing"),
            (#"[{"fault":"upgrade_status","status":101}]"#, "faults[0].status: is 101; allowed are 200 to 599"),
            (#"[{"fault":"mute"}"#, "body: not valid JSON"),
        ])
    func rejected(text: String, message: String) throws {
        let error = try #require(throws: InvalidInput.self) { try read(text) }
        #expect(error.description.hasPrefix(message), "\(error)")
    }

    @Test("a fault made in Swift is held to the same limits")
    func validated() {
        #expect(throws: InvalidInput.self) { try Fault.validate([Fault(.mute, share: 2)], at: "faults") }
        #expect(throws: InvalidInput.self) { try Fault.validate([Fault(.mute, lasting: .zero)], at: "faults") }
        #expect(throws: InvalidInput.self) {
            try Fault.validate(Array(repeating: Fault(.mute), count: FaultTerms.maxFaults + 1), at: "faults")
        }
    }

    @Test("a login fault is read back as it was written", arguments: LoginFault.Kind.allCases)
    func loginRoundTrip(kind: LoginFault.Kind) throws {
        let fault = LoginFault(
            kind, for: "shop-1", status: 500, retryAfterSeconds: 3, delay: .seconds(1), lasting: .seconds(60))
        #expect(try LoginFault(json: fault.json(), at: "faults[0]") == fault)
    }

    private func read(_ text: String) throws(InvalidInput) -> [Fault] {
        try Fault.list(JSONTree.parse(ByteBuffer(string: text), what: "body"), at: "faults")
    }
}
