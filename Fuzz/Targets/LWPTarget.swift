import HoldfastCore
import HoldfastWire
import NIOCore

/// A frame is malformed if it is no JSON; our answer to a push is an answer, and is itself of the dialect; a heartbeat's
/// reply leads to a beat whose request has the same mid.
func tryLWP(_ bytes: [UInt8]) throws(BrokenPromise) {
    let dialect = LWP(accountID: "fuzz", appKey: "444", deviceID: "device")
    let identity = ConnectionIdentity(random: 7, at: WallTime(milliseconds: 1_763_712_345_678))
    let frame = ByteBuffer(bytes: bytes)
    guard case .malformed = dialect.interpret(frame, isText: false, identity: identity) else {
        throw BrokenPromise("a binary message is taken for LWP")
    }
    let meaning = dialect.interpret(frame, isText: true, identity: identity)
    if case .malformed(.json(let error)) = meaning {
        try demand(!PlainJSON.accepts(bytes, depthLimit: JSONScanner.depthLimit), "JSON is taken for none, \(error)")
        return
    }
    try demand(PlainJSON.accepts(bytes, depthLimit: JSONScanner.depthLimit), "what is no JSON has a meaning")
    switch meaning {
    case .malformed, .other:
        break
    case .hello, .refused, .question, .reconnectSoon, .reply(nil, _, _):
        throw BrokenPromise("LWP has no such thing: \(meaning)")
    case .sent(let number, let isPositive, let code, _):
        try demand(isPositive == (code == 200), "code \(code) is positive: \(isPositive)")
        try demand(readsBack(frame, "7\(1_763_712_345_678 + 4 * Int64(number) + 3) 0"), "the answer to another message")
    case .registered, .registrationRefused:
        try demand(readsBack(frame, "71763712345678 0"), "the answer to something else registers")
    case .reply(let beat?, let isPositive, let code):
        try demand(isPositive == (code == 200), "code \(code) is positive: \(isPositive)")
        try demand(readsBack(frame, "7\(1_763_712_345_678 + 4 * Int64(beat) + 2) 0"), "a reply to another beat")
    case .push(let push):
        try tryAcknowledging(push, dialect, identity)
    }
}

private func tryAcknowledging(_ push: Push, _ dialect: LWP, _ identity: ConnectionIdentity) throws(BrokenPromise) {
    var answer = ByteBuffer()
    _ = dialect.writeAcknowledgement(of: push, into: &answer)
    let text = String(buffer: answer)
    try demand(PlainJSON.accepts(Array(text.utf8), depthLimit: .max), "an acknowledgement is no JSON: \(text)")
    try demand(
        text.hasPrefix(#"{"code":200,"headers":{"mid":"#), "an acknowledgement begins with something else: \(text)")
    switch dialect.interpret(answer, isText: true, identity: identity) {
    case .push, .malformed: throw BrokenPromise("an acknowledgement is no answer: \(text)")
    default: break
    }
    if let body = push.body {
        let isJSON = PlainJSON.accepts(Array(body.readableBytesView), depthLimit: .max)
        try demand(isJSON, "a body is no JSON")
    }
}

/// Whether the frame, in whatever way it is written, has `headers` with this mid.
private func readsBack(_ frame: ByteBuffer, _ mid: String) -> Bool {
    let json = frame.readableBytesSpan
    var found: String?
    do throws(JSONError) {
        var scanner = JSONScanner()
        try scanner.beginObject(in: json)
        while let key = try scanner.nextKey(in: json) {
            guard key.string(in: json) == "headers", scanner.nextKind(in: json) == .object else {
                try scanner.skipValue(in: json)
                continue
            }
            try scanner.beginObject(in: json)
            while let key = try scanner.nextKey(in: json) {
                let value = try scanner.skipValue(in: json)
                if key.string(in: json) == "mid" { found = value.string(in: json) }
            }
        }
    } catch {
        return false
    }
    return found == mid
}
