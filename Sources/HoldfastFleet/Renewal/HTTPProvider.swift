import AsyncHTTPClient
import HoldfastCore
import NIOCore

/// A login by one HTTP request.
final class HTTPProvider: CredentialProvider {
    private let configuration: HTTPProviderConfiguration
    private let client: HTTPClient

    init(_ configuration: HTTPProviderConfiguration) {
        self.configuration = configuration
        // A login is tried once: whether it is tried again is the desk's to say.
        var settings = OutboundHTTP.configuration(trusting: configuration.caFile)
        settings.timeout.connect = TimeAmount(configuration.timeout)
        settings.decompression = .enabled(limit: .size(HTTPProviderConfiguration.answerLimitBytes))
        client = HTTPClient(configuration: settings)
    }

    func renew(_ request: LoginRequest) async -> LoginReply {
        do {
            let answer = try await send(self.request(for: request))
            return answer.reply(configuration, cookies: request.credentials.cookies)
        } catch is NIOTooManyBytesError {
            return .failed(
                .tryLater, "the login server answered more than \(HTTPProviderConfiguration.answerLimitBytes) bytes")
        } catch {
            return .failed(.tryLater, "the login server did not answer: \(PlainReason.of(error))")
        }
    }

    func close() async {
        try? await client.shutdown()
    }

    private func request(for login: LoginRequest) -> HTTPClientRequest {
        let template = LoginTemplate(request: login)
        var request = HTTPClientRequest(url: configuration.url)
        request.method = .RAW(value: configuration.method)
        var contentType: String?
        for header in configuration.headers {
            request.headers.add(name: header.name, value: template.fill(header.value, .plain))
            if header.name.lowercased() == "content-type" { contentType = header.value }
        }
        if let body = configuration.body {
            if contentType == nil { request.headers.add(name: "Content-Type", value: "application/json") }
            request.body = .bytes(ByteBuffer(string: template.fill(body, LoginTemplate.Form(contentType: contentType))))
        }
        return request
    }

    private func send(_ request: HTTPClientRequest) async throws -> LoginAnswer {
        try await OutboundHTTP.answer(to: request, from: client, within: configuration.timeout) { response in
            let body = try await response.body.collect(upTo: HTTPProviderConfiguration.answerLimitBytes)
            return LoginAnswer(
                status: Int(response.status.code), setCookies: response.headers["Set-Cookie"],
                body: Array(body.readableBytesView))
        }
    }
}
