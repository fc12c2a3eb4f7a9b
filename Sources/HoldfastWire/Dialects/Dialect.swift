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

    /// What close codes of their own mean to this dialect's gateways.
    var closeCodes: CloseCodeRules { get }

    /// The gateway speaks first: nothing is sent before its greeting.
    var awaitsHello: Bool { get }

    /// The sequence that frames carry goes on over connections, so that a gap between two of them shows.
    var continuesSequence: Bool { get }

    /// Writes what makes the gateway know the account.
    ///
    /// - Parameter token: the credential; it is read for each attempt and not kept.
    func writeRegistration(
        token: Secret?, in context: DialectContext, into buffer: inout ByteBuffer
    ) -> Registration

    /// Whether the registration shows the account's token: without one a gateway can only refuse it.
    var registersWithToken: Bool { get }

    /// Writes the frame that follows a positive answer to the registration; nil if none does.
    func writeAfterRegistration(in context: DialectContext, into buffer: inout ByteBuffer) -> FrameKind?

    /// Writes heartbeat number `beat` of this connection.
    func writeHeartbeat(_ beat: UInt32, in context: DialectContext, into buffer: inout ByteBuffer) -> FrameKind

    /// Writes the acknowledgement of a push; nil if the gateway wants none.
    func writeAcknowledgement(of push: Push, into buffer: inout ByteBuffer) -> FrameKind?

    /// Writes the answer to a question of the gateway whether we are there; nil if it wants none.
    func writeAnswer(to question: Push, in context: DialectContext, into buffer: inout ByteBuffer) -> FrameKind?

    /// Writes what asks for the messages that a gap in the sequence has shown to be missing; nil if there is no such thing.
    func writeResync(in context: DialectContext, into buffer: inout ByteBuffer) -> FrameKind?

    /// Finds out what a whole message of the gateway means, and which place in the gateway's sequence it has.
    ///
    /// - Parameter isText: whether it came as a text message, whose UTF-8 has then been checked.
    func receive(_ frame: ByteBuffer, isText: Bool, identity: ConnectionIdentity) -> Received

    /// Finds out what a whole message of the gateway means; all that a dialect without a sequence has to tell.
    ///
    /// - Parameter isText: whether it came as a text message, whose UTF-8 has then been checked.
    func interpret(_ frame: ByteBuffer, isText: Bool, identity: ConnectionIdentity) -> Meaning

    /// Finds out what a pong frame means.
    func interpretPong(_ payload: ByteBuffer, identity: ConnectionIdentity) -> Meaning

    /// The business items that a push hands over, in their order; what cannot be read is in its place as the reason. None if
    /// the push carries none. Not needed to acknowledge a push, so it is called where there is time for it.
    func items(of push: Push) -> [Result<InboundItem, FrameProblem>]

    /// Finds what counting and telling duplicates need, without making texts, in a push that brings nothing but messages of
    /// others, each with an id. False for any other push, and where the dialect does not know such a short way: then
    /// `items(of:)` has to be asked. True means that it would have found just these, in this order, and could read them all.
    ///
    /// - Parameter look: what was in it is replaced.
    func look(at push: Push, into look: inout PushLook) -> Bool

    /// Writes a message of ours. Nil if the dialect knows no messages, or not this one; nothing is written then.
    ///
    /// - Parameter number: counts the messages of this connection; its answer comes back with it.
    func writeMessage(
        _ message: OutboundMessage, number: UInt32, in context: DialectContext, into buffer: inout ByteBuffer
    ) -> FrameKind?
}

extension Dialect {
    public var closeCodes: CloseCodeRules { CloseCodeRules() }
    public var awaitsHello: Bool { false }
    public var continuesSequence: Bool { false }
    public var registersWithToken: Bool { false }

    public func writeAfterRegistration(in context: DialectContext, into buffer: inout ByteBuffer) -> FrameKind? { nil }

    public func writeAcknowledgement(of push: Push, into buffer: inout ByteBuffer) -> FrameKind? { nil }

    public func writeAnswer(
        to question: Push, in context: DialectContext, into buffer: inout ByteBuffer
    ) -> FrameKind? { nil }

