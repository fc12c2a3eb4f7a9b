public import HoldfastCore
public import NIOCore

/// The language that a gateway speaks above WebSocket: how one registers, how one shows to be alive, what its frames mean.
///
/// A dialect is a small pure value: bytes in, meaning out. It keeps nothing between two frames, reads no clock and draws no
/// numbers, so one value serves an account for all its connections. What it writes is appended to the given buffer.
/// `docs/dialects.md` shows how to write one.
public protocol Dialect: Hashable, Sendable {
    /// The name in the configuration and in the API.
    static var name: String { get }

    /// Close codes by which this dialect's gateways say "not you", beside 1008 of RFC 6455.
    var authCloseCodes: [UInt16] { get }

    /// Writes what makes the gateway know the account.
    ///
    /// - Parameter token: the credential; it is read for each attempt and not kept.
    func writeRegistration(
        token: Secret?, in context: DialectContext, into buffer: inout ByteBuffer
    ) -> Registration

    /// Writes the frame that follows a positive answer to the registration; nil if none does.
    func writeAfterRegistration(in context: DialectContext, into buffer: inout ByteBuffer) -> FrameKind?

    /// Writes heartbeat number `beat` of this connection.
    func writeHeartbeat(_ beat: UInt32, in context: DialectContext, into buffer: inout ByteBuffer) -> FrameKind

    /// Writes the acknowledgement of a push; nil if the gateway wants none.
    func writeAcknowledgement(of push: Push, into buffer: inout ByteBuffer) -> FrameKind?

    /// Finds out what a whole message of the gateway means.
    ///
    /// - Parameter isText: whether it came as a text message, whose UTF-8 has then been checked.
    func interpret(_ frame: ByteBuffer, isText: Bool, identity: ConnectionIdentity) -> Meaning

    /// Finds out what a pong frame means.
    func interpretPong(_ payload: ByteBuffer, identity: ConnectionIdentity) -> Meaning

    /// The business items that a push hands over, in their order; what cannot be read is in its place as the reason. None if
    /// the push carries none. Not needed to acknowledge a push, so it is called where there is time for it.
    func items(of push: Push) -> [Result<InboundItem, FrameProblem>]
}

extension Dialect {
    public var authCloseCodes: [UInt16] { [] }

    public func writeAfterRegistration(in context: DialectContext, into buffer: inout ByteBuffer) -> FrameKind? { nil }

    public func writeAcknowledgement(of push: Push, into buffer: inout ByteBuffer) -> FrameKind? { nil }

    /// To most dialects a pong is a sign of life of the socket, and nothing more.
    public func interpretPong(_ payload: ByteBuffer, identity: ConnectionIdentity) -> Meaning { .other }

    public func items(of push: Push) -> [Result<InboundItem, FrameProblem>] { [] }
}

/// A dialect that registers as a device, which stays the same for an account's whole life.
public protocol DeviceDialect: Dialect {
    var deviceID: String { get }

    /// Goes on with the device that this account was first seen with, unless another one is declared.
    mutating func keepDevice(_ device: String, of accountID: String)
}

/// What a dialect may put into a frame besides its own settings.
public struct DialectContext: Sendable {
    /// Of the connection that the frame is for.
    public var identity: ConnectionIdentity
    /// The time of writing.
    public var now: WallTime

    public init(identity: ConnectionIdentity, now: WallTime) {
        self.identity = identity
        self.now = now
    }
}

/// How a registration goes on after it was asked for.
public enum Registration: Hashable, Sendable {
    /// A frame was written. The account is registered when the gateway has answered it.
    case sent(FrameKind)
    /// Nothing is sent and nothing is expected: the account is registered as soon as the WebSocket is open.
    case notNeeded
}

/// As what a dialect's bytes are to be sent.
public enum FrameKind: Hashable, Sendable {
    case text
    case binary
    case ping
}

/// What a dialect makes of something received. Whatever it is, it is also a sign of life of the socket.
public enum Meaning: Sendable {
    /// The gateway has positively answered the registration.
    case registered
    /// The gateway has answered the registration with another code.
    case registrationRefused(code: Int)
    /// The answer to one of this connection's heartbeats.
    case reply(beat: UInt32, isPositive: Bool, code: Int)
    /// Something the gateway hands over and, in most dialects, wants acknowledged.
    case push(Push)
    /// Well-formed, and nothing this project acts on.
    case other
    /// Not of this dialect. Counted; whether the session survives it is the session's business.
    case malformed(FrameProblem)
}

/// Why a frame is not of the dialect. The text of the frame is not part of it: it may carry secrets.
public enum FrameProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case json(JSONError)
    case notText
    case notAnObject
    /// `headers` is there, but is no object.
    case badHeaders
    /// A message identifier that is neither a string nor a number.
    case badMessageID
    /// An answer to a request of ours whose `code` is missing, or is no integer.
    case badCode

    public var description: String {
        switch self {
        case .json(let error): "not JSON: \(error)"
        case .notText: "a binary message, where the dialect has text only"
        case .notAnObject: "the message is JSON, but no object"
        case .badHeaders: "`headers` is no object"
        case .badMessageID: "`headers.mid` is neither a string nor a number"
        case .badCode: "an answer without an integer `code`"
        }
    }
}
