import HoldfastCore
import HoldfastWire
import NIOCore

/// A frame is malformed if and only if it is no JSON; it means the same wherever it lies in memory, and each rule finds the same
/// alone as among all; whatever is written because of it is JSON, and whatever it hands over is a part of it.
func tryJSONDialect(_ bytes: [UInt8]) throws(BrokenPromise) {
    let identity = ConnectionIdentity(random: 7, at: WallTime(milliseconds: 1_763_712_345_678))
    let frame = ByteBuffer(bytes: bytes)
    guard case .malformed = everything.interpret(frame, isText: false, identity: identity) else {
        throw BrokenPromise("a binary message has a meaning")
    }
    let received = everything.receive(frame, isText: true, identity: identity)
    if case .malformed = received.meaning {
        try demand(!PlainJSON.accepts(bytes, depthLimit: JSONScanner.depthLimit), "JSON is taken for none")
        return
    }
    try demand(PlainJSON.accepts(bytes, depthLimit: JSONScanner.depthLimit), "no JSON has a meaning")

    var framed = ByteBuffer(string: "{\"[")
    framed.writeBytes(bytes)
    framed.moveReaderIndex(forwardBy: 3)
    let moved = everything.receive(framed, isText: true, identity: identity)
    try demand(name(moved.meaning) == name(received.meaning), "at another place in memory it means something else")
    try demand(moved.sequence == received.sequence, "at another place in memory it has another sequence")
    let alone = onlySequence.receive(frame, isText: true, identity: identity)
    try demand(alone.sequence == received.sequence, "a path alone finds something else")

    switch received.meaning {
    case .push(let push): try tryPush(push, of: bytes)
    case .question(let question):
        var answer = ByteBuffer()
        let context = DialectContext(identity: identity, now: WallTime(milliseconds: 5))
        _ = everything.writeAnswer(to: question, in: context, into: &answer)
        try demandJSON(answer, "an answer")
    default: break
    }
}

private func tryPush(_ push: Push, of bytes: [UInt8]) throws(BrokenPromise) {
    var answer = ByteBuffer()
    _ = everything.writeAcknowledgement(of: push, into: &answer)
    try demandJSON(answer, "an acknowledgement")
    for item in everything.items(of: push) {
        guard case .success(let item) = item else { continue }
        try demand(item.raw.readableBytes <= bytes.count, "an item is larger than its frame")
        try demandJSON(item.raw, "an item")
    }
}

private func demandJSON(_ buffer: ByteBuffer, _ what: String) throws(BrokenPromise) {
    let bytes = Array(buffer.readableBytesView)
    let isJSON = PlainJSON.accepts(bytes, depthLimit: .max)
    try demand(isJSON, "\(what) is no JSON: \(String(decoding: bytes, as: UTF8.self))")
}

private func name(_ meaning: Meaning) -> String {
    switch meaning {
    case .push: "push"
    case .question: "question"
    default: "\(meaning)"
    }
}

private func dialect(_ written: WrittenOptions.Value) -> JSONDialect {
    JSONDialect.read(WrittenOptions(written), over: nil, accountID: "fuzz")
}

/// A protocol in which everything is used that there is.
private let everything = dialect([
    "user_id": "1",
    "hello": ["when": ["op": "10"], "interval": "d.ms"],
    "register": ["send": #"{"id":{id}}"#, "accepted": ["op": "0", "t": ["READY", "a\"b"]]],
    "reply": ["id": "id", "code": "status.code", "success": ["200", "none"]],
    "heartbeat": ["send": #"{"id":{id}}"#, "reply": ["op": "11"]],
    "ping": ["when": ["ping": "*"], "echo": "ping", "send": #"{"pong":{echo},"in":"<{echo}>","at":{time}}"#],
    "reconnect": ["when": ["op": "7"], "within": "d.ms"],
    "sequence": ["at": "s"],
    "failures": [["when": ["op": "9", "1": "*"], "code": "d.code"], ["when": ["error": "*"], "class": "server"]],
    "message": [
        "when": ["t": "M"], "items": "d", "id": "0", "chat": "c.c.c", "sender": "c.s", "name": "c.n", "text": "c",
        "group": ["g": "true"], "time": "at", "time_unit": "us", "echo": "d",
        "ack": #"{"ack":{echo},"in":"<{echo}>","s":{sequence}}"#,
    ],
])

private let onlySequence = dialect(["sequence": ["at": "s"]])
