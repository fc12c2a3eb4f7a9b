import AsyncHTTPClient
import Crypto
public import HoldfastCore
public import HoldfastStore
import HoldfastWire
import NIOCore
import NIOHTTP1

/// Hands deliveries to a web service of the operator's: `POST` with the messages as JSON, signed.
///
/// 204, or 200 with `{"replies":[{"text":…}…]}` up to 1 MiB, means handled. 408, 429, 5xx and no answer are tried again
/// (`Retry-After` is heeded); any other answer makes letters.
public struct WebhookHandler: MessageHandler, Hashable {
    public let url: String
    public let timeout: Duration
    private let secret: Secret?

    /// Bytes of an answer.
    public static let answerLimitBytes = 1 << 20

    /// - Parameter secret: signs the requests; nil leaves the signature out.
    public init(url: String, timeout: Duration = .seconds(10), secret: Secret? = nil) {
        self.url = url
        self.timeout = timeout
        self.secret = secret
    }

    public func handle(_ delivery: Delivery) async throws -> [String] {
        var body = ByteBuffer()
        DeliveryJSON.write(delivery, into: &body)
        let timestamp = String(ProcessClock.wall.milliseconds / 1_000)
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "User-Agent", value: "Holdfast")
        request.headers.add(name: "Holdfast-Delivery", value: delivery.id)
        request.headers.add(name: "Holdfast-Timestamp", value: timestamp)
        if let secret {
            request.headers.add(
                name: "Holdfast-Signature", value: Self.signature(of: body, at: timestamp, by: secret))
        }
        request.body = .bytes(body)
        return try await post(request)
    }

    private func post(_ request: HTTPClientRequest) async throws -> [String] {
        do {
            return try await OutboundHTTP.answer(to: request, from: OutboundHTTP.client, within: timeout, take)
        } catch let failure as HandlerFailure {
            throw failure
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw HandlerFailure.later(reason: "no whole answer within \(timeout.inWords)")
        } catch {
            throw HandlerFailure.later(reason: "no answer: \(PlainReason.of(error))")
        }
    }

    private func take(_ answer: HTTPClientResponse) async throws -> [String] {
        switch answer.status.code {
        case 204:
            return []
        case 200:
            let body: ByteBuffer
            do {
                body = try await answer.body.collect(upTo: Self.answerLimitBytes)
            } catch is NIOTooManyBytesError {
                throw HandlerFailure.refused(reason: "an answer of more than \(Self.answerLimitBytes) bytes")
            }
            // What was cut off by the timeout is no answer, and no rubbish either.
            try Task.checkCancellation()
            guard let answer = HandlerAnswer(body) else {
                throw HandlerFailure.refused(reason: #"200 without {"replies":[{"text":…}]}"#)
            }
            return answer.replies
        case 408, 429, 500...599:
            let after = answer.headers.first(name: "Retry-After").flatMap { Int64($0) }
            throw HandlerFailure.later(
                reason: "HTTP \(answer.status.code)", after: after.map { .seconds(min(max($0, 0), 3_600)) })
        default:
            throw HandlerFailure.refused(reason: "HTTP \(answer.status.code)")
        }
    }

    /// `sha256=` and the HMAC of timestamp, a dot, and the body, in hexadecimal.
    static func signature(of body: ByteBuffer, at timestamp: String, by secret: Secret) -> String {
        secret.withRevealed { key in
            var code = HMAC<SHA256>(key: SymmetricKey(data: Array(key.utf8)))
            code.update(data: Array("\(timestamp).".utf8))
            code.update(data: Array(body.readableBytesView))
            return "sha256="
                + code.finalize().map { byte in
                    let hex = String(byte, radix: 16)
                    return byte < 16 ? "0" + hex : hex
                }.joined()
        }
    }
}
