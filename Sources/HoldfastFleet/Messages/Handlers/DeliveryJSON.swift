import HoldfastCore
import HoldfastStore
import HoldfastWire
import NIOCore

/// A delivery as handlers outside of the process get it.
enum DeliveryJSON {
    /// `{"account","chat","messages":[{"id","sender","name","text","item","group","at","raw"}…]}`
    static func write(_ delivery: Delivery, id: Bool = false, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("{")
        if id {
            buffer.writeStaticString(#""delivery":"#)
            buffer.writeJSON(delivery.id)
            buffer.writeStaticString(",")
        }
        buffer.writeStaticString(#""account":"#)
        buffer.writeJSON(delivery.account)
        buffer.writeStaticString(#","chat":"#)
        buffer.writeJSON(delivery.chat)
        buffer.writeStaticString(#","messages":["#)
        for (index, message) in delivery.messages.enumerated() {
            if index > 0 { buffer.writeStaticString(",") }
            write(message, into: &buffer)
        }
        buffer.writeStaticString("]}")
    }

    static func write(_ message: JournalMessage, into buffer: inout ByteBuffer) {
        buffer.writeStaticString(#"{"id":"#)
        buffer.writeJSON(message.id)
        buffer.writeStaticString(#","sender":"#)
        buffer.writeJSON(message.sender ?? "")
        buffer.writeStaticString(#","name":"#)
        buffer.writeJSON(message.name ?? "")
        buffer.writeStaticString(#","text":"#)
        buffer.writeJSON(message.text ?? "")
        buffer.writeStaticString(#","item":"#)
        buffer.writeJSON(message.item ?? "")
        buffer.writeStaticString(#","group":"#)
        buffer.writeString(message.isGroup ? "true" : "false")
        buffer.writeStaticString(#","at":"#)
        buffer.writeJSON((message.sentAt ?? message.receivedAt).rfc3339)
        buffer.writeStaticString(#","raw":"#)
        // It is JSON: it was made, or checked, when the message came.
        if message.raw.isEmpty { buffer.writeStaticString("null") } else { buffer.writeBytes(message.raw) }
        buffer.writeStaticString("}")
    }
}
