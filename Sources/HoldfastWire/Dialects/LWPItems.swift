import HoldfastCore
import NIOCore

extension LWP {
    /// Chats and users have names of the form `2001@goofish` on the wire. Everywhere else they are without the domain.
    static let domain: StaticString = "@goofish"

    /// Items a push may carry; a push with more is unreadable as a whole.
    public static let itemLimit = 10_000

    /// Every entry of `body.syncPushPackage.data`. Its `data` is base64 of JSON or of MessagePack. What is no chat message is an
    /// item all the same, with nothing but its JSON.
    public func items(of push: Push) -> [Result<InboundItem, FrameProblem>] {
        guard let body = push.body else { return [] }
        let json = body.readableBytesSpan
        var items: [Result<InboundItem, FrameProblem>] = []
        do throws(JSONError) {
            var scanner = JSONScanner()
            guard try scanner.enterObject(in: json) else { return [] }
            while let key = try scanner.nextKey(in: json) {
                if key.isString("syncPushPackage", in: json) {
                    items = try package(body, with: &scanner)
                } else {
                    try scanner.skipValue(in: json)
                }
            }
        } catch {
            // Cannot be: the whole frame has been scanned before.
            return [.failure(.json(error))]
        }
        return items
    }

    /// What the package that begins here has in `data`. Of members that appear twice the last one counts.
    private func package(
        _ body: ByteBuffer, with scanner: inout JSONScanner
    ) throws(JSONError) -> [Result<InboundItem, FrameProblem>] {
        let json = body.readableBytesSpan
        var items: [Result<InboundItem, FrameProblem>] = []
        guard try scanner.enterObject(in: json) else { return [] }
        while let key = try scanner.nextKey(in: json) {
            if key.isString("data", in: json) {
                items = try entries(body, with: &scanner)
            } else {
                try scanner.skipValue(in: json)
            }
        }
        return items
    }

    /// The entries of the array that begins here; none if it is no array.
    private func entries(
        _ body: ByteBuffer, with scanner: inout JSONScanner
    ) throws(JSONError) -> [Result<InboundItem, FrameProblem>] {
        let json = body.readableBytesSpan
        var items: [Result<InboundItem, FrameProblem>] = []
        guard scanner.nextKind(in: json) == .array else {
            try scanner.skipValue(in: json)
            return []
        }
        try scanner.beginArray(in: json)
        while try scanner.nextElement(in: json) {
            guard items.count <= Self.itemLimit else {
                try scanner.skipValue(in: json)
                continue
            }
            items.append(try item(body, with: &scanner))
        }
        return items.count > Self.itemLimit ? [.failure(.tooManyItems)] : items
    }

    /// The entry that begins here.
    private func item(
        _ body: ByteBuffer, with scanner: inout JSONScanner
    ) throws(JSONError) -> Result<InboundItem, FrameProblem> {
        let json = body.readableBytesSpan
        _ = scanner.nextKind(in: json)  // The element begins behind the blanks.
        let start = scanner.position
        let payload = try scanner.lastMember("data", in: json)
        guard let payload, payload.kind == .string else {
            let raw = body.getSlice(at: body.readerIndex + start, length: scanner.position - start)
            return .success(InboundItem(raw: raw ?? ByteBuffer()))
        }
        let decoded = payload.withText(in: json) { Base64.decode($0) } ?? nil
        return Result { () throws(FrameProblem) in try item(decoded) }
    }

    /// - Parameter payload: JSON or MessagePack; nil if it could not be decoded.
    private func item(_ payload: ByteBuffer?) throws(FrameProblem) -> InboundItem {
        guard let payload, let first = payload.readableBytesView.first else { throw .badBase64 }
        // JSON text begins with one of these; as MessagePack they would be the lonely numbers 123, 91 and so on.
        switch first {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"),
            UInt8(ascii: "\t"):
            let item = try item(json: payload)
            var validator = UTF8Validator()
            guard validator.accept(payload), validator.isComplete else { throw .badUTF8 }
            return item
        default:
            let json: ByteBuffer
            do throws(MessagePackError) { json = try MessagePack.json(of: payload) } catch { throw .messagePack(error) }
            return try item(json: json)
        }
    }

