import Crypto
public import HoldfastCore
public import NIOCore

/// The dialect of the reference system's gateway: requests, answers and pushes as JSON text (requirements §10).
///
/// A request is `{"lwp":<path>,"headers":{"mid":…},"body":…}`, an answer `{"code":…,"headers":{"mid":<same>},…}`; both
/// sides send both. An answer belongs to the request with its `mid`, and to nothing else.
public struct LWP: Dialect {
    public static let name = "lwp"

    /// The answer that means yes.
    static let success: Int64 = 200

    /// Names the application to the gateway.
    public let appKey: String
    /// Names the device. The gateway knows an account's device by it, so it stays the same for the account's whole life.
    /// Derived from the account's id where none is declared, whenever it is needed: at each registration.
    public var deviceID: String { ownDevice ?? LWP.deviceID(of: accountID) }
    /// What the client calls itself.
    public let userAgent: String
    /// The account's own number at the gateway, by which its own messages are told from those of others.
    public let userID: String?
    private let accountID: String
    private var ownDevice: String?

    /// - Parameters:
    ///   - accountID: the account's id in Holdfast; the device id is derived from it when none is given.
    ///   - deviceID: the device id to register with. Tokens are often issued for one device: then it must be that one.
    public init(
        accountID: String,
        appKey: String,
        userAgent: String = LWP.defaultUserAgent,
        deviceID: String? = nil,
        userID: String? = nil
    ) {
        self.appKey = appKey
        self.userAgent = userAgent
        self.userID = userID
        self.accountID = accountID
        ownDevice = deviceID == LWP.deviceID(of: accountID) ? nil : deviceID
    }

    public static let defaultUserAgent = "Holdfast"

    /// A device id in the form of a UUID, the same for an account on every machine and after every restart: the first 16
    /// bytes of the SHA-256 of the account's id, marked as a UUID of version 8 (RFC 9562 §5.8: made by a rule of one's own).
    public static func deviceID(of accountID: String) -> String {
        var bytes = Array(SHA256.hash(data: Array("holdfast lwp device \(accountID)".utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef")
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append("-") }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0xF)])
        }
        return text
    }
}

extension LWP: DeviceDialect {
    /// Goes on with the device that this account was first seen with, unless another one is declared.
    public mutating func keepDevice(_ device: String, of accountID: String) {
        guard !device.isEmpty, ownDevice == nil else { return }
        ownDevice = device == deviceID ? nil : device
    }
}

// MARK: - What is sent

extension LWP {
    public var registersWithToken: Bool { true }

    /// Without a token an empty one is sent: the gateway's refusal then says what is missing.
    public func writeRegistration(
        token: Secret?, in context: DialectContext, into buffer: inout ByteBuffer
    ) -> Registration {
        buffer.writeStaticString(#"{"lwp":"/reg","headers":{"cache-header":"app-key token ua wv","app-key":"#)
        buffer.writeJSON(appKey)
        buffer.writeStaticString(#","token":"#)
        (token ?? Secret("")).withRevealed { buffer.writeJSON($0) }
        buffer.writeStaticString(#","ua":"#)
        buffer.writeJSON(userAgent)
        buffer.writeStaticString(#","dt":"j","wv":"im:3,au:3,sy:6","sync":"0,0;0;0;","did":"#)
        buffer.writeJSON(deviceID)
        buffer.writeStaticString(#","mid":"#)
        LWPMid.registration.write(of: context.identity, into: &buffer)
        buffer.writeStaticString("}}")
        return .sent(.text)
    }

    /// Tells the gateway from when on to deliver: from now.
    public func writeAfterRegistration(in context: DialectContext, into buffer: inout ByteBuffer) -> FrameKind? {
        let milliseconds = min(max(context.now.milliseconds, 0), Int64.max / 1_000)
        buffer.writeStaticString(#"{"lwp":"/r/SyncStatus/ackDiff","headers":{"mid":"#)
        LWPMid.synchronization.write(of: context.identity, into: &buffer)
        buffer.writeStaticString(
            #"},"body":[{"pipeline":"sync","tooLong2Tag":"PNM,1","channel":"sync","topic":"sync","#)
        buffer.writeStaticString(#""highPts":0,"pts":"#)
        buffer.writeJSON(milliseconds * 1_000)
        buffer.writeStaticString(#","seq":0,"timestamp":"#)
        buffer.writeJSON(milliseconds)
        buffer.writeStaticString("}]}")
        return .text
    }

    public func writeHeartbeat(
        _ beat: UInt32, in context: DialectContext, into buffer: inout ByteBuffer
    ) -> FrameKind {
        buffer.writeStaticString(#"{"lwp":"/!","headers":{"mid":"#)
        LWPMid.heartbeat(beat).write(of: context.identity, into: &buffer)
        buffer.writeStaticString("}}")
        return .text
    }
}

// MARK: - What is configured

extension LWP: ConfiguredDialect {
    public static func read(_ options: any DialectOptions, over base: LWP?, accountID: String?) -> LWP {
        let appKey = options.text("app_key", preset: "none", allowed: "names the application to the gateway")
        let agent = options.text("ua", preset: defaultUserAgent, allowed: "what the client calls itself")
        var (userID, device): (String?, String?)
        if accountID != nil {
            userID = options.text("user_id", preset: "none", allowed: "the account's own number at the gateway")
            device = options.text(
                "device_id", preset: "derived from the id", allowed: "the device the token was made for")
        }
        options.finish()
        return LWP(
            accountID: accountID ?? "", appKey: appKey ?? base?.appKey ?? "",
            userAgent: agent ?? base?.userAgent ?? defaultUserAgent, deviceID: device, userID: userID)
    }
}

// MARK: - What is received

extension LWP {
    public func interpret(_ frame: ByteBuffer, isText: Bool, identity: ConnectionIdentity) -> Meaning {
        guard isText else { return .malformed(.notText) }
        let json = frame.readableBytesSpan
        do throws(FrameProblem) {
            let envelope = try LWPEnvelope(json)
            guard let mid = envelope.headers.mid else { return .other }
            guard !envelope.isRequest else { return .push(envelope.push(frame, mid: mid)) }
            guard let request = LWPMid(mid, of: identity, in: json) else { return .other }
            return try answer(envelope, to: request, in: json)
        } catch {
            return .malformed(error)
        }
    }

    private func answer(_ envelope: LWPEnvelope, to request: LWPMid, in json: RawSpan) throws(FrameProblem) -> Meaning {
        guard let code = envelope.code?.integer(in: json) else { throw .badCode }
        let isPositive = code == Self.success
        switch request {
        case .registration: return isPositive ? .registered : .registrationRefused(code: Int(code))
        case .heartbeat(let beat): return .reply(beat: beat, isPositive: isPositive, code: Int(code))
        case .synchronization: return .other
        case .message(let number):
            let detail = Self.detail(in: envelope.body, isPositive: isPositive, of: json)
            return .sent(number: number, isPositive: isPositive, code: Int(code), detail: detail)
        }
    }
}
