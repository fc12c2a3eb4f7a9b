import HoldfastCore
import HoldfastWire
import NIOCore

/// A head means the same however it is cut, what stands behind it is left alone, and both sides' handshakes cope with it.
func tryHeads(_ bytes: [UInt8]) throws(BrokenPromise) {
    let pieces = Pieces(bytes)
    for kind in [HTTPHeadParser.Kind.request, .response] {
        let whole = head(of: pieces.whole, kind)
        try demand(whole == head(of: pieces.single, kind), "byte by byte it means something else")
        try demand(whole == head(of: pieces.random, kind), "a cut changes what it means")
        if let head = whole.head {
            _ = try? Handshake(key: "dGhlIHNhbXBsZSBub25jZQ==", deflate: DeflateOptions()).verify(head)
            _ = ServerHandshake.read(head)
        }
    }
}

private struct Head: Equatable {
    var head: HTTPHead?
    var violation: ProtocolViolation?
    /// Bytes the parser has taken when it is done.
    var usedBytes = 0
}

private func head(of pieces: [ByteBuffer], _ kind: HTTPHeadParser.Kind) -> Head {
    var parser = HTTPHeadParser(kind)
    var result = Head()
    for var piece in pieces {
        let count = piece.readableBytes
        do throws(ProtocolViolation) {
            result.head = try parser.next(from: &piece)
        } catch {
            result.violation = error
        }
        result.usedBytes += count - piece.readableBytes
        if result.head != nil || result.violation != nil { break }
    }
    return result
}
