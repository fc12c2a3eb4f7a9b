import HoldfastCore
import NIOCore

extension LWP {
    /// Chats and users have names of the form `2001@goofish` on the wire. Everywhere else they are without the domain.
    static let domain = "@goofish"

    /// Items a push may carry; a push with more is unreadable as a whole.
    public static let itemLimit = 10_000

    /// Every entry of `body.syncPushPackage.data`. Its `data` is base64 of JSON or of MessagePack. What is no chat message is an
    /// item all the same, with nothing but its JSON.
    public func items(of push: Push) -> [Result<InboundItem, FrameProblem>] {
        guard let body = push.body else { return [] }
        let json = body.readableBytesSpan
        var items: [Result<InboundItem, FrameProblem>] = []
        do throws(JSONError) {
            guard let entries = try Self.entries(in: json) else { return [] }
            var scanner = JSONScanner(at: entries.range.lowerBound)
            try scanner.beginArray(in: json)
            while try scanner.nextElement(in: json) {
                guard items.count < Self.itemLimit else { return [.failure(.tooManyItems)] }
                items.append(try item(body, with: &scanner))
            }
        } catch {
            // Cannot be: the whole frame has been scanned before.
            return [.failure(.json(error))]
        }
        return items
    }

    /// `syncPushPackage.data`, if it is there and an array. Of members that appear twice the last one counts.
    private static func entries(in json: RawSpan) throws(JSONError) -> JSONValue? {
        var scanner = JSONScanner()
        guard scanner.nextKind(in: json) == .object else { return nil }
        guard let package = try scanner.member("syncPushPackage", in: json), package.kind == .object else { return nil }
        var inner = JSONScanner(at: package.range.lowerBound)
        guard let data = try inner.member("data", in: json), data.kind == .array else { return nil }
        return data
    }

    /// The entry that begins here.
    private func item(
        _ body: ByteBuffer, with scanner: inout JSONScanner
    ) throws(JSONError) -> Result<InboundItem, FrameProblem> {
        let json = body.readableBytesSpan
        let entry = try scanner.skipValue(in: json)
        var payload: JSONValue?
        if entry.kind == .object {
            var inner = JSONScanner(at: entry.range.lowerBound)
            payload = try inner.member("data", in: json)
        }
        guard let payload, payload.kind == .string else {
            let raw = body.getSlice(at: body.readerIndex + entry.range.lowerBound, length: entry.range.count)
            return .success(InboundItem(raw: raw ?? ByteBuffer()))
        }
        return Result { () throws(FrameProblem) in try item(try Self.json(inBase64: payload, of: json)) }
    }

    /// The payload as JSON.
    private static func json(inBase64 value: JSONValue, of json: RawSpan) throws(FrameProblem) -> ByteBuffer {
        let decoded: ByteBuffer?
        if value.hasEscapes {
            // `\/` is how some writers of JSON spell a slash.
            decoded = Base64.decode(Array((value.string(in: json) ?? "").utf8).span.bytes)
        } else {
            decoded = value.contentRange(in: json).flatMap { Base64.decode(json.extracting($0)) }
        }
        guard let decoded else { throw .badBase64 }
        // JSON text begins with one of these; as MessagePack they would be the lonely numbers 123, 91 and so on.
        switch decoded.readableBytesView.first {
        case nil: throw .badBase64
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"),
            UInt8(ascii: "\t"):
            let bytes = decoded.readableBytesSpan
            var scanner = JSONScanner()
            do throws(JSONError) {
                try scanner.skipValue(in: bytes)
                try scanner.finish(in: bytes)
            } catch {
                throw .json(error)
            }
            guard String(validating: decoded.readableBytesView, as: UTF8.self) != nil else { throw .badUTF8 }
            return decoded
        default:
            do throws(MessagePackError) {
                return try MessagePack.json(of: decoded)
            } catch {
                throw .messagePack(error)
            }
        }
    }

    private func item(_ raw: ByteBuffer) throws(FrameProblem) -> InboundItem {
        let json = raw.readableBytesSpan
        do throws(JSONError) {
            return try chatMessage(json, raw) ?? InboundItem(raw: raw)
        } catch {
            throw .json(error)
        }
    }

    /// Nil if it is none: then it lacks one of what a chat message has.
    private func chatMessage(_ json: RawSpan, _ raw: ByteBuffer) throws(JSONError) -> InboundItem? {
        var scanner = JSONScanner()
        guard scanner.nextKind(in: json) == .object, let message = try scanner.member("1", in: json),
            message.kind == .object
        else { return nil }
        var item = InboundItem(raw: raw)
        var details: JSONValue?
        scanner = JSONScanner(at: message.range.lowerBound)
        try scanner.beginObject(in: json)
        while let key = try scanner.nextKey(in: json) {
            let value = try scanner.skipValue(in: json)
            if key.isString("2", in: json) {
                item.chat = value.text(in: json).map(Self.withoutDomain)
            } else if key.isString("3", in: json) {
                item.id = value.text(in: json)
            } else if key.isString("5", in: json) {
                item.sentAt = value.milliseconds(in: json).map(WallTime.init(milliseconds:))
            } else if key.isString("10", in: json), value.kind == .object {
                details = value
            }
        }
        guard let details, item.chat?.isEmpty == false, item.id?.isEmpty == false else { return nil }
        try read(details, of: json, into: &item)
        return item
    }

    private func read(_ details: JSONValue, of json: RawSpan, into item: inout InboundItem) throws(JSONError) {
        var scanner = JSONScanner(at: details.range.lowerBound)
        try scanner.beginObject(in: json)
        while let key = try scanner.nextKey(in: json) {
            let value = try scanner.skipValue(in: json)
            if key.isString("senderUserId", in: json) {
                item.sender = value.text(in: json).map(Self.withoutDomain)
            } else if key.isString("reminderTitle", in: json) {
                item.senderName = value.text(in: json)
            } else if key.isString("reminderContent", in: json) {
                item.text = value.text(in: json)
            } else if key.isString("reminderUrl", in: json) {
                item.item = value.text(in: json).flatMap(Self.itemID)
            } else if key.isString("sessionType", in: json) {
                item.isGroup = value.text(in: json) == "30"
            }
        }
        item.isOwn = userID != nil && item.sender == userID
    }

    static func withoutDomain(_ name: String) -> String {
        name.hasSuffix(domain) ? String(name.dropLast(domain.count)) : name
    }

    /// The value of `itemId` in the URL's query.
    private static func itemID(of url: String) -> String? {
        guard let query = url.split(separator: "?", maxSplits: 1).dropFirst().first else { return nil }
        for pair in query.prefix(while: { $0 != "#" }).split(separator: "&") where pair.hasPrefix("itemId=") {
            return String(pair.dropFirst("itemId=".count))
        }
        return nil
    }
}

extension JSONScanner {
    /// The last member with this name of the object that begins here, which is then passed.
    mutating func member(_ name: StaticString, in json: RawSpan) throws(JSONError) -> JSONValue? {
        var found: JSONValue?
        try beginObject(in: json)
        while let key = try nextKey(in: json) {
            let value = try skipValue(in: json)
            if key.isString(name, in: json) { found = value }
        }
        return found
    }
}

extension JSONValue {
    fileprivate func milliseconds(in json: RawSpan) -> Int64? {
        switch kind {
        case .number: integer(in: json)
        case .string: string(in: json).flatMap { Int64($0) }
        case .object, .array, .boolean, .null: nil
        }
    }
}
