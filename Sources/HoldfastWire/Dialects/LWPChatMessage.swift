import HoldfastCore
import NIOCore

/// Where an item says what a chat message says. Found in the one pass over an item that also checks all of it, and read from
/// there as far as somebody wants it: most of it is a text, and making texts costs more than finding them.
struct LWPChatMessage {
    private(set) var chat: JSONValue?
    private(set) var id: JSONValue?
    private(set) var sentAt: JSONValue?
    private(set) var sender: JSONValue?
    private(set) var senderName: JSONValue?
    private(set) var text: JSONValue?
    private(set) var url: JSONValue?
    private(set) var type: JSONValue?
    private var hasDetails = false

    /// Nil if the item is well-formed, and no chat message: then it lacks one of what a chat message has. Of members that
    /// appear twice the last one counts.
    init?(_ json: RawSpan) throws(FrameProblem) {
        var scanner = JSONScanner()
        var isChatMessage = false
        do throws(JSONError) {
            if try scanner.enterObject(in: json) {
                while let key = try scanner.nextKey(in: json) {
                    if key.isString("1", in: json) {
                        self = LWPChatMessage()
                        try read(json, with: &scanner)
                        isChatMessage = isComplete(in: json)
                    } else {
                        try scanner.skipValue(in: json)
                    }
                }
            }
            try scanner.finish(in: json)
        } catch {
            throw .json(error)
        }
        var validator = UTF8Validator()
        guard json.withUnsafeBytes({ validator.accept($0) }), validator.isComplete else { throw .badUTF8 }
        guard isChatMessage else { return nil }
    }

    private init() {}

    /// What begins here, which may be no object.
    private mutating func read(_ json: RawSpan, with scanner: inout JSONScanner) throws(JSONError) {
        guard try scanner.enterObject(in: json) else { return }
        while let key = try scanner.nextKey(in: json) {
            if key.isString("10", in: json), scanner.nextKind(in: json) == .object {
                hasDetails = true
                try readDetails(of: json, with: &scanner)
                continue
            }
            let value = try scanner.skipValue(in: json)
            if key.isString("2", in: json) {
                chat = value
            } else if key.isString("3", in: json) {
                id = value
            } else if key.isString("5", in: json) {
                sentAt = value
            }
        }
    }

    private mutating func readDetails(of json: RawSpan, with scanner: inout JSONScanner) throws(JSONError) {
        (sender, senderName, text, url, type) = (nil, nil, nil, nil, nil)
        try scanner.beginObject(in: json)
        while let key = try scanner.nextKey(in: json) {
            let value = try scanner.skipValue(in: json)
            if key.isString("senderUserId", in: json) {
                sender = value
            } else if key.isString("reminderTitle", in: json) {
                senderName = value
            } else if key.isString("reminderContent", in: json) {
                text = value
            } else if key.isString("reminderUrl", in: json) {
                url = value
            } else if key.isString("sessionType", in: json) {
                type = value
            }
        }
    }

    /// It has a chat and an id that say something, and details.
    private func isComplete(in json: RawSpan) -> Bool {
        guard hasDetails, let chat, let id else { return false }
        let hasChat = chat.withText(in: json) { LWP.lengthWithoutDomain($0) > 0 }
        let hasID = id.withText(in: json) { $0.byteCount > 0 }
        return hasChat == true && hasID == true
    }
}

extension JSONValue {
    /// A point in time, as a number or as a text.
    func milliseconds(in json: RawSpan) -> Int64? {
        switch kind {
        case .number: integer(in: json)
        case .string: string(in: json).flatMap { Int64($0) }
        case .object, .array, .boolean, .null: nil
        }
    }
}
