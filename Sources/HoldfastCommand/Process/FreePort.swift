import NIOCore
import NIOPosix

/// Whether a port of the loopback address can be listened on now.
enum FreePort {
    static func isFree(_ port: Int) -> Bool {
        // A bind that succeeds is undone at once; another process may still be quicker, which then is a plain error.
        guard
            let channel = try? ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: "127.0.0.1", port: port).wait()
        else { return false }
        try? channel.close().wait()
        return true
    }
}
