import AsyncHTTPClient
import Foundation
import HoldfastCore
import HoldfastFleet
import NIOCore
import NIOHTTP1

/// Talks to a running Holdfast over its HTTP API. Every failure is a `CommandFailure` with what to do about it.
struct HoldfastClient: Sendable {
    /// `http://HOST:PORT`, without a slash at the end.
    let base: String
    private let token: Secret?

    /// The largest answer that is read: a page of 1 000 accounts has less than 2 MiB.
    static let answerLimitBytes = 16 << 20
    static let timeout = TimeAmount.seconds(20)

    /// Says at once that nobody answers, instead of trying again until the timeout. Lives as long as the process.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(configuration: configuration)
    }()

    init(base: String, token: String?) {
        self.base = base
        self.token = token.map { Secret($0) }
    }

    /// - Parameter accepting: statuses beyond 2xx whose body is an answer as well.
    func get(_ path: String, query: [(String, String)] = [], accepting: Set<UInt> = []) async throws -> Data {
        let pairs = query.map { "\($0)=\(Self.encoded($1))" }.joined(separator: "&")
        return try await send(.GET, path + (pairs.isEmpty ? "" : "?" + pairs), body: nil, accepting: accepting)
    }

    func post(
        _ path: String, body: Data? = nil, headers: [(String, String)] = [], timeout: TimeAmount = Self.timeout
    ) async throws -> Data {
        try await send(.POST, path, body: body, headers: headers, timeout: timeout)
    }

    func put(_ path: String, body: Data) async throws -> Data {
        try await send(.PUT, path, body: body)
    }

    func delete(_ path: String) async throws -> Data {
        try await send(.DELETE, path, body: nil)
    }

    /// - Throws: `CommandFailure` if the answer is not what this command knows.
    static func decode<Answer: Decodable>(_ type: Answer.Type, from data: Data) throws -> Answer {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: data)
        } catch {
            throw CommandFailure("the answer is not what this version of holdfast understands; is it another version?")
        }
    }

    private func send(
        _ method: HTTPMethod, _ path: String, body: Data?, headers: [(String, String)] = [], accepting: Set<UInt> = [],
        timeout: TimeAmount = Self.timeout,
        tries: Int = 10
    ) async throws -> Data {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        token?.withRevealed { request.headers.add(name: "Authorization", value: "Bearer \($0)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let status: HTTPResponseStatus
        let retryAfter: String?
        let answer: Data
        do {
            let response = try await Self.http.execute(request, timeout: timeout)
            status = response.status
            retryAfter = response.headers.first(name: "Retry-After")
            answer = Data(try await response.body.collect(upTo: Self.answerLimitBytes).readableBytesView)
        } catch {
            throw CommandFailure(
                "cannot reach Holdfast at \(base) (\(PlainReason.of(error))); is it running? --url or HOLDFAST_URL says where"
            )
        }
        if status == .tooManyRequests, tries > 1 {
            // A long list, one request after the other, may be faster than what one token may ask.
            try await Task.sleep(for: Self.rest(retryAfter))
            return try await send(
                method, path, body: body, headers: headers, accepting: accepting, timeout: timeout, tries: tries - 1)
        }
        guard (200..<300).contains(status.code) || accepting.contains(status.code) else {
            throw CommandFailure(Self.refusal(status, answer))
        }
        return answer
    }

    /// How long to wait before the next try.
    ///
    /// - Parameter retryAfter: what the answer said of it, in seconds.
    static func rest(_ retryAfter: String?) -> Duration {
        .seconds(min(max(retryAfter.flatMap { Int64($0) } ?? 1, 1), 60))
    }

    /// The words of a refusal: the problem's own where the answer is one.
    private static func refusal(_ status: HTTPResponseStatus, _ answer: Data) -> String {
        struct Problem: Decodable {
            var code: String
            var detail: String?
        }
        guard let problem = try? JSONDecoder().decode(Problem.self, from: answer) else {
            return "Holdfast answered \(status.code) \(status.reasonPhrase)"
        }
        var text = "\(problem.detail ?? status.reasonPhrase) (\(problem.code))"
        if status == .unauthorized { text += " Set HOLDFAST_TOKEN." }
        return text
    }

    /// A text as one segment of a path, or as a value of a query.
    static func encoded(_ text: String) -> String {
        let allowed = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    }
}
