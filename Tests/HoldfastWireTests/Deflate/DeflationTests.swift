import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("Compressed messages")
struct DeflationTests {
    private static let limitBytes = 8 << 20

    private func agreement(context: Bool, bits: UInt8 = 15) -> DeflateAgreement {
        DeflateAgreement(
            serverKeepsContext: context, clientKeepsContext: context, serverWindowBits: bits, clientWindowBits: bits)
    }

    /// What a client sends by, and what its server reads it by.
    private final class Ends {
        var deflation: Deflation?
        var inflation: Inflation

        init(_ agreement: DeflateAgreement, leastMessageBytes: Int = 0) {
            deflation = Deflation(agreement, role: .client, leastMessageBytes: leastMessageBytes)
            inflation = Inflation(agreement, role: .server)
        }

        func compress(_ message: ByteBuffer) -> ByteBuffer? { deflation?.compress(message) }

        func decompress(_ message: ByteBuffer, limitBytes: Int = DeflationTests.limitBytes) throws -> ByteBuffer {
            try inflation.decompress(message, limitBytes: limitBytes)
        }
    }

    private func pair(context: Bool, bits: UInt8 = 15) -> Ends { Ends(agreement(context: context, bits: bits)) }

    /// Text that compresses, as messages do.
    private func text(_ length: Int, seed: UInt64) -> ByteBuffer {
        var generator = SeededGenerator(seed: seed)
        var buffer = ByteBuffer()
        while buffer.readableBytes < length {
            buffer.writeString("{\"id\":\(Int.random(in: 0...999, using: &generator)),\"chat\":\"shop\"},")
        }
        return buffer.getSlice(at: 0, length: length) ?? buffer
    }

    @Test(
        "what is compressed comes back, message after message, with every window",
        arguments: [9, 10, 12, 15] as [UInt8], [false, true])
    func roundTrip(bits: UInt8, context: Bool) throws {
        let ends = pair(context: context, bits: bits)
        for (seed, length) in [100, 1_000, 40_000, 300, 33_000, 100_000, 200].enumerated() {
            let message = text(length, seed: UInt64(seed % 3))
            let compressed = try #require(ends.compress(message))
            #expect(compressed.readableBytes < length)
            #expect(try ends.decompress(compressed) == message)
        }
    }

    @Test("context makes a message smaller that was sent before")
    func contextPays() throws {
        let message = text(500, seed: 1)
        let (with, without) = (pair(context: true), pair(context: false))
        let first = try #require(with.compress(message)).readableBytes
        #expect(try #require(with.compress(message)).readableBytes < first / 4)
        _ = without.compress(message)
        #expect(without.compress(message)?.readableBytes == first)
    }

    @Test("connections that share a compressor do not hear of each other")
    func shared() throws {
        let pairs = (0..<3).map { pair(context: $0 > 0) }
        for round in 0..<5 {
            for index in pairs.indices {
                let message = text(200 + round, seed: UInt64(index))
                let compressed = try #require(pairs[index].compress(message))
                #expect(try pairs[index].decompress(compressed) == message)
            }
        }
    }

    @Test("what does not get smaller is sent as it is, and is no part of the context")
    func incompressible() throws {
        let ends = pair(context: true)
        var generator = SeededGenerator(seed: 3)
        let noise = ByteBuffer(bytes: (0..<500).map { _ in UInt8.random(in: 0...255, using: &generator) })
        #expect(ends.compress(noise) == nil)
        #expect(ends.compress(ByteBuffer()) == nil)
        let message = text(300, seed: 1)
        #expect(
            try ends.decompress(try #require(ends.compress(message))) == message)
    }

    @Test("short messages are left alone, and so is everything where zlib has no such window")
    func leftAlone() {
        let ends = Ends(agreement(context: false), leastMessageBytes: 128)
        #expect(ends.compress(text(127, seed: 1)) == nil)
        #expect(ends.compress(text(128, seed: 1)) != nil)
        #expect(pair(context: false, bits: 8).deflation == nil)
    }

    @Test("a message at its limit passes, one byte more does not")
    func limit() throws {
        let ends = pair(context: false)
        let compressed = try #require(ends.compress(text(10_000, seed: 1)))
        #expect(try ends.decompress(compressed, limitBytes: 10_000).readableBytes == 10_000)
        #expect(throws: ProtocolViolation.messageTooLarge) {
            try ends.decompress(compressed, limitBytes: 9_999)
        }
    }

    @Test("a bomb is found by its ratio, long before the limit; a small one does no harm")
    func bomb() throws {
        let ends = pair(context: false)
        let bomb = try #require(ends.compress(ByteBuffer(repeating: 0, count: 4 << 20)))
        #expect(bomb.readableBytes < 5_000)
        #expect(throws: ProtocolViolation.compressionBomb) {
            try ends.decompress(bomb)
        }
        let small = try #require(ends.compress(ByteBuffer(repeating: 0, count: Inflater.harmlessBytes)))
        #expect(try ends.decompress(small).readableBytes == Inflater.harmlessBytes)
    }

    @Test("what is kept for context is the window and no more")
    func history() {
        var history = DeflateHistory(windowBits: 9)
        for round in 0..<50 {
            history.remember(text(100 + round, seed: UInt64(round)))
            #expect(history.bytes.readableBytes <= 512 && history.bytes.capacity <= 2_048)
        }
        #expect(history.bytes.readableBytes == 512)
        let last = text(149, seed: 49)
        #expect(history.bytes.getSlice(at: history.bytes.writerIndex - 149, length: 149) == last)
        let long = text(2_000, seed: 99)
        history.remember(long)
        #expect(history.bytes == long.getSlice(at: 2_000 - 512, length: 512))
    }

    @Test("many blocks that call themselves the last one are read in a row")
    func manyLastBlocks() throws {
        let ends = pair(context: false)
        let empty: [UInt8] = [0x03, 0x00]
        let stream = Array(repeatElement(empty, count: 10_000).joined()) + [0x00]
        #expect(try ends.decompress(ByteBuffer(bytes: stream), limitBytes: 10).readableBytes == 0)
    }

    @Test("the tail of a message that broke off does not disturb the next one's reader")
    func afterFailure() throws {
        let ends = pair(context: false)
        let message = text(1_000, seed: 1)
        let compressed = try #require(ends.compress(message))
        let cut = try #require(compressed.getSlice(at: compressed.readerIndex, length: 50))
        #expect(throws: ProtocolViolation.badCompression) {
            try ends.decompress(cut)
        }
        #expect(try pair(context: false).decompress(compressed) == message)
    }
}
