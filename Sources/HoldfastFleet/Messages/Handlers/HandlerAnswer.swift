import HoldfastCore
import HoldfastWire
import NIOCore

/// What a handler outside of the process says: `{"replies":[{"text":…}…]}`; a program also says which delivery it speaks of, and
/// may say that it failed.
struct HandlerAnswer: Hashable {
    var delivery: String?
    var replies: [String] = []
    /// `later` or `refused`.
    var error: String?
    var detail: String?

    /// Replies to one delivery.
    static let replyLimit = 50

    /// Nil if it is not of the form. Nothing at all is an answer without replies.
    init?(_ body: ByteBuffer) {
        guard body.readableBytes > 0 else { return }
        let json = body.readableBytesSpan
        var scanner = JSONScanner()
        do throws(JSONError) {
            try scanner.beginObject(in: json)
            while let key = try scanner.nextKey(in: json) {
                if key.isString("replies", in: json), scanner.nextKind(in: json) == .array {
                    guard let replies = try Self.replies(&scanner, json) else { return nil }
                    self.replies = replies
                    continue
                }
                let value = try scanner.skipValue(in: json)
                if key.isString("delivery", in: json) { delivery = value.string(in: json) }
                if key.isString("error", in: json) { error = value.string(in: json) }
                if key.isString("detail", in: json) { detail = value.string(in: json) }
            }
            try scanner.finish(in: json)
        } catch {
            return nil
        }
    }

    private static func replies(_ scanner: inout JSONScanner, _ json: RawSpan) throws(JSONError) -> [String]? {
        var replies: [String] = []
        try scanner.beginArray(in: json)
        while try scanner.nextElement(in: json) {
            guard scanner.nextKind(in: json) == .object, replies.count < replyLimit else { return nil }
            var text: String?
            try scanner.beginObject(in: json)
            while let key = try scanner.nextKey(in: json) {
                let value = try scanner.skipValue(in: json)
                if key.isString("text", in: json) { text = value.string(in: json) }
            }
            guard let text else { return nil }
            replies.append(text)
        }
        return replies
    }
}
