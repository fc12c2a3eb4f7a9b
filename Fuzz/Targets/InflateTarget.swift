import HoldfastCore
import HoldfastWire
import NIOCore

/// A stream of compressed messages means the same however it is cut, nothing grows beyond its limit, and what we compress
/// comes back.
func tryInflate(_ bytes: [UInt8]) throws(BrokenPromise) {
    let limitBytes = 4_096
    let pieces = Pieces(bytes)
    for keepsContext in [false, true] {
        let agreement = DeflateAgreement(
            serverKeepsContext: keepsContext, clientKeepsContext: keepsContext, serverWindowBits: 9, clientWindowBits: 9
        )
        let whole = decodeFrames(pieces.whole, .client, limitBytes: limitBytes, deflate: agreement)
        try demand(
            whole == decodeFrames(pieces.single, .client, limitBytes: limitBytes, deflate: agreement),
            "byte by byte it means something else")
        try demand(
            whole == decodeFrames(pieces.random, .client, limitBytes: limitBytes, deflate: agreement),
            "a cut changes what it means")
        for case .message(let message, _) in whole.events {
            try demand(message.readableBytes <= limitBytes, "a message is larger than its limit")
        }
        try tryAlone(bytes, agreement, limitBytes: limitBytes)
        try tryThereAndBack(bytes, agreement)
    }
}

/// The input as one compressed message.
private func tryAlone(
    _ bytes: [UInt8], _ agreement: DeflateAgreement, limitBytes: Int
) throws(BrokenPromise) {
    var inflation = Inflation(agreement, role: .client)
    var again = Inflation(agreement, role: .client)
    let message = try? inflation.decompress(ByteBuffer(bytes: bytes), limitBytes: limitBytes)
    try demand((message?.readableBytes ?? 0) <= limitBytes, "a message is larger than its limit")
    let second = try? again.decompress(ByteBuffer(bytes: bytes), limitBytes: limitBytes)
    try demand(message == second, "it means something else the second time")
}

/// The input as three messages that we send, the second one twice.
private func tryThereAndBack(_ bytes: [UInt8], _ agreement: DeflateAgreement) throws(BrokenPromise) {
    guard var deflation = Deflation(agreement, role: .server, leastMessageBytes: 1) else {
        throw BrokenPromise("a window of 512 bytes is refused")
    }
    var inflation = Inflation(agreement, role: .client)
    let half = bytes.count / 2
    for part in [bytes[..<half], bytes[half...], bytes[half...]] {
        let message = ByteBuffer(bytes: part)
        guard let compressed = deflation.compress(message) else { continue }
        try demand(compressed.readableBytes < message.readableBytes, "compressed, and not smaller")
        let back = try? inflation.decompress(compressed, limitBytes: message.readableBytes)
        try demand(back == message, "what was compressed does not come back")
    }
}
