/// Base64 with padding (RFC 4648 §4), as the handshake needs it.
enum Base64 {
    static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode<Bytes: Sequence>(_ bytes: Bytes) -> String where Bytes.Element == UInt8 {
        var output: [UInt8] = []
        var pending: UInt32 = 0
        var pendingBits: UInt32 = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            pendingBits += 8
            while pendingBits >= 6 {
                pendingBits -= 6
                output.append(alphabet[Int(pending >> pendingBits & 63)])
            }
            pending &= (1 << pendingBits) - 1
        }
        if pendingBits > 0 {
            output.append(alphabet[Int(pending << (6 - pendingBits) & 63)])
        }
        while output.count % 4 != 0 { output.append(UInt8(ascii: "=")) }
        return String(decoding: output, as: UTF8.self)
    }

    /// Whether the text is what 16 bytes look like: 22 characters of the alphabet, the last with four bits of zero, and
    /// two of padding.
    static func isSixteenBytes(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, bytes.suffix(2).elementsEqual("==".utf8) else { return false }
        return bytes.prefix(22).allSatisfy(alphabet.contains) && "AQgw".utf8.contains(bytes[21])
    }
}
