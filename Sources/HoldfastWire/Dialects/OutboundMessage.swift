/// A message of ours, as far as a dialect has to know it.
public struct OutboundMessage: Hashable, Sendable {
    /// Names it to the gateway, the same each time it is sent.
    public var clientID: String
    public var chat: String
    /// The user it goes to.
    public var receiver: String
    public var text: String

    public init(clientID: String, chat: String, receiver: String, text: String) {
        self.clientID = clientID
        self.chat = chat
        self.receiver = receiver
        self.text = text
    }
}
