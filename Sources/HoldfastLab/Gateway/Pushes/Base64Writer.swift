import NIOCore

extension ByteBuffer {
    private static let base64Alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// Appends the readable bytes of `source` in base64 with padding (RFC 4648 §4), written in place: a push is mostly this.
    mutating func writeBase64(of source: ByteBuffer) {
        let length = (source.readableBytes + 2) / 3 * 4
        writeWithUnsafeMutableBytes(minimumWritableBytes: length) { target in
            source.withUnsafeReadableBytes { source in
                Self.base64Alphabet.withUTF8Buffer { alphabet in
                    var output = 0
                    for start in stride(from: 0, to: source.count, by: 3) {
                        let rest = source.count - start
                        let bits =
                            UInt32(source[start]) << 16 | (rest > 1 ? UInt32(source[start + 1]) << 8 : 0)
                            | (rest > 2 ? UInt32(source[start + 2]) : 0)
                        target[output] = alphabet[Int(bits >> 18 & 63)]
                        target[output + 1] = alphabet[Int(bits >> 12 & 63)]
                        target[output + 2] = rest > 1 ? alphabet[Int(bits >> 6 & 63)] : UInt8(ascii: "=")
                        target[output + 3] = rest > 2 ? alphabet[Int(bits & 63)] : UInt8(ascii: "=")
                        output += 4
                    }
                    return output
                }
            }
        }
    }
}
