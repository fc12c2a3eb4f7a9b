/// How a ``WebSocketClient`` connects, and what it keeps.
public struct WebSocketClientOptions: Sendable {
    /// Limits, compression (``LinkOptions/deflate``), and the shared parts. `maxBufferedBytes` is of no use here: sending
    /// waits for the socket.
    public var link = LinkOptions()
    /// How long connecting may take, from the name to the upgrade.
    public var connectTimeout: Duration = .seconds(30)
    /// How many messages may wait to be taken before reading pauses.
    public var unreadMessages = 64
    /// How many bytes of messages may wait to be taken before reading pauses; one message may exceed it.
    public var unreadBytes = 1 << 20

    /// The defaults.
    public init() {}
}
