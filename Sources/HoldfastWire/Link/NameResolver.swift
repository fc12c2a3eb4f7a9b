import Glibc
public import NIOCore
public import NIOPosix

/// Looks names up for all links of a process: off the event loops, one look-up in flight for each name, and what was
/// found is kept for a short time. A wave of 5 000 reconnects by name costs one look-up.
///
/// Limits: `nameLimit` names are kept, for `keptFor` each. Failures are not kept.
public final class NameResolver: Sendable {
    /// The one that links use unless told otherwise.
    public static let shared = NameResolver()

    /// How many names are kept at most; beyond it all are forgotten.
    public static let nameLimit = 1024
    /// How long a name is kept.
    public static let keptFor: Duration = .seconds(30)

    /// Why a name could not be resolved.
    public enum Failure: Error, Hashable, Sendable {
        /// The name does not exist, or has no address.
        case notFound
        /// It could not be found out now; the text says why.
        case unavailable(String)
        /// A system call failed; the number is the errno.
        case systemCall(errno: Int32)
    }

    private let names: SharedLookUp<String, [SocketAddress]>

    /// - Parameters:
    ///   - threads: where `lookUp` runs; it may block them for as long as it takes.
    ///   - lookUp: finds the addresses of a name, the preferred one first, with any port. By default the system's.
    public init(
        threads: NIOThreadPool = .singleton,
        lookUp: @escaping @Sendable (_ host: String) throws -> [SocketAddress] = NameResolver.getAddressInfo
    ) {
        names = SharedLookUp(limit: Self.nameLimit, keptFor: Self.keptFor, threads: threads) { host in
            let addresses = try lookUp(host)
            guard !addresses.isEmpty else { throw Failure.notFound }
            return addresses
        }
    }

    /// The addresses of a name, or of an address in text: at least one. Fails with `Failure`.
    public func addresses(of host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
        if let address = try? SocketAddress(ipAddress: host, port: port) {
            return loop.makeSucceededFuture([address])
        }
        return names.value(for: host, on: loop).map { addresses in
            addresses.map { address in
                var address = address
                address.port = port
                return address
            }
        }
    }

    /// Forgets what is known of a name, so that the next link looks it up anew. A look-up in flight goes on.
    public func forget(_ host: String) {
        names.forget(host)
    }

    /// Forgets all that is known.
    func forgetAll() {
        names.forgetAll()
    }

    /// Lets go of all that wait on a loop; their look-ups go on, for others.
    func abandon(_ loop: any EventLoop) {
        names.abandon(loop)
    }

    /// EAI_NODATA of glibc's `netdb.h`, which it hides from Swift: the name exists, and has no address.
    private static let noAddress: Int32 = -5

    /// The system's look-up, in the order of RFC 6724. Blocks.
    @Sendable
    public static func getAddressInfo(_ host: String) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        let number = errno
        defer { if let list { freeaddrinfo(list) } }
        switch status {
        case 0: break
        case EAI_NONAME, noAddress: throw Failure.notFound
        case EAI_SYSTEM: throw Failure.systemCall(errno: number)
        case EAI_MEMORY: throw Failure.systemCall(errno: ENOMEM)
        default: throw Failure.unavailable(String(cString: gai_strerror(status)))
        }
        var addresses: [SocketAddress] = []
        var next = list
        while let info = next?.pointee {
            next = info.ai_next
            guard let address = info.ai_addr else { continue }
            switch info.ai_family {
            case AF_INET:
                address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee))
                }
            case AF_INET6:
                address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee))
                }
            default: break
            }
        }
        return addresses
    }
}
