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
        var scanner = JSONScanner()
        do throws(JSONError) {
            try Self.forEachEntry(in: json, with: &scanner, begin: { items.removeAll() }) { entry, payload in
                if items.count <= Self.itemLimit { items.append(item(entry, payload, of: body, json)) }
            }
        } catch {
            // Cannot be: the whole frame has been scanned before.
            return [.failure(.json(error))]
        }
        return items.count > Self.itemLimit ? [.failure(.tooManyItems)] : items
    }

    /// The same for messages of others, as long as there is nothing else in the push.
    public func look(at push: Push, into look: inout PushLook) -> Bool {
        look.removeAll()
        guard let range = push.parts[LWPEnvelope.Part.body] else { return true }
        let frame = push.frame.readableBytesSpan
        guard range.upperBound <= frame.byteCount else { return false }
        if let payload = push.parts[LWPEnvelope.Part.payload], payload.upperBound <= frame.byteCount {
            return self.look(at: frame.extracting(payload), into: &look)
        }
        let json = frame.extracting(range)
        var isPlain = true
        var scanner = JSONScanner()
        do throws(JSONError) {
            try Self.forEachEntry(in: json, with: &scanner, begin: { look.removeAll() }) { _, payload in
                guard isPlain, look.count < Self.itemLimit, let payload, payload.kind == .string else {
                    return isPlain = false
                }
                isPlain = payload.withText(in: json) { self.look(at: $0, into: &look) } == true
            }
        } catch {
            return false
        }
        return isPlain
    }

    /// Walks over the entries of `syncPushPackage.data` in the body of a push, which begins here: where each lies, and its own
    /// `data`, the last one if there are several. Of an array that is there twice the last one counts, too: `begin` is called
    /// before each.
    @inline(__always)
    static func forEachEntry(
        in json: RawSpan, with scanner: inout JSONScanner, begin: () -> Void,
        _ body: (_ entry: Range<Int>, _ payload: JSONValue?) -> Void
    ) throws(JSONError) {
        guard try scanner.enterObject(in: json) else { return }
        while let key = try scanner.nextKey(in: json) {
            guard key.isString("syncPushPackage", in: json) else {
                try scanner.skipValue(in: json)
                continue
            }
            begin()
            guard try scanner.enterObject(in: json) else { continue }
            while let key = try scanner.nextKey(in: json) {
                guard key.isString("data", in: json) else {
                    try scanner.skipValue(in: json)
                    continue
                }
                begin()
                guard try scanner.enterArray(in: json) else { continue }
                while try scanner.nextElement(in: json) {
                    _ = scanner.nextKind(in: json)  // The element begins behind the blanks.
                    let start = scanner.position
                    let payload = try scanner.lastMember("data", in: json)
                    body(start..<scanner.position, payload)
                }
            }
        }
    }

    private func item(
        _ entry: Range<Int>, _ payload: JSONValue?, of body: ByteBuffer, _ json: RawSpan
    ) -> Result<InboundItem, FrameProblem> {
        guard let payload, payload.kind == .string else {
            let raw = body.getSlice(at: body.readerIndex + entry.lowerBound, length: entry.count)
            return .success(InboundItem(raw: raw ?? ByteBuffer()))
        }
        let decoded = payload.withText(in: json) { Base64.decode($0) } ?? nil
        return Result { () throws(FrameProblem) in try item(decoded) }
    }

    /// - Parameter payload: JSON or MessagePack; nil if it could not be decoded.
    private func item(_ payload: ByteBuffer?) throws(FrameProblem) -> InboundItem {
        guard let payload, let first = payload.readableBytesView.first else { throw .badBase64 }
        guard !Self.beginsJSON(first) else { return try item(json: payload) }
        let json: ByteBuffer
        do throws(MessagePackError) { json = try MessagePack.json(of: payload) } catch { throw .messagePack(error) }
        return try item(json: json)
    }

    /// JSON text begins with one of these; as MessagePack they would be the lonely numbers 123, 91 and so on.
    private static func beginsJSON(_ first: UInt8) -> Bool {
        switch first {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"),
            UInt8(ascii: "\t"):
            true
        default: false
        }
    }

    private func item(json raw: ByteBuffer) throws(FrameProblem) -> InboundItem {
        let json = raw.readableBytesSpan
        guard let message = try LWPChatMessage(json) else { return InboundItem(raw: raw) }
        return InboundItem(
            id: message.id?.text(in: json),
            chat: message.chat?.withText(in: json, Self.withoutDomain),
            sender: message.sender?.withText(in: json, Self.withoutDomain),
            senderName: message.senderName?.text(in: json),
            text: message.text?.text(in: json),
            item: message.url?.withText(in: json, Self.itemID) ?? nil,
            isGroup: message.type?.withText(in: json) { $0.byteCount == 2 && $0.contains("30", at: 0) } == true,
            isOwn: message.sender?.withText(in: json, isOwn) == true,
            sentAt: message.sentAt?.milliseconds(in: json).map(WallTime.init(milliseconds:)),
            raw: raw)
    }

    /// Takes a message of somebody else; false for everything else.
    private func look(at payload: RawSpan, into look: inout PushLook) -> Bool {
        Base64.withDecoded(payload) { decoded in
            guard let decoded, Self.beginsJSON(decoded.byte(at: 0)), let message = try? LWPChatMessage(decoded),
                message.sender?.withText(in: decoded, { isOwn($0) }) != true
            else { return false }
            let sentAt = message.sentAt?.milliseconds(in: decoded).map(WallTime.init(milliseconds:))
            return message.id?.withText(in: decoded) { look.append($0, sentAt: sentAt) } != nil
        }
    }

    /// Byte for byte, as all names that a gateway gives are told apart.
    private func isOwn(_ sender: RawSpan) -> Bool {
        guard let userID else { return false }
        let name = sender.extracting(first: Self.lengthWithoutDomain(sender))
        return name.withUnsafeBytes { $0.elementsEqual(userID.utf8) }
    }

    private static func withoutDomain(_ name: RawSpan) -> String {
        name.extracting(first: lengthWithoutDomain(name)).text
    }

    static func lengthWithoutDomain(_ name: RawSpan) -> Int {
        let length = name.byteCount - domain.utf8CodeUnitCount
        return length >= 0 && name.contains(domain, at: length) ? length : name.byteCount
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
    mutating func enterObject(in json: RawSpan) throws(JSONError) -> Bool {
        guard nextKind(in: json) == .object else {
            try skipValue(in: json)
            return false
        }
        try beginObject(in: json)
        return true
    }

    /// Steps into the array that begins here. False if it is none, which is then passed.
    fileprivate mutating func enterArray(in json: RawSpan) throws(JSONError) -> Bool {
        guard nextKind(in: json) == .array else {
            try skipValue(in: json)
            return false
        }
        try beginArray(in: json)
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
