import HoldfastWire
import NIOCore

/// The scanner accepts what the plain grammar accepts and nothing else, wherever in memory the text lies and whether it
/// walks or skips; what it finds lies within the text, and a string that is read and written again stays the same.
func tryJSON(_ bytes: [UInt8]) throws(BrokenPromise) {
    let result = scan(bytes)
    let isJSON = PlainJSON.accepts(bytes, depthLimit: JSONScanner.depthLimit)
    try demand(isJSON == (result.value != nil), "the scanner and the grammar disagree: \(result)")

    // Words are tested eight bytes at a time from wherever a string begins: the result must not depend on where that is,
    // nor on what follows.
    var framed = ByteBuffer(string: "\"\\\u{1}")
    framed.writeBytes(bytes)
    framed.moveReaderIndex(forwardBy: 3)
    try demand(result == scan(framed.readableBytesSpan), "at another place in memory it means something else")

    let json = bytes.span.bytes
    // Whoever steps into an object finds the same fault at the same place.
    var kind = JSONScanner()
    if kind.nextKind(in: json) == .object {
        try demand(walk(json) == result.error, "walking and skipping disagree: \(result)")
    }
    guard let value = result.value else { return }
    try demand(value.range.upperBound <= bytes.count, "a value lies outside of its text")
    try demand(!value.range.isEmpty, "a value is empty")
    _ = value.integer(in: json)
    if value.kind == .string { try tryString(value, in: json) }
}

private struct Scan: Equatable {
    var value: JSONValue?
    var error: JSONError?
}

private func scan(_ bytes: [UInt8]) -> Scan { scan(bytes.span.bytes) }

private func scan(_ json: RawSpan) -> Scan {
    var scanner = JSONScanner()
    do throws(JSONError) {
        let value = try scanner.skipValue(in: json)
        try scanner.finish(in: json)
        return Scan(value: value)
    } catch {
        return Scan(error: error)
    }
}

private func tryString(_ value: JSONValue, in json: RawSpan) throws(BrokenPromise) {
    guard let text = value.string(in: json) else { throw BrokenPromise("a string cannot be read") }
    var written = ByteBuffer()
    written.writeJSON(text)
    let again = scan(written.readableBytesSpan).value?.string(in: written.readableBytesSpan)
    try demand(again.map { Array($0.utf8) } == Array(text.utf8), "a string changes when it is written and read")
}

/// Walks over the members of the object, and of the objects that are their values. What was wrong, if anything was.
private func walk(_ json: RawSpan) -> JSONError? {
    do throws(JSONError) {
        var scanner = JSONScanner()
        try scanner.beginObject(in: json)
        while let key = try scanner.nextKey(in: json) {
            guard key.string(in: json) != nil else { throw JSONError(.unexpectedByte, at: key.range.lowerBound) }
            guard scanner.nextKind(in: json) == .object else {
                try scanner.skipValue(in: json)
                continue
            }
            try scanner.beginObject(in: json)
            while try scanner.nextKey(in: json) != nil { try scanner.skipValue(in: json) }
        }
        try scanner.finish(in: json)
        return nil
    } catch {
        return error
    }
}
