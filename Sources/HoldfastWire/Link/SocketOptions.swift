import Glibc
import HoldfastCore
import NIOCore
import NIOPosix

extension TCPSettings {
    /// The family that can be reached from the local address; nil for both.
    var localFamily: AddressFamily? {
        localSocketAddress.flatMap { AddressFamily(of: $0) }
    }

    /// The local address with no port of its own.
    var localSocketAddress: SocketAddress? {
        localAddress.flatMap { try? SocketAddress(ipAddress: $0, port: 0) }
    }

    /// Whether the local address is one of this machine's. Asks the system.
    var localAddressIsHere: Bool {
        guard let own = localSocketAddress?.ipAddress, let devices = try? System.enumerateDevices() else { return true }
        return devices.contains { $0.address?.ipAddress == own }
    }

    fileprivate static func clamped(_ time: Duration) -> Duration {
        min(max(time, times.lowerBound), times.upperBound)
    }
}

extension ClientBootstrap {
    /// The options of `tcp(7)`. TCP_NODELAY is NIO's own default.
    func with(_ settings: TCPSettings) -> ClientBootstrap {
        func tcp(_ name: CInt) -> ChannelOptions.Types.SocketOption {
            ChannelOptions.tcpOption(NIOBSDSocket.Option(rawValue: name))
        }
        var bootstrap = self
        if settings.keepAlive > .zero {
            let idle = TCPSettings.clamped(settings.keepAlive)
            let pause = TCPSettings.clamped(idle / TCPSettings.keepAliveProbes)
            bootstrap =
                bootstrap
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .channelOption(tcp(TCP_KEEPIDLE), value: SocketOptionValue(idle.components.seconds))
                .channelOption(tcp(TCP_KEEPINTVL), value: SocketOptionValue(pause.components.seconds))
                .channelOption(tcp(TCP_KEEPCNT), value: SocketOptionValue(TCPSettings.keepAliveProbes))
        }
        if settings.userTimeout > .zero {
            let timeout = TCPSettings.clamped(settings.userTimeout)
            bootstrap = bootstrap.channelOption(
                tcp(TCP_USER_TIMEOUT), value: SocketOptionValue(timeout.wholeMilliseconds))
        }
        if let address = settings.localSocketAddress {
            // The port is chosen when connecting, so that it can serve several gateways at once.
            let latePort = ChannelOptions.Types.SocketOption(
                level: .ip, name: NIOBSDSocket.Option(rawValue: IP_BIND_ADDRESS_NO_PORT))
            bootstrap = bootstrap.channelOption(latePort, value: 1).bind(to: address)
        }
        return bootstrap
    }
}
