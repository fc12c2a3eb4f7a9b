import HoldfastWire

/// What a client's text frame says, as far as a gateway has to know. Ranges lie in the frame.
struct ClientFrame {
    enum Kind {
        case registration, heartbeat, send
        /// Any other request.
        case request
        /// An answer to a push.
        case acknowledgement(code: Int64?)
    }

    let kind: Kind
    let mid: JSONValue
    private(set) var token: JSONValue?
    private(set) var body: JSONValue?

    /// Nil if the frame is no LWP: not JSON, or without a `mid`, or neither a request nor an answer.
    init?(_ json: RawSpan) {
        var envelope = Envelope()
        do throws(JSONError) {
            try envelope.scan(json)
        } catch {
            return nil
        }
        guard let mid = envelope.mid, mid.kind == .string || mid.kind == .number else { return nil }
        self.mid = mid
        token = envelope.token
        body = envelope.body
        if let path = envelope.lwp {
            kind =
                path.isString("/!", in: json)
                ? .heartbeat
                : path.isString("/reg", in: json)
                    ? .registration : path.isString("/r/MessageSend/sendByReceiverScope", in: json) ? .send : .request
        } else if let code = envelope.code {
            kind = .acknowledgement(code: code.integer(in: json))
        } else {
            return nil
        }
    }

    private struct Envelope {
        var lwp: JSONValue?
        var code: JSONValue?
        var mid: JSONValue?
        var token: JSONValue?
        var body: JSONValue?

        mutating func scan(_ json: RawSpan) throws(JSONError) {
            var scanner = JSONScanner()
            try scanner.beginObject(in: json)
            while let key = try scanner.nextKey(in: json) {
                if key.isString("headers", in: json), scanner.nextKind(in: json) == .object {
                    try scanHeaders(json, &scanner)
                    continue
                }
                let value = try scanner.skipValue(in: json)
                if key.isString("lwp", in: json) {
                    lwp = value
                } else if key.isString("code", in: json) {
                    code = value
                } else if key.isString("body", in: json) {
                    body = value
                }
            }
            try scanner.finish(in: json)
        }

        private mutating func scanHeaders(_ json: RawSpan, _ scanner: inout JSONScanner) throws(JSONError) {
            try scanner.beginObject(in: json)
            while let key = try scanner.nextKey(in: json) {
                let value = try scanner.skipValue(in: json)
                if key.isString("mid", in: json) {
                    mid = value
                } else if key.isString("token", in: json) {
                    token = value
                }
            }
        }
    }
}
