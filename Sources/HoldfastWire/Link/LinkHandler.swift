import NIOCore
import NIOTLS

/// The one handler of ours in a link's channel: passes the channel's events on to the link, and nothing else. While several
/// sockets race for a link, only the one that the link has chosen is heard.
final class LinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let link: Link
    private var isChosen = false

    init(_ link: Link) {
        self.link = link
    }

    func channelActive(context: ChannelHandlerContext) {
        isChosen = link.connected(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let read = unwrapInboundIn(data)
        if isChosen { link.received(read) }
        if link.sharesReads { ReadBuffer.current.giveBack(read) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isChosen { link.readCompleted() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isChosen { link.writabilityChanged() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isChosen, case .handshakeCompleted = event as? TLSUserEvent { link.secured() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isChosen { link.caught(error) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isChosen { link.streamEnded() }
    }
}
