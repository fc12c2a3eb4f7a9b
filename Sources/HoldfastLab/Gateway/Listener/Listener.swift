import NIOCore
import NIOPosix
import NIOSSL

/// The door: takes connections on one port, and can be shut and opened again on the same one.
actor Listener {
    private let core: GatewayCore
    private let group: any EventLoopGroup
    private let tls: NIOSSLContext?
    private let reservation: PortReservation
    private var channel: (any Channel)?

    nonisolated var port: Int { reservation.address.port ?? 0 }

    init(
        core: GatewayCore, group: any EventLoopGroup, address: Gateway.Address, tls: NIOSSLContext?
    ) throws(CannotListen) {
        self.core = core
        self.group = group
        self.tls = tls
        self.reservation = try PortReservation(address)
    }

    /// Opens or shuts the door; returns when it is done. Connections that are open stay.
    func set(open: Bool) async throws {
        if open, channel == nil {
            channel = try await listen()
        } else if !open, let channel {
            self.channel = nil
            // Fails only if it is closed already.
            try? await channel.close()
        }
    }

    private func listen() async throws -> any Channel {
        do {
            return try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 4_096)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                // A wave of connects must not keep the loop from its sessions for long.
                .serverChannelOption(.maxMessagesPerRead, value: 16)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(
                    .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 65_536)
                )
                .childChannelInitializer { [core, tls] channel in
                    channel.eventLoop.makeCompletedFuture {
                        guard let lane = core.laneOfCurrentLoop(channel.eventLoop) else {
                            throw ChannelError.ioOnClosedChannel
                        }
                        if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                        try channel.pipeline.syncOperations.addHandler(GatewaySession(lane: lane))
                    }
                }
                .bind(to: reservation.address).get()
        } catch {
            throw CannotListen(reservation.wanted, why: "\(error)")
        }
    }
}
