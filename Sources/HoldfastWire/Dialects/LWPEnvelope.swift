public import NIOCore

/// The few members of an LWP frame that decide what it is, found in one pass over the frame.
///
/// Of members that appear twice the last one counts, `headers` as a whole. A member that is `null` counts as absent.
struct LWPEnvelope {
    /// The frame has `lwp`: it asks for something, where an answer has `code`.
    private(set) var isRequest = false
    private(set) var code: JSONValue?
    private(set) var body: JSONValue?
    /// The text of what a push brings, where it brings one thing alone and its text has no escapes: as nearly every one does.
    private(set) var payload: Range<Int>?
    private(set) var headers = Headers()

    struct Headers {
        var mid: JSONValue?
        var sid: JSONValue?
        var appKey: JSONValue?
        var userAgent: JSONValue?
        var dataType: JSONValue?
    }

    init(_ json: RawSpan) throws(FrameProblem) {
        var scanner = JSONScanner()
        let problem: FrameProblem?
        do throws(JSONError) {
            problem = try scan(json, with: &scanner)
            try scanner.finish(in: json)
        } catch {
            throw .json(error)
        }
        if let problem { throw problem }
    }

    /// Returns what is wrong with a frame that is well-formed JSON. The whole frame is scanned all the same: a frame with
    /// two things wrong is told as "not JSON".
    private mutating func scan(_ json: RawSpan, with scanner: inout JSONScanner) throws(JSONError) -> FrameProblem? {
        guard scanner.nextKind(in: json) == .object else {
            try scanner.skipValue(in: json)
            return .notAnObject
        }
        var areHeadersReadable = true
        try scanner.beginObject(in: json)
        while let key = try scanner.nextKey(in: json) {
            if key.isString("headers", in: json) {
                areHeadersReadable = try scanHeaders(json, with: &scanner)
                continue
            }
            if key.isString("body", in: json) {
                try scanBody(json, with: &scanner)
                continue
            }
            let value = try scanner.skipValue(in: json)
            if key.isString("code", in: json) {
                code = value.unlessNull
            } else if key.isString("lwp", in: json) {
                isRequest = value.kind != .null
            }
        }
        guard areHeadersReadable else { return .badHeaders }
        switch headers.mid?.kind {
        case nil, .string, .number: return nil
        case .object, .array, .boolean, .null: return .badMessageID
        }
    }

    /// Returns false if the headers are no object.
    private mutating func scanHeaders(_ json: RawSpan, with scanner: inout JSONScanner) throws(JSONError) -> Bool {
        headers = Headers()
        guard scanner.nextKind(in: json) == .object else {
            return try scanner.skipValue(in: json).kind == .null
        }
        try scanner.beginObject(in: json)
        while let key = try scanner.nextKey(in: json) {
            let value = try scanner.skipValue(in: json).unlessNull
            if key.isString("mid", in: json) {
                headers.mid = value
            } else if key.isString("sid", in: json) {
                headers.sid = value
            } else if key.isString("app-key", in: json) {
                headers.appKey = value
            } else if key.isString("ua", in: json) {
                headers.userAgent = value
            } else if key.isString("dt", in: json) {
                headers.dataType = value
            }
        }
        return true
    }

    /// Looks at the entries on the way over the body, so that most pushes are walked through once.
    private mutating func scanBody(_ json: RawSpan, with scanner: inout JSONScanner) throws(JSONError) {
        payload = nil
        guard scanner.nextKind(in: json) == .object else {
            body = try scanner.skipValue(in: json).unlessNull
            return
        }
        let start = scanner.position
        var count = 0
        var first: JSONValue?
        try LWP.forEachEntry(in: json, with: &scanner, begin: { count = 0 }) { _, payload in
            if count == 0 { first = payload }
            count += 1
        }
        body = JSONValue(.object, start..<scanner.position)
        if count == 1, let first, !first.hasEscapes { payload = first.contentRange(in: json) }
    }

    /// The frame as a push with this `mid`.
    func push(_ frame: ByteBuffer, mid: JSONValue) -> Push {
        var parts = Push.Parts()
        parts[Part.mid] = mid.range
        parts[Part.sid] = headers.sid?.range
        parts[Part.appKey] = headers.appKey?.range
        parts[Part.userAgent] = headers.userAgent?.range
        parts[Part.dataType] = headers.dataType?.range
        parts[Part.body] = body?.range
        parts[Part.payload] = payload
        return Push(frame: frame, isText: true, parts: parts)
    }

    /// What the parts of a push of LWP stand for. Those before the body are header values that an acknowledgement repeats.
    enum Part {
        static let mid = 0
        static let sid = 1
        static let appKey = 2
        static let userAgent = 3
        static let dataType = 4
        static let body = 5
        static let payload = 6
    }
}

extension Push {
    /// The raw JSON of what an LWP push hands over, if there is any.
    public var body: ByteBuffer? { slice(LWPEnvelope.Part.body) }
}

extension JSONValue {
    fileprivate var unlessNull: JSONValue? { kind == .null ? nil : self }
}
