/// A reply of a mail server (RFC 5321 §4.2): a code, and one line of text or several.
struct SMTPReply: Equatable {
    var code: Int
    var lines: [String]
}

/// Cuts what comes from a mail server into replies.
struct SMTPReplyParser {
    enum Mistake: Error, Equatable {
        case notAReply, tooLong
    }

    /// Bytes of a line (RFC 5321 asks for 512), and lines of a reply.
    static let lineLimitBytes = 2_048
    static let linesLimit = 100

    private var pending: [UInt8] = []
    private var lines: [String] = []

    /// Whether something has come that is no whole reply yet.
    var isInTheMiddle: Bool { !pending.isEmpty || !lines.isEmpty }

    mutating func take(_ bytes: some Sequence<UInt8>) throws(Mistake) -> [SMTPReply] {
        var replies: [SMTPReply] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                guard pending.count < Self.lineLimitBytes else { throw .tooLong }
                pending.append(byte)
                continue
            }
            if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
            let line = pending
            pending = []
            if let reply = try end(of: line) { replies.append(reply) }
        }
        return replies
    }

    /// `250-text` goes on, `250 text` and `250` end a reply.
    private mutating func end(of line: [UInt8]) throws(Mistake) -> SMTPReply? {
        guard let code = Int(String(decoding: line.prefix(3), as: UTF8.self)), (200...599).contains(code),
            line.count == 3 || [UInt8(ascii: " "), UInt8(ascii: "-")].contains(line[3])
        else { throw .notAReply }
        guard lines.count < Self.linesLimit else { throw .tooLong }
        lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
        guard line.count == 3 || line[3] == UInt8(ascii: " ") else { return nil }
        defer { lines = [] }
        return SMTPReply(code: code, lines: lines)
    }
}
