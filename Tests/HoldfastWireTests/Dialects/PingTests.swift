import HoldfastCore
import HoldfastWire
import NIOCore
import Testing

@Suite("The ping dialect")
struct PingTests {
    private let ping = Ping()

    private func pong(_ payload: String) -> String {
        ping.interpretPong(ByteBuffer(string: payload), identity: identity).summary
    }

    @Test("it registers with a ping of its own payload, and the pong that repeats it is the answer")
    func registers() {
        var buffer = ByteBuffer()
        #expect(ping.writeRegistration(token: nil, in: context, into: &buffer) == .sent(.ping))
        #expect(String(buffer: buffer) == "1763712345678")
        #expect(ping.interpretPong(buffer, identity: identity).summary == "registered")
        #expect(ping.writeAfterRegistration(in: context, into: &buffer) == nil)
    }

    @Test("each heartbeat has a payload of its own, and its pong is its reply", arguments: [0, 1, 7, .max] as [UInt32])
    func beats(beat: UInt32) {
        var buffer = ByteBuffer()
        #expect(ping.writeHeartbeat(beat, in: context, into: &buffer) == .ping)
        #expect(buffer.readableBytes <= 125)
        #expect(ping.interpretPong(buffer, identity: identity).summary == "reply \(beat) yes 0")
    }

    @Test(
        "a pong with another payload proves the socket and nothing more",
        arguments: [
            "", "0", "-1", "1763712345677", "1763712345679", "1763712345681", "01763712345678", "+1763712345678",
            "1763712345678 ", "1763712345678.0", "99999999999999999999", "-9223372036854775808", "9223372036854775807",
            "1780892214864", "hello", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}",
        ])
    func ignoresOtherPongs(payload: String) {
        #expect(pong(payload) == "other")
    }

    @Test("the pong of another connection is none of ours")
    func tellsConnectionsApart() {
        var buffer = ByteBuffer()
        let later = ConnectionIdentity(random: 0, at: WallTime(milliseconds: 1_763_712_400_000))
        _ = ping.writeHeartbeat(0, in: context, into: &buffer)
        #expect(ping.interpretPong(buffer, identity: later).summary == "other")
    }

    @Test("absurd clocks give absurd numbers, and no trap", arguments: [Int64.min, -1, 0, Int64.max])
    func survivesClocks(milliseconds: Int64) {
        let identity = ConnectionIdentity(random: .max, at: WallTime(milliseconds: milliseconds))
        let context = DialectContext(identity: identity, now: WallTime(milliseconds: milliseconds))
        var buffer = ByteBuffer()
        _ = ping.writeHeartbeat(.max, in: context, into: &buffer)
        #expect(ping.interpretPong(buffer, identity: identity).summary == "reply \(UInt32.max) yes 0")
    }

    @Test("every message is one item without a name, and nothing acknowledges it")
    func takesMessages() throws {
        guard case .push(let text) = ping.interpret(ByteBuffer(string: "say \"hi\""), isText: true, identity: identity),
            case .push(let bytes) = ping.interpret(ByteBuffer(bytes: [0, 255]), isText: false, identity: identity)
        else {
            Issue.record("a message is no push")
            return
        }
        var buffer = ByteBuffer()
        #expect(ping.writeAcknowledgement(of: text, into: &buffer) == nil)
        #expect(buffer.readableBytes == 0)
        #expect(
            ping.items(of: text).map { try? $0.get() } == [
                InboundItem(text: "say \"hi\"", raw: ByteBuffer(string: #""say \"hi\"""#))
            ])
        #expect(ping.items(of: bytes).map { try? $0.get() } == [InboundItem(raw: ByteBuffer(string: #""AP8=""#))])
    }
}
