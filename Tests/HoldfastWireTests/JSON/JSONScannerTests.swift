import HoldfastWire
import NIOCore
import Testing

/// Scans `text` as one value with nothing after it.
func scan(_ text: String) throws(JSONError) -> JSONValue {
    try scan(ByteBuffer(string: text))
}

func scan(_ text: ByteBuffer) throws(JSONError) -> JSONValue {
    let json = text.readableBytesSpan
    var scanner = JSONScanner()
    let value = try scanner.skipValue(in: json)
    try scanner.finish(in: json)
    return value
}

@Suite("The JSON scanner")
struct JSONScannerTests {
    @Test(
        "finds every kind of value",
        arguments: [
            (#"{}"#, JSONValue.Kind.object), (#"[]"#, .array), (#""""#, .string), ("0", .number), ("true", .boolean),
            ("false", .boolean), ("null", .null), (#"{"a":[{"b":{}},[],[[]]],"c":""}"#, .object),
            (" \t\r\n[ 1 , \n{ \"a\" : null } ]\t", .array),
        ])
    func findsKinds(text: String, kind: JSONValue.Kind) throws {
        #expect(try scan(text).kind == kind)
    }

    @Test(
        "accepts every number of RFC 8259",
        arguments: [
            "0", "-0", "7", "-12", "0.5", "10.25", "1e5", "1E+5", "1e-05", "-0.0e0", "123456789012345678901234567890",
        ])
    func acceptsNumbers(text: String) throws {
        let value = try scan(text)
        #expect(value.kind == .number)
        #expect(value.range == 0..<text.utf8.count)
    }

    @Test(
        "refuses what is not JSON, and says where",
        arguments: [
            ("", 0, JSONError.Reason.endsEarly), ("   ", 3, .endsEarly), ("hello", 0, .unexpectedByte),
            ("\u{FEFF}{}", 0, .unexpectedByte), ("{", 1, .endsEarly), ("[", 1, .endsEarly), ("}", 0, .unexpectedByte),
            ("[}", 1, .unexpectedByte), ("{]", 1, .unexpectedByte), ("[1}", 2, .unexpectedByte),
            (#"{"a":1]"#, 6, .unexpectedByte), ("[1,]", 3, .unexpectedByte), ("[,1]", 1, .unexpectedByte),
            ("[1 2]", 3, .unexpectedByte), (#"{"a":1,}"#, 7, .unexpectedByte), (#"{,"a":1}"#, 1, .unexpectedByte),
            (#"{"a" 1}"#, 5, .unexpectedByte), (#"{"a":}"#, 5, .unexpectedByte), (#"{"a"}"#, 4, .unexpectedByte),
            ("{1:2}", 1, .unexpectedByte), ("{a:1}", 1, .unexpectedByte), (#"{"a":1"b":2}"#, 6, .unexpectedByte),
            (#"{"a":1"#, 6, .endsEarly), (#"{"a":"#, 5, .endsEarly), (#"{"a""#, 4, .endsEarly), ("[1,", 3, .endsEarly),
            ("[[]", 3, .endsEarly), ("01", 1, .trailingBytes), ("[01]", 2, .unexpectedByte), ("-", 1, .endsEarly),
            ("-a", 1, .badNumber), ("+1", 0, .unexpectedByte), (".5", 0, .unexpectedByte), ("1.", 2, .endsEarly),
            ("[1.]", 3, .badNumber), ("[1e]", 3, .badNumber), ("[1e+]", 4, .badNumber), ("[1.e1]", 3, .badNumber),
            ("1e", 2, .endsEarly), ("NaN", 0, .unexpectedByte), ("nul", 0, .badLiteral), ("nuLL", 0, .badLiteral),
            ("tru", 0, .badLiteral), ("fals", 0, .badLiteral), ("[truefalse]", 5, .unexpectedByte),
            ("nulll", 4, .trailingBytes), ("{}x", 2, .trailingBytes), ("1 1", 2, .trailingBytes),
            ("{}\u{0}", 2, .trailingBytes), (#"""#, 1, .endsEarly), (#""abc"#, 4, .endsEarly),
            (#""\x""#, 1, .badEscape), (#""\u12""#, 1, .badEscape), (#""\u12g4""#, 1, .badEscape),
            (#""\U0041""#, 1, .badEscape), (#""\"#, 1, .badEscape), (#""abcdefgh\"#, 9, .badEscape),
            ("\"a\u{1F}b\"", 2, .controlCharacter), ("\"\n\"", 1, .controlCharacter),
            ("\"\u{0}\"", 1, .controlCharacter),
            ("\"abcdefghijkl\tm\"", 13, .controlCharacter), ("'a'", 0, .unexpectedByte), ("/**/{}", 0, .unexpectedByte),
        ])
    func refusesNonsense(text: String, offset: Int, reason: JSONError.Reason) {
        #expect(throws: JSONError(reason, at: offset)) { try scan(text) }
    }

    @Test("holds as many levels as its limit, and not one more", arguments: ["[]", #"{"a":}"#])
    func boundsDepth(brackets: String) throws {
        let opening = String(brackets.dropLast())
        func nested(_ depth: Int) -> String {
            String(repeating: opening, count: depth) + "1" + String(repeating: String(brackets.suffix(1)), count: depth)
        }
        _ = try scan(nested(JSONScanner.depthLimit))
        #expect(throws: JSONError(.tooDeep, at: opening.utf8.count * JSONScanner.depthLimit)) {
            try scan(nested(JSONScanner.depthLimit + 1))
        }
    }

    @Test("closes brackets by their kind at every depth")
    func closesByKind() throws {
        let opening = String(repeating: #"[{"a":"#, count: JSONScanner.depthLimit / 2)
        let closing = String(repeating: "}]", count: JSONScanner.depthLimit / 2)
        _ = try scan(opening + "1" + closing)
        #expect(throws: JSONError.self) { try scan(opening + "1" + closing.dropLast(2) + "]}") }
    }

    @Test("a million open brackets are an error like any other")
    func survivesDeepNesting() {
        #expect(throws: JSONError(.tooDeep, at: JSONScanner.depthLimit)) {
            try scan(String(repeating: "[", count: 1_000_000))
        }
    }

    @Test("finds the end of a string at every length and alignment", arguments: 0..<40)
    func findsEndsOfStrings(length: Int) throws {
        for stop in [#"""#, #"\n""#, #"\u0041""#, #"\\""#] {
            let string =
                "\"" + String(repeating: "é", count: length / 2) + String(repeating: "~", count: length % 2) + stop
            for padding in ["", "\"", "\\", "\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}"] {
                let buffer = ByteBuffer(string: string + padding)
                var scanner = JSONScanner()
                let value = try scanner.skipValue(in: buffer.readableBytesSpan)
                #expect(value.range == 0..<string.utf8.count)
                #expect(value.hasEscapes == (stop != "\""))
            }
        }
    }

    @Test("walks through an object, into and over its members")
    func walksMembers() throws {
        let buffer = ByteBuffer(string: #" { "a" : 1 , "b" : { "c" : [2,{}] , "d" : {} } , "e":{}, "f":null } "#)
        let json = buffer.readableBytesSpan
        var scanner = JSONScanner()
        var seen: [String] = []
        func see(_ value: JSONValue) {
            seen.append(buffer.getString(at: value.range.lowerBound, length: value.range.count) ?? "?")
        }
        try scanner.beginObject(in: json)
        while let key = try scanner.nextKey(in: json) {
            see(key)
            if key.isString("b", in: json) || key.isString("e", in: json) {
                try scanner.beginObject(in: json)
                while let inner = try scanner.nextKey(in: json) {
                    see(inner)
                    see(try scanner.skipValue(in: json))
                }
            } else {
                see(try scanner.skipValue(in: json))
            }
        }
        try scanner.finish(in: json)
        #expect(seen == [#""a""#, "1", #""b""#, #""c""#, "[2,{}]", #""d""#, "{}", #""e""#, #""f""#, "null"])
    }

    @Test(
        "finds the same faults when it walks as when it skips",
        arguments: [
            "", "[]", "{", #"{"a":1,}"#, #"{,}"#, #"{"a":1 "b":2}"#, #"{"a"}"#, #"{"a":}"#, #"{"a":1"#, #"{"a":1}}"#,
            "{]",
            #"{"a":1,"b"}"#, #"{1:1}"#, #"{,"a":"0123456789"}"#, #"{"a":1"b":"0123456789"}"#,
            #"{"a":1,,"b":"0123456789"}"#, #"{"a":1,"b\":"0123456789"}"#, #"{"a":1,"b" "0123456789"}"#,
            #"{"a":1,"bbbbbbbbbbbbbbbb":"#, #"{"a":1,"bbbbbbbbbbbbbbbb""#, #"{"a":1,"bbbbbbbbbbbbbbbb"#,
        ])
    func walkingRefusesNonsense(text: String) {
        let buffer = ByteBuffer(string: text)
        #expect(throws: JSONError.self) {
            let json = buffer.readableBytesSpan
            var scanner = JSONScanner()
            try scanner.beginObject(in: json)
            while try scanner.nextKey(in: json) != nil { try scanner.skipValue(in: json) }
            try scanner.finish(in: json)
        }
    }

    @Test(
        "begins where it is told, outside the text as well",
        arguments: [Int.min, -1, 3, 4, 5, 100, Int.max - 8, Int.max])
    func beginsAnywhere(offset: Int) throws {
        let buffer = ByteBuffer(string: "[1,2]")
        var scanner = JSONScanner(at: offset)
        let value = try? scanner.skipValue(in: buffer.readableBytesSpan)
        #expect(value?.range == (offset == 3 ? 3..<4 : offset < 0 ? 0..<5 : nil))
    }

    @Test("tells the problem without any part of the text")
    func describesProblems() {
        #expect(String(describing: JSONError(.badEscape, at: 7)) == "at byte 7: not an escape of RFC 8259")
    }
}
