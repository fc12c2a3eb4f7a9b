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
}

extension TLSConfiguration {
    /// - Parameter caFile: certificates to trust, as a PEM file; nil: the system's.
    static func client(trusting caFile: String?) -> TLSConfiguration {
        var settings = TLSConfiguration.makeClientConfiguration()
        if let caFile { settings.trustRoots = .file(caFile) }
        return settings
    }
}
