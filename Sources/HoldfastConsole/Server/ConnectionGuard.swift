import NIOCore
import NIOHTTPTypes

/// Closes a connection whose other side is too slow: a request that does not end in time, or an answer that is not taken.
///
/// Without it a handful of clients that send or read one byte a minute would hold every connection the console has.
/// Between requests the server's own idle timeout watches.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: ConsoleLimits
    private let counters: ConsoleCounters
    private var requestTimer: Scheduled<Void>?
    private var stallTimer: Scheduled<Void>?

    init(limits: ConsoleLimits, counters: ConsoleCounters) {
        self.limits = limits
        self.counters = counters
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            requestTimer?.cancel()
            requestTimer = close(context.channel, after: limits.requestTimeout) { $0.countTimedOutRequest() }
        case .body:
            break
        case .end:
            requestTimer?.cancel()
            requestTimer = nil
        }
        context.fireChannelRead(data)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stallTimer?.cancel()
        stallTimer = nil
        if !context.channel.isWritable {
            stallTimer = close(context.channel, after: limits.stallTimeout) { $0.countStalledConnection() }
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancelTimers()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        cancelTimers()
    }

    private func cancelTimers() {
        requestTimer?.cancel()
        stallTimer?.cancel()
        requestTimer = nil
        stallTimer = nil
    }

    private func close(
        _ channel: any Channel, after timeout: Duration, counting count: @escaping @Sendable (ConsoleCounters) -> Void
    ) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) { [counters] in
            count(counters)
            channel.close(promise: nil)
        }
    }
}
