import HoldfastCore
import NIOCore

/// The answer to our request for an upgrade, as it comes in: judged if it is 101; if it is not, read as far as people need
/// it.
struct UpgradeExchange {
    enum Outcome: Equatable {
        case upgraded(Handshake.Choice)
        case refused(UpgradeRefusal)
    }

    private let handshake: Handshake
    private var parser = HTTPHeadParser(.response)
    private var refusal: UpgradeRefusal?
    private var bodyMissingBytes = 0

    init(_ handshake: Handshake) {
        self.handshake = handshake
    }

    /// The outcome, or nil if more has to be read. Takes from `input` what it has used.
    mutating func next(from input: inout ByteBuffer) throws(ProtocolViolation) -> Outcome? {
        while refusal == nil {
            guard let head = try parser.next(from: &input) else { return nil }
            guard case .response(let status, let reason) = head.startLine else { throw .badHTTP }
            switch status {
            case 101:
                return .upgraded(try handshake.verify(head))
            case 100..<200:
                continue  // an interim answer says nothing yet (RFC 9110 §15.2)
            default:
                refusal = UpgradeRefusal(status: status, reason: reason, head: head)
                bodyMissingBytes = Self.bodyBytes(head)
            }
        }
        let part = input.readSlice(length: min(bodyMissingBytes, input.readableBytes))
        if let part {
            refusal?.body.writeImmutableBuffer(part)
            bodyMissingBytes -= part.readableBytes
        }
        return bodyMissingBytes == 0 ? refusal.map(Outcome.refused) : nil
    }

    /// What is known of a refusal whose body did not end, because the stream did or because we wait no longer.
    var refusalSoFar: UpgradeRefusal? { refusal }

    /// How much of the body is wanted.
    private static func bodyBytes(_ head: HTTPHead) -> Int {
        let limit = LinkOptions.refusalBodyLimitBytes
        guard let text = head.values(of: "content-length").first else { return limit }
        return min(HTTPHeadParser.number(text.utf8) ?? limit, limit)
    }
}

/// An answer to the request for an upgrade that is not 101.
struct UpgradeRefusal: Hashable, Sendable {
    var status: Int
    var reason: String
    var retryAfter: Duration?
    /// At most `LinkOptions.refusalBodyLimitBytes`.
    var body = ByteBuffer()

    init(status: Int, reason: String, head: HTTPHead) {
        self.status = status
        self.reason = reason
        retryAfter = head.values(of: "retry-after").first.flatMap {
            RetryAfter.duration($0, date: head.values(of: "date").first)
        }
    }

    /// The failure as a link reports it.
    func error(_ endpoint: String) -> LinkError {
        LinkError(
            .upgradeRefused(status: status, retryAfter: retryAfter),
            "\(endpoint) refused the upgrade with \(status)\(reason.isEmpty ? "" : " ")\(Self.legible(reason))",
            said: Self.legible(String(buffer: body)))
    }

    /// A peer's text without what could disturb a log or a terminal, in one line.
    static func legible(_ text: String) -> String {
        text.split { $0.isWhitespace || $0.isNewline }
            .map {
                String(
                    $0.unicodeScalars.filter {
                        !$0.properties.isDefaultIgnorableCodePoint && $0.value >= 0x20
                            && !(0x7F...0x9F).contains($0.value)
                    })
            }
            .filter { !$0.isEmpty }
            .joined(separator: " ")
    }
}
