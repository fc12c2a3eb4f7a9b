import HoldfastCore
import NIOCore

/// A stream as it may arrive: whole, byte by byte, and cut by chance. The chance comes from the bytes themselves, so the
/// same input is always cut the same.
struct Pieces {
    let whole: [ByteBuffer]
    let single: [ByteBuffer]
    let random: [ByteBuffer]

    init(_ bytes: [UInt8]) {
        let stream = ByteBuffer(bytes: bytes)
        whole = [stream]
        single = Self.cut(stream) { 1 }
        let seed = bytes.reduce(UInt64(bytes.count)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        var generator = SeededGenerator(seed: seed)
        random = Self.cut(stream) { Int.random(in: 1...16, using: &generator) }
    }

    private static func cut(_ stream: ByteBuffer, _ length: () -> Int) -> [ByteBuffer] {
        var rest = stream
        var pieces: [ByteBuffer] = []
        while let piece = rest.readSlice(length: min(length(), rest.readableBytes)), piece.readableBytes > 0 {
            pieces.append(piece)
        }
        return pieces
    }
}
