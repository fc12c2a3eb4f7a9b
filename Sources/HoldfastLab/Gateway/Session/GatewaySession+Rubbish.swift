import HoldfastCore
import HoldfastWire
import NIOCore

extension GatewaySession {
    /// More than any client's limit for a message (4 MiB by default).
    static let oversizeBytes = 8 << 20
    private static let oversizeChunk = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 << 10)

    /// One text frame of 8 MiB. The head says so at once, and a client need not wait for the rest.
    func sendOversize() {
        guard stage == .open, let context else { return }
        lane.output.writeInteger(UInt8(0x81))
        lane.output.writeInteger(UInt8(127))
        lane.output.writeInteger(UInt64(Self.oversizeBytes))
        writeOutput()
        // The same bytes again and again: all sessions together hold one chunk.
        for _ in 0..<(Self.oversizeBytes / Self.oversizeChunk.readableBytes) {
            context.write(wrapOutboundOut(Self.oversizeChunk), promise: nil)
        }
        flush()
    }

    /// Sends the n-th piece of garbage and comes back for the next, until the fault ends. A client that does not read gets
    /// no more of it: the gateway's own memory is not the one to be filled.
    func keepSendingGarbage(_ fault: Fault, number: UInt64) {
        guard stage == .open else { return }
        if context?.channel.isWritable == true {
            sendGarbage(number, breaksProtocol: fault.code == 1002)
            flush()
        }
        faultTimer = after(fault.effectiveDelay) { $0.keepSendingGarbage(fault, number: number &+ 1) }
    }

    private func sendGarbage(_ number: UInt64, breaksProtocol: Bool) {
        var generator = SeededGenerator(seed: number)
        if breaksProtocol {
            // The first byte has reserved bits set, so the very first frame is none.
            lane.output.writeInteger(UInt8(0xFF))
            lane.output.writeRepeatingByte(UInt8(truncatingIfNeeded: generator.next()), count: 64)
            return
        }
        lane.payload.clear()
        if number % 2 == 0 {
            let text = Garbage.texts[Int(number / 2 % UInt64(Garbage.texts.count))]
            lane.payload.writeString(text)
        } else {
            for _ in 0..<Int.random(in: 1...1_024, using: &generator) {
                lane.payload.writeInteger(UInt8.random(in: 0x20...0x7E, using: &generator))
            }
        }
        send(lane.payload, opcode: .text)
    }
}

/// Texts that look like LWP for a while.
private enum Garbage {
    static let texts = [
        "", "{", "null", "[]", "{}", #"{"lwp":"#, #"{"lwp":7,"headers":{"mid":"1 0"}}"#, #"{"lwp":"/s/para"}"#,
        #"{"lwp":"/s/para","headers":[]}"#, #"{"code":"200","headers":{"mid":{}}}"#,
        #"{"code":1e999,"headers":{"mid":"1 0"}}"#,
        #"{"code":200,"headers":{"mid":"\ud800"}}"#, String(repeating: "[", count: 5_000),
        #"{"lwp":"/s/para","headers":{"mid":"garbage 0"},"body":{"syncPushPackage":{"data":[{"data":"%%%"},{"data":7},null]}}}"#,
        #"{"lwp":"/s/para","headers":{"mid":"garbage 0"},"body":{"syncPushPackage":{"data":"none"}}}"#,
    ]
}
