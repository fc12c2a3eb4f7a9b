package import HoldfastCore
package import NIOCore

/// Reads the head of one HTTP/1 message out of a stream of bytes, however it was cut, and stops right behind it.
///
/// Strict, since the only heads it meets are those of an upgrade (RFC 9112): lines end in CRLF, no folded lines, no
/// blank before a colon, no control characters. A stream that is not HTTP is found out at its first wrong byte, so that
/// a server of another protocol is named and not waited for.
package struct HTTPHeadParser {
    package enum Kind: Sendable {
        case request, response
    }

    private let kind: Kind
    private let limitBytes: Int
    private var usedBytes = 0
    private var line: [UInt8] = []
    private var head: HTTPHead?

    /// - Parameter limitBytes: the longest head that is accepted, its last line end included.
    package init(_ kind: Kind, limitBytes: Int = Self.defaultLimitBytes) {
        self.kind = kind
        self.limitBytes = limitBytes
    }

    package static let defaultLimitBytes = 16 * 1024

    /// The head, or nil if the input ends before it. Takes from `input` what it has used. Afterwards the parser is ready
    /// for another head; the limit holds for all of them together.
    package mutating func next(from input: inout ByteBuffer) throws(ProtocolViolation) -> HTTPHead? {
        while let byte = input.readInteger(as: UInt8.self) {
            usedBytes += 1
            guard usedBytes <= limitBytes else { throw .headTooLarge }
            guard byte == UInt8(ascii: "\n") else {
                try take(byte)
                continue
            }
            guard line.popLast() == UInt8(ascii: "\r") else { throw .badHTTP }
            if line.isEmpty {
                guard let head = head.take() else { throw .badHTTP }
                return head
            }
            try endLine()
        }
        return nil
    }

    private mutating func take(_ byte: UInt8) throws(ProtocolViolation) {
        if head == nil, kind == .response, line.count < Self.versionPrefix.count {
            guard byte == Self.versionPrefix[line.count] else { throw .badHTTP }
        }
        line.append(byte)
    }

    private static let versionPrefix = Array("HTTP/1.".utf8)

    private mutating func endLine() throws(ProtocolViolation) {
        defer { line.removeAll(keepingCapacity: true) }
        guard line.allSatisfy(HTTPSyntax.isValueByte) else { throw .badHTTP }
        guard head != nil else {
            head = try startLine()
            return
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { throw .badHTTP }
        let name = line[..<colon]
        // This also refuses folded lines and blanks before the colon (RFC 9112 §5.1, §5.2).
        guard name.allSatisfy(HTTPSyntax.isTokenByte) else { throw .badHTTP }
        let value = line[(colon + 1)...]
        head?.fields.append(HTTPField(String(decoding: name, as: UTF8.self), HTTPSyntax.trimmed(value)))
    }

    private func startLine() throws(ProtocolViolation) -> HTTPHead {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        switch kind {
        case .response:
            // RFC 9112 §4 wants a blank behind the status even where there is no reason; servers that leave it out are
            // understood all the same.
            guard parts.count >= 2, parts[1].count == 3, let status = Self.number(parts[1]), status >= 100 else {
                throw .badHTTP
            }
            let reason = parts.count == 3 ? String(decoding: parts[2], as: UTF8.self) : ""
            return HTTPHead(
                startLine: .response(status: status, reason: reason), minorVersion: try Self.minorVersion(parts[0]))
        case .request:
            guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(HTTPSyntax.isTokenByte),
                !parts[1].isEmpty
            else { throw .badHTTP }
            let method = String(decoding: parts[0], as: UTF8.self)
            let target = String(decoding: parts[1], as: UTF8.self)
            return HTTPHead(
                startLine: .request(method: method, target: target), minorVersion: try Self.minorVersion(parts[2]))
        }
    }

    private static func minorVersion(_ text: ArraySlice<UInt8>) throws(ProtocolViolation) -> Int {
        if text.elementsEqual("HTTP/1.1".utf8) { return 1 }
        if text.elementsEqual("HTTP/1.0".utf8) { return 0 }
        throw .badHTTP
    }

    /// A number written in at most six digits and nothing else.
    static func number<Digits: Collection>(_ digits: Digits) -> Int? where Digits.Element == UInt8 {
        guard !digits.isEmpty, digits.count <= 6 else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }
}
