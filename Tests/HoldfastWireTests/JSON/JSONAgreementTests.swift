import Foundation
import HoldfastCore
import HoldfastFuzzTargets
import HoldfastWire
import NIOCore
import Testing

/// What a text means, in a form that two readers can be compared by.
private indirect enum Tree: Equatable, Decodable {
    case object([String: Tree])
    case array([Tree])
    case string(String)
    case number(Double)
    case boolean(Bool)
    case null

    /// As Foundation reads it; nil if Foundation refuses it.
    init?(foundation bytes: some Sequence<UInt8>) {
        guard let tree = try? JSONDecoder().decode(Tree.self, from: Data(bytes)) else { return nil }
        self = tree
    }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let boolean = try? value.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([Tree].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: Tree].self))
        }
    }

    /// As the scanner reads the value that begins at its position. Arrays are compared by their raw text.
    init(_ scanner: inout JSONScanner, in buffer: ByteBuffer) throws(JSONError) {
        let json = buffer.readableBytesSpan
        if scanner.nextKind(in: json) == .object {
            var members: [String: Tree] = [:]
            try scanner.beginObject(in: json)
            while let key = try scanner.nextKey(in: json) {
                members[key.string(in: json) ?? "?"] = try Tree(&scanner, in: buffer)
            }
            self = .object(members)
            return
        }
        let value = try scanner.skipValue(in: json)
        let raw = buffer.getString(at: value.range.lowerBound, length: value.range.count) ?? ""
        switch value.kind {
        case .string: self = .string(value.string(in: json) ?? "?")
        case .boolean: self = .boolean(raw == "true")
        case .null: self = .null
        case .number: self = .number(Double(raw) ?? .nan)
        case .object, .array: self = Tree(foundation: raw.utf8) ?? .null
        }
    }
}

@Suite("The JSON scanner and other readers")
struct JSONAgreementTests {
    @Test("Foundation and the scanner read the same from texts made by chance", arguments: 0..<500)
    func agreeOnDocuments(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let document = RandomJSON.document(using: &random)
        let buffer = ByteBuffer(string: document)
        var scanner = JSONScanner()
        let tree = try Tree(&scanner, in: buffer)
        try scanner.finish(in: buffer.readableBytesSpan)
        #expect(tree == Tree(foundation: document.utf8), "\(document)")
        #expect(throws: Never.self) { try scan(buffer) }
    }

    @Test("the grammar and the scanner agree on what is no JSON, when bytes are changed by chance", arguments: 0..<300)
    func agreeOnDamage(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 10_000)
        let original = Array(RandomJSON.document(using: &random).utf8)
        for _ in 0..<10 {
            let bytes = damaged(original, using: &random)
            let isJSON = (try? scan(ByteBuffer(bytes: bytes))) != nil
            let judgement = PlainJSON.accepts(bytes, depthLimit: JSONScanner.depthLimit)
            #expect(isJSON == judgement, "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test("whoever walks from member to member and whoever passes over the whole agree", arguments: 0..<300)
    func agreeOnWays(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 20_000)
        let original = Array(objectWithoutBlanks(using: &random).utf8)
        for _ in 0..<10 {
            let buffer = ByteBuffer(bytes: damaged(original, using: &random))
            func outcome(_ read: (inout JSONScanner) throws(JSONError) -> Void) -> Result<Int, JSONError> {
                var scanner = JSONScanner()
                return Result { () throws(JSONError) in
                    try read(&scanner)
                    return scanner.position
                }
            }
            let walked = outcome { scanner throws(JSONError) in _ = try Tree(&scanner, in: buffer) }
            let passed = outcome { scanner throws(JSONError) in try scanner.skipValue(in: buffer.readableBytesSpan) }
            #expect(walked == passed, "\(String(buffer: buffer))")
        }
    }

    /// Keys of all lengths, and nothing between them and their commas and colons.
    private func objectWithoutBlanks(using random: inout SeededGenerator) -> String {
        var members: [String] = []
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let key = String(repeating: "k", count: Int.random(in: 0...20, using: &random))
            members.append("\"\(key)\":\(RandomJSON.document(using: &random))")
        }
        return "{\(members.joined(separator: ","))}"
    }

    private func damaged(_ original: [UInt8], using random: inout SeededGenerator) -> [UInt8] {
        let interesting = Array(#"{}[]:,"\ -+.eE019tfnu"#.utf8) + [0x1F, 0x7F, 0x80, 0xC3, 0xFF]
        var bytes = original
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard let index = bytes.indices.randomElement(using: &random) else { break }
            let byte = interesting.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[index] = byte
            case 1: bytes.insert(byte, at: index)
            case 2: bytes.remove(at: index)
            default: bytes.removeSubrange(index...)
            }
        }
        return bytes
    }
}
