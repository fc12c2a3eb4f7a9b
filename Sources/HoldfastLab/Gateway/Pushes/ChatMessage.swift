import HoldfastCore
import HoldfastWire
import NIOCore

/// One chat message as the real gateway packs it into a push: a map with number keys, as JSON or as MessagePack.
struct ChatMessage {
    var chat: String
    var id: String
    var sender: String
    var name: String
    var text: String

    private static let itemURL = "fleamarket://message_chat?itemId=1001"

    func writeJSON(at time: WallTime, into buffer: inout ByteBuffer) {
        buffer.writeStaticString(#"{"1":{"2":"#)
        buffer.writeJSON(chat)
        buffer.writeStaticString(#","3":"#)
        buffer.writeJSON(id)
        buffer.writeStaticString(#","5":"#)
        buffer.writeJSON(time.milliseconds)
        buffer.writeStaticString(#","10":{"senderUserId":"#)
        buffer.writeJSON(sender)
        buffer.writeStaticString(#","reminderTitle":"#)
        buffer.writeJSON(name)
        buffer.writeStaticString(#","reminderContent":"#)
        buffer.writeJSON(text)
        buffer.writeStaticString(#","reminderUrl":"#)
        buffer.writeJSON(Self.itemURL)
        buffer.writeStaticString(#","sessionType":"1"}}}"#)
    }

    func writeMessagePack(at time: WallTime, into buffer: inout ByteBuffer) {
        buffer.writePackedMap(count: 1)
        buffer.writePacked(1)
        buffer.writePackedMap(count: 4)
        buffer.writePacked(2)
        buffer.writePacked(chat)
        buffer.writePacked(3)
        buffer.writePacked(id)
        buffer.writePacked(5)
        buffer.writePacked(time)
        buffer.writePacked(10)
        buffer.writePackedMap(count: 5)
        let details = [
            ("senderUserId", sender), ("reminderTitle", name), ("reminderContent", text), ("reminderUrl", Self.itemURL),
            ("sessionType", "1"),
        ]
        for (key, value) in details {
            buffer.writePacked(key)
            buffer.writePacked(value)
        }
    }
}

extension ByteBuffer {
    // The few kinds of MessagePack values that a chat message needs (the MessagePack specification, "Formats").

    /// The head of a map with less than 16 entries.
    fileprivate mutating func writePackedMap(count: UInt8) {
        writeInteger(0x80 | count & 0x0F)
    }

    /// A number from 0 to 127.
    fileprivate mutating func writePacked(_ number: UInt8) {
        writeInteger(number & 0x7F)
    }

    fileprivate mutating func writePacked(_ time: WallTime) {
        writeInteger(UInt8(0xD3))
        writeInteger(time.milliseconds)
    }

    fileprivate mutating func writePacked(_ text: String) {
        let length = text.utf8.count
        switch length {
        case ..<32: writeInteger(0xA0 | UInt8(truncatingIfNeeded: length))
        case ..<256:
            writeInteger(UInt8(0xD9))
            writeInteger(UInt8(truncatingIfNeeded: length))
        case ..<65_536:
            writeInteger(UInt8(0xDA))
            writeInteger(UInt16(truncatingIfNeeded: length))
        default:
            writeInteger(UInt8(0xDB))
            writeInteger(UInt32(truncatingIfNeeded: length))
        }
        writeString(text)
    }

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
