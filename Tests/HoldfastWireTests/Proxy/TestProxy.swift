import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

@testable import HoldfastWire

/// A proxy on loopback that follows a script: it waits for so many bytes, answers, and so on; then it leads to `upstream`, or
/// ends the connection if it has none.
final class TestProxy: Sendable {
    struct Turn: Sendable {
        var waitsForBytes: Int
        var answer: [UInt8]
    }

    let port: Int
    private let heard: NIOLockedValueBox<[UInt8]>
    private let listener: any Channel

    static func start(_ script: [Turn], upstream: Int?) async throws -> TestProxy {
        let heard = NIOLockedValueBox<[UInt8]>([])
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Handler(script[...], upstream: upstream, heard: heard))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TestProxy(listener, heard)
    }

    private init(_ listener: any Channel, _ heard: NIOLockedValueBox<[UInt8]>) {
        self.listener = listener
        port = listener.localAddress?.port ?? 0
        self.heard = heard
    }

    /// Everything that was said to the proxy itself.
    var said: [UInt8] { heard.withLockedValue { $0 } }

    func stop() async throws {
        try await listener.close().get()
    }

    private final class Handler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private var script: ArraySlice<Turn>
        private let upstream: Int?
        private let heard: NIOLockedValueBox<[UInt8]>
        private var pending = ByteBuffer()

        init(_ script: ArraySlice<Turn>, upstream: Int?, heard: NIOLockedValueBox<[UInt8]>) {
            (self.script, self.upstream, self.heard) = (script, upstream, heard)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            pending.writeImmutableBuffer(unwrapInboundIn(data))
            while let turn = script.first, let bytes = pending.readBytes(length: turn.waitsForBytes) {
                script.removeFirst()
                heard.withLockedValue { $0 += bytes }
                let isLast = script.isEmpty
                if isLast, let upstream { return lead(context, to: upstream, answer: turn.answer) }
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: turn.answer)), promise: nil)
                if isLast { context.close(promise: nil) }
            }
        }

        private func lead(_ context: ChannelHandlerContext, to port: Int, answer: [UInt8]) {
            let near = context.channel
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            ClientBootstrap(group: context.eventLoop)
                .channelInitializer { far in
                    far.eventLoop.makeCompletedFuture { try far.pipeline.syncOperations.addHandler(Glue(near)) }
                }
                .connect(host: "127.0.0.1", port: port)
                .whenSuccess { far in
                    try? near.pipeline.syncOperations.addHandler(Glue(far))
                    near.pipeline.syncOperations.removeHandler(context: bound.value, promise: nil)
                    near.writeAndFlush(ByteBuffer(bytes: answer), promise: nil)
                }
        }
    }

    private final class Glue: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let other: any Channel

        init(_ other: any Channel) {
            self.other = other
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            other.close(promise: nil)
        }
    }
}
