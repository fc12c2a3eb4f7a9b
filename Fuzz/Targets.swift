import HoldfastCore
import HoldfastWire
import NIOCore

/// The same stream means the same, however it was cut; and no message is larger than the limit.
func tryFrames(_ input: Input) -> CInt {
    let limitBytes = 4096
    func events(_ parts: [ByteBuffer], _ role: WebSocketRole) -> ([WebSocketEvent], ProtocolViolation?) {
        var assembler = MessageAssembler(role: role, frameLimitBytes: limitBytes, messageLimitBytes: limitBytes)
        var events: [WebSocketEvent] = []
        var waiting = ByteBuffer()
        for part in parts {
            waiting.writeImmutableBuffer(part)
            do throws(ProtocolViolation) {
                while let event = try assembler.next(from: &waiting) {
                    events.append(event)
                    if case .close = event { return (events, nil) }
                }
            } catch {
                return (events, error)
            }
        }
        return (events, nil)
    }
    for role in [WebSocketRole.client, .server] {
        let whole = events(input.whole, role)
        let pieces = events(input.pieces, role)
        demand(whole.0 == pieces.0 && whole.1 == pieces.1, "a cut changes what a stream of frames means")
        for case .message(let message, _) in whole.0 {
            demand(message.readableBytes <= limitBytes, "a message is larger than its limit")
        }
    }
    return 0
}

/// The same head, however it was cut.
func tryHeads(_ input: Input) -> CInt {
    func head(_ parts: [ByteBuffer], _ kind: HTTPHeadParser.Kind) -> (HTTPHead?, ProtocolViolation?) {
        var parser = HTTPHeadParser(kind)
        for var part in parts {
            do throws(ProtocolViolation) {
                if let head = try parser.next(from: &part) { return (head, nil) }
            } catch {
                return (nil, error)
            }
        }
        return (nil, nil)
    }
    for kind in [HTTPHeadParser.Kind.request, .response] {
        let whole = head(input.whole, kind)
        let pieces = head(input.pieces, kind)
        demand(whole == pieces, "a cut changes what a head means")
        if let head = whole.0 {
            try? Handshake(key: "dGhlIHNhbXBsZSBub25jZQ==").verify(head)
            _ = ServerHandshake.read(head)
        }
    }
    return 0
}

/// What the scanner accepts lies within the text, and can be read.
func tryJSON(_ input: Input) -> CInt {
    let json = input.bytes.span.bytes
    var scanner = JSONScanner()
    guard let value = try? scanner.skipValue(in: json), (try? scanner.finish(in: json)) != nil else { return 0 }
    demand(value.range.upperBound <= input.bytes.count, "a value lies outside of its text")
    _ = value.string(in: json)
    _ = value.integer(in: json)
    if value.kind == .object {
        var members = JSONScanner()
        try? members.beginObject(in: json)
        while let key = try? members.nextKey(in: json) {
            demand(key.string(in: json) != nil, "a key is no string")
            demand((try? members.skipValue(in: json)) != nil, "a value that was accepted is refused the second time")
        }
    }
    return 0
}

/// Whatever a frame means, our answer to it is JSON.
func tryLWP(_ input: Input) -> CInt {
    let dialect = LWP(accountID: "fuzz", appKey: "444")
    let identity = ConnectionIdentity(random: 7, at: WallTime(milliseconds: 1_700_000_000_000))
    let frame = ByteBuffer(bytes: input.bytes)
    for isText in [true, false] {
        guard case .push(let push) = dialect.interpret(frame, isText: isText, identity: identity) else { continue }
        var answer = ByteBuffer()
        _ = dialect.writeAcknowledgement(of: push, into: &answer)
        let bytes = Array(answer.readableBytesView)
        var scanner = JSONScanner()
        let isJSON =
            (try? scanner.skipValue(in: bytes.span.bytes)) != nil && (try? scanner.finish(in: bytes.span.bytes)) != nil
        demand(isJSON, "an acknowledgement is not JSON: \(String(decoding: bytes, as: UTF8.self))")
        _ = push.body
    }
    return 0
}