    /// The one pass over an item: it checks all of it, and finds what a chat message says.
    private func item(json raw: ByteBuffer) throws(FrameProblem) -> InboundItem {
        let json = raw.readableBytesSpan
        var scanner = JSONScanner()
        var item = InboundItem(raw: raw)
        do throws(JSONError) {
            if try scanner.enterObject(in: json) {
                while let key = try scanner.nextKey(in: json) {
                    if key.isString("1", in: json) {
                        let isChatMessage = try readMessage(of: json, with: &scanner, into: &item)
                        if !isChatMessage { item = InboundItem(raw: raw) }
                    } else {
                        try scanner.skipValue(in: json)
                    }
                }
            }
            try scanner.finish(in: json)
        } catch {
            throw .json(error)
        }
        return item
    }

    /// The chat message that begins here. False if it is none: then it lacks one of what a chat message has.
    private func readMessage(
        of json: RawSpan, with scanner: inout JSONScanner, into item: inout InboundItem
    ) throws(JSONError) -> Bool {
        guard try scanner.enterObject(in: json) else { return false }
        var hasDetails = false
        (item.chat, item.id, item.sentAt) = (nil, nil, nil)
        while let key = try scanner.nextKey(in: json) {
            if key.isString("10", in: json), scanner.nextKind(in: json) == .object {
                hasDetails = true
                try readDetails(of: json, with: &scanner, into: &item)
                continue
            }
            let value = try scanner.skipValue(in: json)
            if key.isString("2", in: json) {
                item.chat = value.withText(in: json, Self.withoutDomain)
            } else if key.isString("3", in: json) {
                item.id = value.text(in: json)
            } else if key.isString("5", in: json) {
                item.sentAt = value.milliseconds(in: json).map(WallTime.init(milliseconds:))
            }
        }
        return hasDetails && item.chat?.isEmpty == false && item.id?.isEmpty == false
    }

    private func readDetails(
        of json: RawSpan, with scanner: inout JSONScanner, into item: inout InboundItem
    ) throws(JSONError) {
        (item.sender, item.senderName, item.text, item.item, item.isGroup) = (nil, nil, nil, nil, false)
        try scanner.beginObject(in: json)
        while let key = try scanner.nextKey(in: json) {
            let value = try scanner.skipValue(in: json)
            if key.isString("senderUserId", in: json) {
                item.sender = value.withText(in: json, Self.withoutDomain)
            } else if key.isString("reminderTitle", in: json) {
                item.senderName = value.text(in: json)
            } else if key.isString("reminderContent", in: json) {
                item.text = value.text(in: json)
            } else if key.isString("reminderUrl", in: json) {
                item.item = value.withText(in: json, Self.itemID) ?? nil
            } else if key.isString("sessionType", in: json) {
                item.isGroup = value.withText(in: json) { $0.byteCount == 2 && $0.contains("30", at: 0) } == true
            }
        }
        item.isOwn = userID != nil && item.sender == userID
    }

    private static func withoutDomain(_ name: RawSpan) -> String {
        let length = name.byteCount - domain.utf8CodeUnitCount
        return length >= 0 && name.contains(domain, at: length) ? name.extracting(first: length).text : name.text
    }

    /// The value of `itemId` in the URL's query.
    private static func itemID(of url: RawSpan) -> String? {
        let name: StaticString = "itemId="
        let end = url.firstOffset(of: UInt8(ascii: "#"), from: 0)
        var start = url.firstOffset(of: UInt8(ascii: "?"), from: 0) + 1
        while start < end {
            let pairEnd = min(url.firstOffset(of: UInt8(ascii: "&"), from: start), end)
            if url.contains(name, at: start) {
                let value = min(start + name.utf8CodeUnitCount, pairEnd)
                return url.extracting(value..<pairEnd).text
            }
            start = pairEnd + 1
        }
        return nil
    }
}

extension RawSpan {
    /// Where this byte stands next; the end if it does not.
    fileprivate func firstOffset(of wanted: UInt8, from start: Int) -> Int {
        var offset = start
        while offset < byteCount, byte(at: offset) != wanted { offset += 1 }
        return offset
    }
}

extension JSONScanner {
    /// Steps into the object that begins here. False if it is none, which is then passed.
    fileprivate mutating func enterObject(in json: RawSpan) throws(JSONError) -> Bool {
        guard nextKind(in: json) == .object else {
            try skipValue(in: json)
            return false
        }
        try beginObject(in: json)
        return true
    }

    /// The last member with this name of what begins here, which is then passed; nil also if that is no object.
    fileprivate mutating func lastMember(_ name: StaticString, in json: RawSpan) throws(JSONError) -> JSONValue? {
        guard nextKind(in: json) == .object else {
            try skipValue(in: json)
            return nil
        }
        return try member(name, in: json)
    }

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
