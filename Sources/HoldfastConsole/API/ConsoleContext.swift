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
        peer = source.channel.remoteAddress?.description ?? "unknown"
    }
}
