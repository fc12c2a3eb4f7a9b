import HoldfastCore
import HoldfastWire
import NIOCore

/// MessagePack becomes JSON or nothing; a push with any payload gives as many items as it has entries, each of which is JSON.
func tryMessagePack(_ bytes: [UInt8]) throws(BrokenPromise) {
    if let json = try? MessagePack.json(of: ByteBuffer(bytes: bytes)) {
        // An extension at the deepest place is one object more.
        let isJSON = PlainJSON.accepts(Array(json.readableBytesView), depthLimit: MessagePack.depthLimit + 1)
        try demand(isJSON, "MessagePack became no JSON: \(String(buffer: json).prefix(200))")
    }
}

/// The bytes are the payload of one item; and, where they can be, the entries of a whole push.
func tryItems(_ bytes: [UInt8]) throws(BrokenPromise) {
    let encoded = Array(#"{"data":""#.utf8) + base64(bytes) + Array(#""}"#.utf8)
    try demand(try items(of: encoded) == 1, "one entry is not one item")
    guard PlainJSON.accepts(bytes, depthLimit: 50) else { return }
    _ = try items(of: bytes)
    try demand(try items(of: bytes + Array(",{}".utf8)) ?? 2 >= 2, "an entry is lost")
}

/// How many items a push with these entries has; nil if it is none.
private func items(of entries: [UInt8]) throws(BrokenPromise) -> Int? {
    let dialect = LWP(accountID: "fuzz", appKey: "444", deviceID: "device", userID: "1001")
    let identity = ConnectionIdentity(random: 7, at: WallTime(milliseconds: 1_763_712_345_678))
    var frame = ByteBuffer(string: #"{"lwp":"/s/para","headers":{"mid":"1 0"},"body":{"syncPushPackage":{"data":["#)
    frame.writeBytes(entries)
    frame.writeString("]}}}")
    guard case .push(let push) = dialect.interpret(frame, isText: true, identity: identity) else { return nil }
    let items = dialect.items(of: push)
    for case .success(let item) in items {
        let isJSON = PlainJSON.accepts(Array(item.raw.readableBytesView), depthLimit: .max)
        try demand(isJSON, "an item is no JSON")
        try demand(item.id != "", "an item has an empty name")
    }
    var look = PushLook()
    if dialect.look(at: push, into: &look) { try demandSame(look, items) }
    return items.count
}

/// The short way has found what the long one finds: messages of others, with an id, and no problem.
private func demandSame(_ look: PushLook, _ items: [Result<InboundItem, FrameProblem>]) throws(BrokenPromise) {
    try demand(look.count == items.count, "the short way finds \(look.count) items, the long one \(items.count)")
    for (number, item) in items.enumerated() {
        guard case .success(let item) = item, let id = item.id, item.chat?.isEmpty == false, !item.isOwn else {
            throw BrokenPromise("the short way takes what is no message of somebody else")
        }
        let isSame = look.withID(number) { $0.withUnsafeBytes { $0.elementsEqual(id.utf8) } }
        try demand(isSame == true, "the short way finds another id")
        try demand(look.sentAt(number) == item.sentAt, "the short way finds another time")
    }
}

private func base64(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let word = (0..<3).reduce(UInt32(0)) { $0 << 8 | UInt32(start + $1 < bytes.count ? bytes[start + $1] : 0) }
        for digit in 0..<4 {
            text.append(digit <= group.count ? digits[Int(word >> UInt32(18 - 6 * digit) & 63)] : UInt8(ascii: "="))
        }
    }
    return text
}
