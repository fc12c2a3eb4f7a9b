public import NIOCore

/// Why some bytes are no MessagePack that can be written as JSON.
public enum MessagePackError: Error, Hashable, Sendable, CustomStringConvertible {
    case endsEarly
    /// More maps and arrays inside each other than `MessagePack.depthLimit`.
    case tooDeep
    /// A map's key that is neither a number nor a text.
    case badKey
    /// A byte with which no value begins.
    case badType
    case trailingBytes
    /// More JSON than `MessagePack.outputLimitBytes` would come of it.
    case tooLarge

    public var description: String {
        switch self {
        case .endsEarly: "it ends in the middle of a value"
        case .tooDeep: "more than \(MessagePack.depthLimit) maps and arrays inside each other"
        case .badKey: "a key that is neither a number nor a text"
        case .badType: "a byte with which no value begins"
        case .trailingBytes: "bytes behind the value"
        case .tooLarge: "more than \(MessagePack.outputLimitBytes) bytes of JSON"
        }
    }
}

/// Writes MessagePack (the specification of msgpack.org) as JSON, so that everything behind it has one form to read.
///
/// Keys that are numbers become texts. Binary data becomes base64; an extension becomes `{"type":…,"data":…}` with its data
/// in base64; numbers that JSON cannot write (infinite, not a number) become null; text that is not UTF-8 is repaired with
/// U+FFFD. Total: any bytes give JSON or an error, in time linear in their number. Lengths that a value claims are believed
/// only as far as there are bytes.
public struct MessagePack {
    /// Maps and arrays inside each other. The JSON may be one deeper: an extension becomes an object.
    public static let depthLimit = 32
    public static let outputLimitBytes = 8 << 20

    private let bytes: ByteBufferView
    private var position: Int
    private var json: ByteBuffer

    /// The one value that the bytes are.
    public static func json(of bytes: ByteBuffer) throws(MessagePackError) -> ByteBuffer {
        var decoder = MessagePack(bytes: bytes.readableBytesView)
        try decoder.value(depth: 0)
        guard decoder.position == decoder.bytes.endIndex else { throw .trailingBytes }
        return decoder.json
    }

    private init(bytes: ByteBufferView) {
        self.bytes = bytes
        position = bytes.startIndex
        json = ByteBuffer()
        json.reserveCapacity(bytes.count * 2)
    }

    private mutating func value(depth: Int) throws(MessagePackError) {
        guard json.readableBytes <= Self.outputLimitBytes else { throw .tooLarge }
        let type = try byte()
        switch type {
        case 0x00...0x7F: json.writeJSON(Int64(type))
        case 0xE0...0xFF: json.writeJSON(Int64(Int8(truncatingIfNeeded: type)))
        case 0x80...0x8F: try map(count: Int(type & 0x0F), depth: depth)
        case 0x90...0x9F: try array(count: Int(type & 0x0F), depth: depth)
        case 0xA0...0xBF: try text(count: Int(type & 0x1F))
        case 0xC0: json.writeStaticString("null")
        case 0xC2: json.writeStaticString("false")
        case 0xC3: json.writeStaticString("true")
        case 0xC4: try binary(count: try length(1))
        case 0xC5: try binary(count: try length(2))
        case 0xC6: try binary(count: try length(4))
        case 0xC7: try extended(count: try length(1))
        case 0xC8: try extended(count: try length(2))
        case 0xC9: try extended(count: try length(4))
        case 0xCA: write(Double(Float(bitPattern: UInt32(truncatingIfNeeded: try unsigned(4)))))
        case 0xCB: write(Double(bitPattern: try unsigned(8)))
        case 0xCC...0xCF: write(try unsigned(1 << Int(type - 0xCC)))
        case 0xD0...0xD3: json.writeJSON(try signed(1 << Int(type - 0xD0)))
        case 0xD4...0xD8: try extended(count: 1 << Int(type - 0xD4))
        case 0xD9: try text(count: try length(1))
        case 0xDA: try text(count: try length(2))
        case 0xDB: try text(count: try length(4))
        case 0xDC: try array(count: try length(2), depth: depth)
        case 0xDD: try array(count: try length(4), depth: depth)
        case 0xDE: try map(count: try length(2), depth: depth)
        case 0xDF: try map(count: try length(4), depth: depth)
        default: throw .badType
        }
    }

    // MARK: Containers

    private mutating func array(count: Int, depth: Int) throws(MessagePackError) {
        guard depth < Self.depthLimit else { throw .tooDeep }
        json.writeStaticString("[")
        for index in 0..<count {
            if index > 0 { json.writeStaticString(",") }
            try value(depth: depth + 1)
        }
        json.writeStaticString("]")
    }

    private mutating func map(count: Int, depth: Int) throws(MessagePackError) {
        guard depth < Self.depthLimit else { throw .tooDeep }
        json.writeStaticString("{")
        for index in 0..<count {
            if index > 0 { json.writeStaticString(",") }
            try key()
            json.writeStaticString(":")
            try value(depth: depth + 1)
        }
        json.writeStaticString("}")
    }

    private mutating func key() throws(MessagePackError) {
        let type = try byte()
        switch type {
        case 0x00...0x7F: json.writeJSON(String(type))
        case 0xE0...0xFF: json.writeJSON(String(Int8(truncatingIfNeeded: type)))
        case 0xCC...0xCF: json.writeJSON(String(try unsigned(1 << Int(type - 0xCC))))
        case 0xD0...0xD3: json.writeJSON(String(try signed(1 << Int(type - 0xD0))))
        case 0xA0...0xBF: try text(count: Int(type & 0x1F))
        case 0xD9: try text(count: try length(1))
        case 0xDA: try text(count: try length(2))
        case 0xDB: try text(count: try length(4))
        default: throw .badKey
        }
    }

    // MARK: Plain values

    private mutating func text(count: Int) throws(MessagePackError) {
        json.writeJSON(String(decoding: try slice(count), as: UTF8.self))
    }

    private mutating func binary(count: Int) throws(MessagePackError) {
        json.writeStaticString("\"")
        json.writeString(Base64.encode(try slice(count)))
        json.writeStaticString("\"")
    }

    private mutating func extended(count: Int) throws(MessagePackError) {
        json.writeStaticString(#"{"type":"#)
        json.writeJSON(Int64(Int8(truncatingIfNeeded: try byte())))
        json.writeStaticString(#","data":"#)
        try binary(count: count)
        json.writeStaticString("}")
    }

    private mutating func write(_ number: UInt64) {
        if let small = Int64(exactly: number) { json.writeJSON(small) } else { json.writeString(String(number)) }
    }

    private mutating func write(_ number: Double) {
        if number.isFinite { json.writeString("\(number)") } else { json.writeStaticString("null") }
    }

    // MARK: Bytes

    private mutating func byte() throws(MessagePackError) -> UInt8 {
        guard position < bytes.endIndex else { throw .endsEarly }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func slice(_ count: Int) throws(MessagePackError) -> ByteBufferView {
        guard count <= bytes.endIndex - position else { throw .endsEarly }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// A number of 1, 2, 4 or 8 bytes, the highest first.
    private mutating func unsigned(_ size: Int) throws(MessagePackError) -> UInt64 {
        try slice(size).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func signed(_ size: Int) throws(MessagePackError) -> Int64 {
        let unused = 64 - 8 * size
        return Int64(bitPattern: try unsigned(size) << UInt64(unused)) >> Int64(unused)
    }

    /// A length of 1, 2 or 4 bytes.
    private mutating func length(_ size: Int) throws(MessagePackError) -> Int {
        Int(truncatingIfNeeded: try unsigned(size))
    }
}
