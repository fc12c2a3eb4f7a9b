public import HoldfastCore
public import NIOCore

/// One business item that a push hands over, as far as its dialect can tell: in a chat, one message. A push may carry
/// several.
///
/// Whatever stands here was written by somebody else: it is data, and none of it is trusted for more than that.
public struct InboundItem: Hashable, Sendable {
    /// The item's own name at the gateway, by which a second delivery is known again (T2). Nil if it has none: then it
    /// cannot be told from its repetition.
    public var id: String?
    /// The conversation it belongs to.
    public var chat: String?
    /// The sender's name of itself at the gateway.
    public var sender: String?
    /// The sender's name for people.
    public var senderName: String?
    public var text: String?
    /// What the conversation is about, for instance an article on sale.
    public var item: String?
    /// The conversation has more than two sides.
    public var isGroup: Bool
    /// It was sent by the account itself: by Holdfast, or by a person with the same login (T6).
    public var isOwn: Bool
    /// When it was sent, by the gateway's clock. Its delay is measured from here (T8).
    public var sentAt: WallTime?
    /// Its place in a row without gaps, where the dialect has such a thing (T8).
    public var sequence: UInt64?
    /// The whole item as one JSON value, UTF-8.
    public var raw: ByteBuffer

    public init(
        id: String? = nil, chat: String? = nil, sender: String? = nil, senderName: String? = nil, text: String? = nil,
        item: String? = nil, isGroup: Bool = false, isOwn: Bool = false, sentAt: WallTime? = nil,
        sequence: UInt64? = nil, raw: ByteBuffer
    ) {
        self.id = id
        self.chat = chat
        self.sender = sender
        self.senderName = senderName
        self.text = text
        self.item = item
        self.isGroup = isGroup
        self.isOwn = isOwn
        self.sentAt = sentAt
        self.sequence = sequence
        self.raw = raw
    }
}
