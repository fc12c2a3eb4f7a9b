import AsyncHTTPClient
import HoldfastCore
import NIOCore
import NIOHTTP1

/// Posts Alertmanager's payload to a web service. 2xx: it has the message; 408, 429, 5xx and no answer are tried again.
struct WebhookSender: NotificationSender {
    let channel: String
    let configuration: WebhookChannel
    let timeout: Duration
    let console: String?
    private let poster: Poster

    init(channel: String, _ configuration: WebhookChannel, timeout: Duration, console: String?) {
        self.channel = channel
        self.configuration = configuration
        self.timeout = timeout
        self.console = console
        poster = Poster(caFile: configuration.caFile)
    }

    func send(_ notification: AlertNotification, _ text: NotificationText) async throws(ChannelFailure) {
        let payload = AlertmanagerPayload(notification, text, receiver: channel, console: console)
        guard let body = try? payload.json() else { throw .refused("the message cannot be written as JSON") }
        let timestamp = String(ProcessClock.wall.milliseconds / 1_000)
        var headers = HTTPHeaders([("Holdfast-Delivery", notification.id), ("Holdfast-Timestamp", timestamp)])
        if let secret = configuration.secret {
            let signature = WebhookHandler.signature(of: ByteBuffer(bytes: body), at: timestamp, by: secret)
            headers.add(name: "Holdfast-Signature", value: signature)
        }
        let url = configuration.url.withRevealed(\.self)
        let answer = try await poster.post(body, to: url, headers, within: timeout)
        if let failure = ChannelFailure(status: answer.status, retryAfter: answer.retryAfter) { throw failure }
    }

    func close() async { await poster.close() }
}

/// Posts to a chat's webhook.
struct ChatSender: NotificationSender {
    let configuration: ChatChannel
    let timeout: Duration
    private let poster = Poster(caFile: nil)

    init(_ configuration: ChatChannel, timeout: Duration) {
        self.configuration = configuration
        self.timeout = timeout
    }

    func send(_ notification: AlertNotification, _ text: NotificationText) async throws(ChannelFailure) {
        let (service, secret) = (configuration.service, configuration.secret)
        let made = configuration.url.withRevealed { url in
            try? service.post(text, to: url, secret: secret, at: ProcessClock.wall)
        }
        guard let post = made else { throw .refused("the message cannot be written as JSON") }
        let answer = try await poster.post(post.body, to: post.url, [:], within: timeout)
        if let after = answer.retryAfter, let failure = ChannelFailure(status: answer.status, retryAfter: after) {
            throw failure
        }
        if let failure = service.problem(status: answer.status, body: answer.body) { throw failure }
    }

    func close() async { await poster.close() }
}

/// One request at a time, with the process's shared client unless own certificates are to be trusted.
private struct Poster: Sendable {
    private let own: HTTPClient?

    struct Answer: Sendable {
        var status: Int
        var retryAfter: Duration?
        var body: [UInt8]
    }

    /// Bytes of an answer.
    static let answerLimitBytes = 64 << 10

    init(caFile: String?) {
        own = caFile.map { HTTPClient(configuration: OutboundHTTP.configuration(trusting: $0)) }
    }

    func post(
        _ body: [UInt8], to url: String, _ headers: HTTPHeaders, within timeout: Duration
    ) async throws(ChannelFailure) -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = headers
        request.headers.add(name: "Content-Type", value: "application/json; charset=utf-8")
        request.headers.add(name: "User-Agent", value: "Holdfast")
        request.body = .bytes(body)
        do {
            return try await OutboundHTTP.answer(to: request, from: own ?? OutboundHTTP.client, within: timeout) {
                response in
                let body = try await response.body.collect(upTo: Self.answerLimitBytes)
                let after = response.headers.first(name: "Retry-After").flatMap { Int64($0) }
                return Answer(
                    status: Int(response.status.code), retryAfter: after.map { .seconds(min(max($0, 0), 3_600)) },
                    body: Array(body.readableBytesView))
            }
        } catch is NIOTooManyBytesError {
            throw .refused("an answer of more than \(Self.answerLimitBytes) bytes")
        } catch {
            throw .later("no answer: \(PlainReason.of(error))")
        }
    }

    func close() async { try? await own?.shutdown() }
}
