/// The grammar of RFC 8259 as plainly as it can be said: one function for each rule, byte by byte, by recursion. Slow and
/// simple: the judge of what the scanner accepts. (Foundation is none: it takes `[1,]` and refuses `0e5`.)
package struct PlainJSON {
    private var rest: ArraySlice<UInt8>
    private var depth = 0
    private let depthLimit: Int

    /// Whether `bytes` are one value, with no more containers inside each other than `depthLimit`.
    package static func accepts(_ bytes: [UInt8], depthLimit: Int) -> Bool {
        var parser = PlainJSON(rest: bytes[...], depthLimit: depthLimit)
        return parser.value() && parser.rest.isEmpty
    }

    private init(rest: ArraySlice<UInt8>, depthLimit: Int) {
        self.rest = rest
        self.depthLimit = depthLimit
    }

    /// `ws value ws`
    private mutating func value() -> Bool {
        whitespace()
        defer { whitespace() }
        switch rest.first {
        case UInt8(ascii: "{"): return container("{", "}") { $0.member() }
        case UInt8(ascii: "["): return container("[", "]") { $0.value() }
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return take("true")
        case UInt8(ascii: "f"): return take("false")
        case UInt8(ascii: "n"): return take("null")
        default: return number()
        }
    }

    private mutating func container(_ open: String, _ close: String, _ item: (inout PlainJSON) -> Bool) -> Bool {
        guard depth < depthLimit, take(open) else { return false }
        depth += 1
        defer { depth -= 1 }
        whitespace()
        if take(close) { return true }
        repeat {
            guard item(&self) else { return false }
        } while take(",")
        return take(close)
    }

    /// `ws string ws : value`
    private mutating func member() -> Bool {
        whitespace()
        guard string() else { return false }
        whitespace()
        return take(":") && value()
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard escape() else { return false }
            case 0..<0x20: return false
            default: break
            }
        }
        return false
    }

    private mutating func escape() -> Bool {
        guard let byte = rest.popFirst() else { return false }
        guard byte == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(byte) }
        let digits = rest.prefix(4)
        rest = rest.dropFirst(4)
        return digits.count == 4 && digits.allSatisfy { "0123456789abcdefABCDEF".utf8.contains($0) }
    }

    private mutating func number() -> Bool {
        _ = take("-")
        guard take("0") || digits() else { return false }
        if take("."), !digits() { return false }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            return digits()
        }
        return true
    }

    /// One digit or more.
    private mutating func digits() -> Bool {
        let count = rest.count
        rest = rest.drop { "0123456789".utf8.contains($0) }
        return rest.count < count
    }

    private mutating func whitespace() {
        rest = rest.drop { " \t\r\n".utf8.contains($0) }
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }
}
