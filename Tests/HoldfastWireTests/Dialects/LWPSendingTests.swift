import HoldfastCore
import HoldfastWire
import NIOCore
import Testing

/// A connection that began at a known time with a known random number: its mids begin with 7 and 1763712345678.
let identity = ConnectionIdentity(random: 42_007, at: WallTime(milliseconds: 1_763_712_345_678))
let context = DialectContext(identity: identity, now: WallTime(milliseconds: 1_763_712_345_999))

func lwp(deviceID: String? = "device-1") -> LWP {
    LWP(accountID: "shop-1", appKey: "444", userAgent: "agent/1.0", deviceID: deviceID, userID: "1001")
}

@Suite("LWP, what is sent")
struct LWPSendingTests {
    private func registration(_ dialect: LWP, token: Secret?) -> String {
        var buffer = ByteBuffer()
        #expect(dialect.writeRegistration(token: token, in: context, into: &buffer) == .sent(.text))
        return String(buffer: buffer)
    }

    @Test("the registration says who, with what token, on what device")
    func registers() {
        #expect(
            registration(lwp(), token: Secret("secret-token")) == #"{"lwp":"/reg","headers":{"#
                + #""cache-header":"app-key token ua wv","app-key":"444","token":"secret-token","ua":"agent/1.0","#
                + #""dt":"j","wv":"im:3,au:3,sy:6","sync":"0,0;0;0;","did":"device-1","mid":"71763712345678 0"}}"#)
    }

    @Test("what the operator configured is escaped, and cannot break the frame")
    func escapesSettings() throws {
        let dialect = LWP(accountID: "a", appKey: #"4","x":"4"#, userAgent: "line\nbreak", deviceID: "\\")
        let frame = ByteBuffer(string: registration(dialect, token: Secret("\"}}")))
        #expect(try scan(frame).kind == .object)
        #expect(String(buffer: frame).contains(#""app-key":"4\",\"x\":\"4","token":"\"}}","ua":"line\nbreak""#))
        #expect(String(buffer: frame).contains(#""did":"\\""#))
    }

    @Test("without a token an empty one is sent")
    func registersWithoutToken() {
        #expect(registration(lwp(), token: nil).contains(#""token":"","#))
    }

    @Test("after the registration it says from when on to deliver, in milliseconds and microseconds")
    func synchronizes() {
        var buffer = ByteBuffer()
        #expect(lwp().writeAfterRegistration(in: context, into: &buffer) == .text)
        #expect(
            String(buffer: buffer) == #"{"lwp":"/r/SyncStatus/ackDiff","headers":{"mid":"71763712345679 0"},"body":[{"#
                + #""pipeline":"sync","tooLong2Tag":"PNM,1","channel":"sync","topic":"sync","highPts":0,"#
                + #""pts":1763712345999000,"seq":0,"timestamp":1763712345999}]}"#)
    }

    @Test("absurd clocks give absurd numbers, and no trap", arguments: [Int64.min, -1, 0, Int64.max])
    func survivesClocks(milliseconds: Int64) throws {
        let wall = WallTime(milliseconds: milliseconds)
        let context = DialectContext(identity: ConnectionIdentity(random: .max, at: wall), now: wall)
        var buffer = ByteBuffer()
        _ = lwp().writeAfterRegistration(in: context, into: &buffer)
        #expect(try scan(buffer).kind == .object)
        var beat = ByteBuffer()
        _ = lwp().writeHeartbeat(.max, in: context, into: &beat)
        #expect(try scan(beat).kind == .object)
    }

    @Test(
        "a heartbeat is the shortest request there is",
        arguments: [(0, "680"), (1, "684"), (3, "692")] as [(UInt32, String)])
    func beats(beat: UInt32, ending: String) {
        var buffer = ByteBuffer()
        #expect(lwp().writeHeartbeat(beat, in: context, into: &buffer) == .text)
        #expect(String(buffer: buffer) == #"{"lwp":"/!","headers":{"mid":"71763712345\#(ending) 0"}}"#)
    }

    @Test("what is written is appended to what the buffer has")
    func appends() {
        var buffer = ByteBuffer(string: "before ")
        _ = lwp().writeHeartbeat(0, in: context, into: &buffer)
        #expect(String(buffer: buffer).hasPrefix(#"before {"lwp""#))
    }

    @Test("a device id that is not given is made from the account's id, always the same")
    func derivesDeviceID() throws {
        let derived = LWP(accountID: "shop-1", appKey: "444").deviceID
        #expect(derived == "9ec74d85-39a7-845c-b788-9c46f9b2b644")
        #expect(derived != LWP(accountID: "shop-2", appKey: "444").deviceID)
        #expect(LWP(accountID: "shop-1", appKey: "444", deviceID: "mine").deviceID == "mine")
    }
}
