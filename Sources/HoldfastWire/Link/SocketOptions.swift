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
    /// Binds the socket to the local address, if there is one: the one setting that is due before a channel's initializer.
    func with(_ settings: TCPSettings) -> ClientBootstrap {
        guard let address = settings.localSocketAddress else { return self }
        // The port is chosen when connecting, so that it can serve several gateways at once.
        let latePort = ChannelOptions.Types.SocketOption(
            level: .ip, name: NIOBSDSocket.Option(rawValue: IP_BIND_ADDRESS_NO_PORT))
        return channelOption(latePort, value: 1).bind(to: address)
    }
}

extension Channel {
    /// Sets the options of `tcp(7)` at once, without the futures of a bootstrap. On the channel's loop, before it connects.
    /// TCP_NODELAY is NIO's own default.
    func set(_ settings: TCPSettings) throws {
        useAllLocalPorts()
        guard let options = syncOptions else { return }
        func setTCP(_ name: CInt, _ value: some BinaryInteger) throws {
            let option = ChannelOptions.tcpOption(NIOBSDSocket.Option(rawValue: name))
            try options.setOption(option, value: SocketOptionValue(value))
        }
        if settings.keepAlive > .zero {
            let idle = TCPSettings.clamped(settings.keepAlive)
            let pause = TCPSettings.clamped(idle / TCPSettings.keepAliveProbes)
            try options.setOption(.socketOption(.so_keepalive), value: 1)
            try setTCP(TCP_KEEPIDLE, idle.components.seconds)
            try setTCP(TCP_KEEPINTVL, pause.components.seconds)
            try setTCP(TCP_KEEPCNT, TCPSettings.keepAliveProbes)
        }
        if settings.userTimeout > .zero {
            try setTCP(TCP_USER_TIMEOUT, TCPSettings.clamped(settings.userTimeout).wholeMilliseconds)
        }
    }

    /// Lets the kernel choose among all local ports from the start. Otherwise it looks at those of one parity first: once
    /// a gateway's address has used up that half (14 116 of 28 232 by default), each connection more begins with a
    /// search through all of it, a millisecond of processor time. A range of its own makes a socket take the ports one
    /// by one, and bounds outside of the system's range change nothing else (IP_LOCAL_PORT_RANGE of `ip(7)`, Linux 6.3;
    /// an older kernel does not know it, and searches).
    private func useAllLocalPorts() {
        let localPortRange: CInt = 51  // IP_LOCAL_PORT_RANGE of linux/in.h
        let lowest: UInt32 = 1
        let highest: UInt32 = 65_535
        // Not among the sync options, whose values are 8 bytes: this one must have 4.
        _ = (self as? any SocketOptionProvider)?
            .unsafeSetSocketOption(
                level: .ip, name: NIOBSDSocket.Option(rawValue: localPortRange), value: highest << 16 | lowest)
    }
}
