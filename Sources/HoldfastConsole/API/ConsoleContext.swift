import Hummingbird
import Logging
import NIOCore

/// What belongs to one request besides the request itself.
struct ConsoleContext: InitializableFromSource, Sendable {
    typealias Source = ApplicationRequestContextSource

    let logger: Logger
    /// The address of the other side, for the audit line.
    let peer: String

    init(source: ApplicationRequestContextSource) {
        logger = source.logger
        peer = source.channel.remoteAddress.map(Self.text) ?? "unknown"
    }

    /// `10.0.0.7:51234` or `[::1]:51234`.
    static func text(_ address: SocketAddress) -> String {
        guard let host = address.ipAddress, let port = address.port else { return "\(address)" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
