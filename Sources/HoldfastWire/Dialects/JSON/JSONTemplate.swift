import HoldfastCore
import NIOCore

/// A JSON text with places to be filled: `{"op":1,"d":{sequence}}`. A place inside a string is filled with text, escaped; one
/// that stands for a whole value is filled with a value, with quotes where it is a text.
///
/// In JSON no letter follows a brace, so a place cannot be mistaken for an object. Its pieces may hold what an operator put there
/// from the environment, so it is never printed.
public struct JSONTemplate: Hashable, Sendable {
    /// Bytes of the written template, at most.
    public static let bytesLimit = 16 << 10
    /// Places in one template, at most.
    public static let placesLimit = 64

    /// What a place is filled with.
    enum Place: Hashable {
        case token, deviceID, userID
        /// The request's number, by which its answer is known.
        case id
        /// The time in milliseconds and in seconds since 1970.
        case time, seconds
        /// The last place in the gateway's sequence; `null` before the first.
        case sequence
        /// A value of the frame that is being answered, as it came.
        case echo
        /// Something that the operator gives each account.
        case field(String)

        init(_ name: String) {
            self = Self.names.first { $0.name == name }?.place ?? .field(name)
        }

        static let names: [(name: String, place: Place)] = [
            ("token", .token), ("device_id", .deviceID), ("user_id", .userID), ("id", .id), ("time", .time),
            ("seconds", .seconds), ("sequence", .sequence), ("echo", .echo),
        ]
    }

    private enum Piece: Hashable {
        case text(String)
        case place(Place, isInString: Bool)
    }

    private let pieces: [Piece]

    /// Why a text is no template.
    public enum Mistake: Error, Hashable, CustomStringConvertible {
        case tooLong
        case tooManyPlaces
        case notJSON(JSONError)

        public var description: String {
            switch self {
            case .tooLong: "is too long"
            case .tooManyPlaces: "has too many places to be filled"
            case .notJSON(let error): "is no JSON with its places filled: \(error)"
            }
        }
    }

    public init(_ text: String) throws(Mistake) {
        guard text.utf8.count <= Self.bytesLimit else { throw .tooLong }
        pieces = Self.cut(text)
        guard pieces.count <= 2 * Self.placesLimit + 1 else { throw .tooManyPlaces }
        // A number alone would not do: beside a digit of the template it is another number, where a text is no JSON.
        for filling in ["0", "null"] {
            let sample = sample(filling)
            var scanner = JSONScanner()
            do throws(JSONError) {
                try scanner.skipValue(in: sample.readableBytesSpan)
                try scanner.finish(in: sample.readableBytesSpan)
            } catch {
                throw .notJSON(error)
            }
        }
    }

    func has(_ place: Place) -> Bool {
        pieces.contains { if case .place(place, _) = $0 { true } else { false } }
    }

    /// The operator's own names in it.
    var fields: [String] {
        pieces.compactMap { if case .place(.field(let name), _) = $0 { name } else { nil } }
    }

    /// What it looks like with something in its places. Behind a minus sign, what is always a number is one here too.
    private func sample(_ filling: String) -> ByteBuffer {
        var sample = ByteBuffer()
        var isNegated = false
        for piece in pieces {
            switch piece {
            case .text(let text):
                sample.writeString(text)
                isNegated = text.last == "-"
            case .place(let place, isInString: false):
                sample.writeString(isNegated && [.id, .time, .seconds].contains(place) ? "0" : filling)
            case .place(_, isInString: true):
                break
            }
        }
        return sample
    }

    private static func cut(_ text: String) -> [Piece] {
        var pieces: [Piece] = []
        var plain: [UInt8] = []
        var rest = Array(text.utf8)[...]
        var isInString = false
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "{"), let name = name(in: rest) {
                rest = rest.dropFirst(name.utf8.count + 1)
                pieces.append(.text(String(decoding: plain, as: UTF8.self)))
                pieces.append(.place(Place(name), isInString: isInString))
                plain = []
                continue
            }
            plain.append(byte)
            if byte == UInt8(ascii: "\"") { isInString.toggle() }
            if byte == UInt8(ascii: "\\"), isInString, let escaped = rest.popFirst() { plain.append(escaped) }
        }
        pieces.append(.text(String(decoding: plain, as: UTF8.self)))
        return pieces
    }

    /// The name of a place, whose brace has been read.
    private static func name(in rest: ArraySlice<UInt8>) -> String? {
        let name = rest.prefix { isNameByte($0) }
        guard let first = name.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first), name.count <= 64,
            name.endIndex < rest.endIndex, rest[name.endIndex] == UInt8(ascii: "}")
        else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    static func isName(_ text: String) -> Bool {
        name(in: Array("\(text)}".utf8)[...]) == text
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

extension JSONTemplate: CustomStringConvertible, CustomReflectable {
    public var description: String { "a template with \(pieces.count / 2) places" }
    public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}

/// What the places of a template are filled with.
struct TemplateValues {
    var account: JSONDialect.AccountValues
    var token: Secret?
    var request = RequestNumber.other
    /// Nil for frames that are written without it: they have no places for a number or a time.
    var context: DialectContext?
    var sequence: UInt64?
    /// Raw JSON.
    var echo: ByteBuffer?
}

extension JSONTemplate {
    func write(_ values: TemplateValues, into buffer: inout ByteBuffer) {
        for piece in pieces {
            switch piece {
            case .text(let text): buffer.writeString(text)
            case .place(let place, let isInString): Self.fill(place, isInString, values, into: &buffer)
            }
        }
    }

    private static func fill(
        _ place: Place, _ isInString: Bool, _ values: TemplateValues, into buffer: inout ByteBuffer
    ) {
        func write(_ text: String) {
            if isInString { buffer.writeJSONContent(text) } else { buffer.writeJSON(text) }
        }
        func write(_ secret: Secret?) { (secret ?? Secret("")).withRevealed { write($0) } }
        switch place {
        case .token: write(values.token)
        case .deviceID: write(values.account.deviceID)
        case .userID: write(values.account.userID ?? "")
        case .field(let name): write(values.account.fields[name])
        case .id: buffer.writeJSON(values.context.map { values.request.number(of: $0.identity) } ?? 0)
        case .time: buffer.writeJSON(values.context?.now.milliseconds ?? 0)
        case .seconds: buffer.writeJSON((values.context?.now.milliseconds ?? 0) / 1_000)
        case .sequence:
            if let sequence = values.sequence {
                buffer.writeString("\(sequence)")
            } else if !isInString {
                buffer.writeStaticString("null")
            }
        case .echo: fillEcho(isInString, values.echo, into: &buffer)
        }
    }

    private static func fillEcho(_ isInString: Bool, _ echo: ByteBuffer?, into buffer: inout ByteBuffer) {
        guard let echo else {
            if !isInString { buffer.writeStaticString("null") }
            return
        }
        guard isInString else {
            buffer.writeImmutableBuffer(echo)
            return
        }
        // Its escapes are those of JSON already. What is no single value has no place inside a string.
        var scanner = JSONScanner()
        guard let value = try? scanner.skipValue(in: echo.readableBytesSpan),
            let content = value.scalarRange(in: echo.readableBytesSpan),
            let slice = echo.getSlice(at: echo.readerIndex + content.lowerBound, length: content.count)
        else { return }
        buffer.writeImmutableBuffer(slice)
    }
}
