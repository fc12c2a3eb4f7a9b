import NIOCore
import NIOTLS

/// The one handler of ours in a link's channel: passes the channel's events on to the link, and nothing else.
final class LinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let link: Link

    init(_ link: Link) {
        self.link = link
    }

    func handlerAdded(context: ChannelHandlerContext) {
        link.attached(to: context)
    }

    func channelActive(context: ChannelHandlerContext) {
        link.connected()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        link.received(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        link.readCompleted()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        link.writabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { link.secured() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        link.caught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        link.streamEnded()
    }
}
