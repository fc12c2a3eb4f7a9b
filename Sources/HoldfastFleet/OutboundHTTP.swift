import AsyncHTTPClient
import NIOCore
import NIOSSL

/// How requests of ours leave: to handlers, to those who tell people, to login servers.
///
/// No redirection is followed: a POST would arrive as a GET at whoever is named there (RFC 9110 §15.4), with its signature, and
/// count as taken if that answers 200. And nothing is tried again behind the back of whoever counts the tries.
enum OutboundHTTP {
    /// One for all that trust what the system trusts; lives as long as the process. As many requests may run at once as there
    /// may be handlers at work.
    static let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration())

    /// - Parameter caFile: certificates to trust instead of the system's, as a PEM file.
    static func configuration(trusting caFile: String? = nil) -> HTTPClient.Configuration {
        var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
        settings.timeout.connect = .seconds(10)
        settings.connectionPool.retryConnectionEstablishment = false
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = MessageDesk.concurrency
        if let caFile { settings.tlsConfiguration = .client(trusting: caFile) }
        return settings
    }

    /// Sends a request and reads what of its answer is wanted, with one limit for both. The client's own deadline ends with the
    /// head of the answer: who sends that and then nothing more would be waited for without end.
    ///
    /// - Parameters:
    ///   - timeout: from the beginning to the last byte that is read.
    ///   - read: takes what is wanted, usually by `collect`. The rest of the body is left where it is.
    /// - Throws: `HTTPClientError.deadlineExceeded`, whatever the client throws, and what `read` throws.
    static func answer<Answer: Sendable>(
        to request: HTTPClientRequest, from client: HTTPClient, within timeout: Duration,
        _ read: @escaping @Sendable (HTTPClientResponse) async throws -> Answer
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            group.addTask {
                let answer = try await read(client.execute(request, timeout: TimeAmount(timeout)))
                // A body that was cut off by the limit looks like one that has ended.
                try Task.checkCancellation()
                return answer
            }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }
}

extension TLSConfiguration {
    /// - Parameter caFile: certificates to trust, as a PEM file; nil: the system's.
    static func client(trusting caFile: String?) -> TLSConfiguration {
        var settings = TLSConfiguration.makeClientConfiguration()
        if let caFile { settings.trustRoots = .file(caFile) }
        return settings
    }
}