    public func writeResync(in context: DialectContext, into buffer: inout ByteBuffer) -> FrameKind? { nil }

    public func receive(_ frame: ByteBuffer, isText: Bool, identity: ConnectionIdentity) -> Received {
        Received(interpret(frame, isText: isText, identity: identity))
    }

    /// To most dialects a pong is a sign of life of the socket, and nothing more.
    public func interpretPong(_ payload: ByteBuffer, identity: ConnectionIdentity) -> Meaning { .other }

    public func items(of push: Push) -> [Result<InboundItem, FrameProblem>] { [] }

    public func look(at push: Push, into look: inout PushLook) -> Bool { false }

    public func writeMessage(
        _ message: OutboundMessage, number: UInt32, in context: DialectContext, into buffer: inout ByteBuffer
    ) -> FrameKind? { nil }
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
    /// The last place in the gateway's sequence without a gap before it, on this connection or, where the dialect says so, on
    /// an earlier one; nil before the first.
    public var lastSequence: UInt64?

    public init(identity: ConnectionIdentity, now: WallTime, lastSequence: UInt64? = nil) {
        self.identity = identity
        self.now = now
        self.lastSequence = lastSequence
    }
}

/// How a registration goes on after it was asked for.
public enum Registration: Hashable, Sendable {
    /// A frame was written. The account is registered when the gateway has answered it.
    case sent(FrameKind)
    /// Nothing is sent; the account is registered when the gateway says so by itself.
    case awaited
    /// Nothing is sent and nothing is expected: the account is registered as soon as the WebSocket is open.
    case notNeeded
}

/// As what a dialect's bytes are to be sent.
public enum FrameKind: Hashable, Sendable {
    case text
    case binary
    case ping
}

/// What a dialect makes of a message.
public struct Received: Sendable {
    public var meaning: Meaning
    /// The message's place in the gateway's sequence, where it has one.
    public var sequence: UInt64?

    public init(_ meaning: Meaning, sequence: UInt64? = nil) {
        self.meaning = meaning
        self.sequence = sequence
    }
}

/// What a dialect makes of something received. Whatever it is, it is also a sign of life of the socket.
public enum Meaning: Sendable {
    /// The gateway's greeting, with the interval of heartbeats that it dictates, if it does.
    case hello(heartbeatEvery: Duration?)
    /// The gateway has positively answered the registration.
    case registered
    /// The gateway has answered the registration with another code.
    case registrationRefused(code: Int)
    /// The gateway will not serve us, before or after the registration; the dialect knows what that speaks against.
    case refused(as: FailureClass, code: Int)
    /// The answer to one of this connection's heartbeats; `beat` is nil where answers do not say to which.
    case reply(beat: UInt32?, isPositive: Bool, code: Int)
    /// The gateway asks whether we are there, in a message of its own.
    case question(Push)
    /// The gateway will end this connection and asks us to connect anew within this time.
    case reconnectSoon(within: Duration)
    /// The answer to one of this connection's messages of ours.
    ///
    /// - `detail`: the gateway's name for the message, or why it refuses it.
    case sent(number: UInt32, isPositive: Bool, code: Int, detail: String?)
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
    /// An item whose content is not base64, or empty.
    case badBase64
    /// An item whose JSON is not UTF-8.
    case badUTF8
    case messagePack(MessagePackError)
    /// What should hold the items is no array.
    case notAnArray
    /// More items than one push may hand over; the rest is left out.
    case tooManyItems

    public var description: String {
        switch self {
        case .json(let error): "not JSON: \(error)"
        case .notText: "a binary message, where the dialect has text only"
        case .notAnObject: "the message is JSON, but no object"
        case .badHeaders: "`headers` is no object"
        case .badMessageID: "`headers.mid` is neither a string nor a number"
        case .badCode: "an answer without an integer `code`"
        case .badBase64: "an item that is not base64, or empty"
        case .badUTF8: "an item whose JSON is not UTF-8"
        case .messagePack(let error): "neither JSON nor MessagePack: \(error)"
        case .notAnArray: "the items are no array"
        case .tooManyItems: "too many items in one message"
        }
    }
}
