public import NIOCore

extension ByteBuffer {
    /// Appends `text` as a JSON string, with its quotes and whatever has to be escaped (RFC 8259 §7). What is written has no
    /// control characters, so it fits on one line.
    public mutating func writeJSON(_ text: String) {
        writeInteger(UInt8(ascii: "\""))
        writeJSONContent(text)
        writeInteger(UInt8(ascii: "\""))
    }

    /// Appends what stands between the quotes of `text` as a JSON string.
    mutating func writeJSONContent(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            // Runs of plain bytes are copied whole; most texts are one run.
            var runStart = 0
            for (index, byte) in utf8.enumerated() {
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(utf8)[runStart..<index]))
                writeJSONEscape(of: byte)
                runStart = index + 1
            }
            writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(utf8)[runStart...]))
        }
    }

    /// Appends `number` in decimal digits.
    public mutating func writeJSON(_ number: Int64) {
        // 19 digits and a sign are the longest. Filled from the end; no text is made on the way.
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = 20
        var rest = number.magnitude
        repeat {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        if number < 0 {
            start -= 1
            digits[start] = UInt8(ascii: "-")
        }
        writeBytes(digits.span.extracting(start..<20).bytes)
    }

    private mutating func writeJSONEscape(of byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): writeStaticString("\\\"")
        case UInt8(ascii: "\\"): writeStaticString("\\\\")
        case UInt8(ascii: "\n"): writeStaticString("\\n")
        case UInt8(ascii: "\r"): writeStaticString("\\r")
        case UInt8(ascii: "\t"): writeStaticString("\\t")
        default:
            let digits: StaticString = "0123456789abcdef"
            writeStaticString("\\u00")
            digits.withUTF8Buffer { hex in
                _ = writeInteger(hex[Int(byte >> 4)])
                _ = writeInteger(hex[Int(byte & 0xF)])
            }
        }
    }
}
