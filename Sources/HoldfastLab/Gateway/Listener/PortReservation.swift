import Glibc
import NIOCore

/// Keeps a port ours while nobody listens on it.
///
/// The gateway closes its listener to refuse connections, and wants the same port back. A port chosen by the system could in
/// the meantime become the local port of somebody's outgoing connection, even of the very client that is being refused, which
/// then would be connected to itself. A socket that is bound and does not listen prevents that: connects to it are refused.
final class PortReservation: Sendable {
    /// As it was asked for, for people.
    let wanted: Gateway.Address
    let address: SocketAddress
    private let descriptor: CInt

    /// Takes the port; port 0 lets the system choose one.
    init(_ wanted: Gateway.Address) throws(CannotListen) {
        guard (0...65_535).contains(wanted.port),
            let requested = try? SocketAddress.makeAddressResolvingHost(wanted.host, port: wanted.port)
        else { throw CannotListen(wanted, why: "there is no such address") }
        let descriptor = socket(
            requested.protocol == .inet6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw CannotListen(wanted, errno: errno) }
        var yes: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        let result = requested.withSockAddr { bind(descriptor, $0, socklen_t($1)) }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw CannotListen(wanted, errno: code)
        }
        guard let address = Self.address(of: descriptor, host: wanted.host) else {
            close(descriptor)
            throw CannotListen(wanted, why: "the port that was chosen cannot be read")
        }
        self.wanted = wanted
        self.descriptor = descriptor
        self.address = address
    }

    deinit {
        close(descriptor)
    }

    private static func address(of descriptor: CInt, host: String) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { return nil }
        // Both kinds of addresses have the port, in network order, behind the 16 bits of the family.
        let port = withUnsafeBytes(of: &storage) {
            UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
        return try? SocketAddress.makeAddressResolvingHost(host, port: Int(port))
    }
}

/// The gateway cannot listen on an address.
public struct CannotListen: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ address: Gateway.Address, why: String) {
        description = "cannot listen on \(address.urlHost):\(address.port): \(why)"
    }

    init(_ address: Gateway.Address, errno code: CInt) {
        self.init(address, why: String(cString: strerror(code)))
    }
}
