public import NIOCore

/// Writes JSON text (RFC 8259) straight into a buffer, fields in the order in which they are written.
///
/// The API promises `null` for what is not known and a fixed order of fields; Foundation's encoder leaves the first out and
/// does not keep the second. Nesting is by closure, so brackets cannot be left open.
public struct JSONWriter: Sendable {
    /// The text so far.
    public private(set) var buffer: ByteBuffer
    private var needsComma = false

    public init(capacityBytes: Int = 512) {
        buffer = ByteBufferAllocator().buffer(capacity: capacityBytes)
    }

    /// The text of one object.
    public static func object(_ body: (inout JSONWriter) -> Void) -> ByteBuffer {
        var writer = JSONWriter()
        writer.object(body)
        return writer.buffer
    }

    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        nested(open: "{", close: "}", body)
    }

    public mutating func object(_ key: String, _ body: (inout JSONWriter) -> Void) {
        writeKey(key)
        object(body)
    }

    public mutating func array<Elements: Sequence>(
        _ key: String, _ elements: Elements, _ body: (inout JSONWriter, Elements.Element) -> Void
    ) {
        writeKey(key)
        nested(open: "[", close: "]") { writer in
            for element in elements { body(&writer, element) }
        }
    }

    public mutating func field(_ key: String, _ value: String?) {
        writeKey(key)
        guard let value else { return writeRaw("null") }
        writeQuoted(value)
    }

    public mutating func field(_ key: String, _ value: Bool) {
        writeKey(key)
        writeRaw(value ? "true" : "false")
    }

    public mutating func field<Number: BinaryInteger>(_ key: String, _ value: Number?) {
        writeKey(key)
        writeRaw(value.map { String($0) } ?? "null")
    }

    /// A number with at most three decimals; `null` for what JSON has no text for.
    public mutating func field(_ key: String, _ value: Double?) {
        writeKey(key)
        guard let value, value.isFinite else { return writeRaw("null") }
        let rounded = (value * 1000).rounded() / 1000
        writeRaw(rounded.isFinite ? "\(rounded)" : "null")
    }

    /// A value that is JSON already.
    public mutating func field(_ key: String, json: String) {
        writeKey(key)
        writeRaw(json)
    }

    /// An array's item that is JSON already.
    public mutating func value(json: String) {
        writeRaw(json)
    }

    public mutating func value(_ text: String) {
        writeSeparator()
        writeQuoted(text)
    }

    // MARK: Pieces

    private mutating func nested(open: StaticString, close: StaticString, _ body: (inout JSONWriter) -> Void) {
        writeSeparator()
        buffer.writeStaticString(open)
        needsComma = false
        body(&self)
        buffer.writeStaticString(close)
        needsComma = true
    }

    private mutating func writeKey(_ key: String) {
        writeSeparator()
        writeQuoted(key)
        buffer.writeStaticString(":")
        needsComma = false
    }

    private mutating func writeSeparator() {
        if needsComma { buffer.writeStaticString(",") }
        needsComma = true
    }

    private mutating func writeRaw(_ text: String) {
        writeSeparator()
        buffer.writeString(text)
    }

    private mutating func writeQuoted(_ text: String) {
        needsComma = true
        buffer.writeStaticString("\"")
        if text.utf8.allSatisfy(Self.isPlain) {
            buffer.writeString(text)
        } else {
            for byte in text.utf8 { writeEscaped(byte) }
        }
        buffer.writeStaticString("\"")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): buffer.writeStaticString("\\\"")
        case UInt8(ascii: "\\"): buffer.writeStaticString("\\\\")
        case UInt8(ascii: "\n"): buffer.writeStaticString("\\n")
        case UInt8(ascii: "\r"): buffer.writeStaticString("\\r")
        case UInt8(ascii: "\t"): buffer.writeStaticString("\\t")
        case 0..<0x20:
            let digits = String(byte, radix: 16)
            buffer.writeString("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
        default: buffer.writeInteger(byte)
        }
    }
}
