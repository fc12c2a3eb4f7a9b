import NIOCore
import NIOPosix

/// A bare connection to the console, for what a well-behaved client does not do.
struct RawConnection {
    private let inbound: NIOAsyncChannelInboundStream<ByteBuffer>
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    static func with<Value: Sendable>(
        port: Int, _ body: @Sendable (RawConnection) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await body(RawConnection(inbound: inbound, outbound: outbound))
        }
    }

    func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    /// Everything until the other side closes, or until `end` has been read.
    func read(until end: String? = nil) async throws -> String {
        var text = ""
        do {
            for try await part in inbound {
                text += String(buffer: part)
                if let end, text.contains(end) { break }
            }
        } catch is IOError {
            // A reset is a close, too.
        }
        return text
    }
}
