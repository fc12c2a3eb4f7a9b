import HoldfastCore
import HoldfastWire

/// What a lane needs to know of one account. Never changed: a reload puts another one in its place.
final class Account: Sendable {
    let configuration: AccountConfiguration
    /// The number of its endpoint in the fleet's `EndpointTable`.
    let endpoint: UInt32
    /// The rules of its dialect; what the frame path uses.
    let dialect: any Dialect

    init(_ configuration: AccountConfiguration, endpoint: UInt32) {
        self.configuration = configuration
        self.endpoint = endpoint
        dialect = configuration.dialect.rules
    }

    var id: String { configuration.id }

    /// Where it connects to, with the cookies that are declared. Made for each attempt.
    var target: LinkTarget { Credentials(declaredBy: configuration).target(of: configuration) }

    func linkOptions(_ resolver: NameResolver) -> LinkOptions {
        var options = LinkOptions()
        options.resolver = resolver
        options.frameLimitBytes = configuration.limits.frameBytes
        options.messageLimitBytes = configuration.limits.messageBytes
        options.deflate = configuration.deflate
        options.closeTimeout = configuration.settings.phases.close
        return options
    }
}
