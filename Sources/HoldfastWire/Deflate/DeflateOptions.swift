/// How messages are compressed, by permessage-deflate (RFC 7692): what a client offers, or what a server is ready to take.
///
/// Without context takeover, which is the default, every message stands for itself, and a connection at rest keeps nothing:
/// all connections of a thread share one compressor and one decompressor. With it, messages refer to earlier ones of the
/// same direction and get smaller; each such direction keeps the last bytes of its messages, up to the window's size.
///
/// Who compresses secrets together with text that somebody else chose gives away the secrets' likeness by the length of
/// what is sent. It is not for such messages.
public struct DeflateOptions: Hashable, Sendable {
    /// Lets the server's messages refer to earlier ones.
    public var serverContextTakeover = false
    /// Lets the client's messages refer to earlier ones.
    public var clientContextTakeover = false
    /// How far back the server's messages may refer, as a power of two: 8 to 15, which is 256 bytes to 32 KiB. Other
    /// values are taken for the nearest of these.
    public var serverMaxWindowBits = 15
    /// The same for the client's messages. What we send is not compressed if 8 is agreed on: zlib has no such window.
    public var clientMaxWindowBits = 15
    /// Messages shorter than this are sent as they are: they would hardly get smaller. In bytes.
    public var leastMessageBytes = 128

    /// No context takeover, windows of 32 KiB.
    public init() {}

    var serverBits: UInt8 { Self.bits(serverMaxWindowBits) }
    var clientBits: UInt8 { Self.bits(clientMaxWindowBits) }

    private static func bits(_ value: Int) -> UInt8 { UInt8(clamping: min(max(value, 8), 15)) }
}
