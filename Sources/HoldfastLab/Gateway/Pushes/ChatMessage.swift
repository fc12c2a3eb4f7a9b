import HoldfastCore
import HoldfastWire
import NIOCore

/// A chat message as the real gateway packs it into a push, but for its number and its time: a map with numbers as keys.
///
///     { 1: { 2: chat, 3: id, 5: time in ms, 10: { senderUserId, reminderTitle, reminderContent, reminderUrl, sessionType } } }
struct ChatMessage: Sendable {
    var chat: NumberedText
    var id: NumberedText
    var sender: String
    /// The sender's.
    var name: String
    var text: NumberedText

    fileprivate static let itemURL = "fleamarket://message_chat?itemId=1001"

    func writeMessagePack(_ number: Int, at time: WallTime, into buffer: inout ByteBuffer) {
        buffer.writePackedMap(count: 1)
        buffer.writePacked(1)
        buffer.writePackedMap(count: 4)
        buffer.writePacked(2)
        buffer.writePacked(chat.text(number))
        buffer.writePacked(3)
        buffer.writePacked(id.text(number))
        buffer.writePacked(5)
        buffer.writePacked(time)
        buffer.writePacked(10)
        buffer.writePackedMap(count: 5)
        let details = [
            ("senderUserId", sender), ("reminderTitle", name), ("reminderContent", text.text(number)),
            ("reminderUrl", Self.itemURL), ("sessionType", "1"),
        ]
        for (key, value) in details {
            buffer.writePacked(key)
            buffer.writePacked(value)
        }
    }
}

/// A chat message as JSON, written once as far as it is the same each time: benchmarks want many of them.
struct ChatMessageJSON: Sendable {
    private enum Piece: Sendable {
        case bytes(ByteBuffer)
        case number, time
    }

    private let pieces: [Piece]

    init(_ message: ChatMessage) {
        var pieces: [Piece] = []
        var bytes = ByteBuffer()
        func end(with piece: Piece) {
            pieces.append(.bytes(bytes))
            pieces.append(piece)
            bytes = ByteBuffer()
        }
        func write(_ text: NumberedText) {
            bytes.writeString("\"")
            for (index, part) in text.parts.enumerated() {
                if index > 0 { end(with: .number) }
                var quoted = ByteBuffer()
                quoted.writeJSON(part)
                bytes.writeBytes(quoted.readableBytesView.dropFirst().dropLast())
            }
            bytes.writeString("\"")
        }
        bytes.writeString(#"{"1":{"2":"#)
        write(message.chat)
        bytes.writeString(#","3":"#)
        write(message.id)
        bytes.writeString(#","5":"#)
        end(with: .time)
        bytes.writeString(#","10":{"senderUserId":"#)
        bytes.writeJSON(message.sender)
        bytes.writeString(#","reminderTitle":"#)
        bytes.writeJSON(message.name)
        bytes.writeString(#","reminderContent":"#)
        write(message.text)
        bytes.writeString(#","reminderUrl":"#)
        bytes.writeJSON(ChatMessage.itemURL)
        bytes.writeString(#","sessionType":"1"}}}"#)
        pieces.append(.bytes(bytes))
        self.pieces = pieces
    }

    func write(_ number: Int, at time: WallTime, into buffer: inout ByteBuffer) {
        for piece in pieces {
            switch piece {
            case .bytes(let bytes): buffer.writeImmutableBuffer(bytes)
            case .number: buffer.writeJSON(Int64(number))
            case .time: buffer.writeJSON(time.milliseconds)
            }
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
}
