import Glibc
public import NIOCore
public import NIOPosix

/// The two kinds of addresses.
public enum AddressFamily: String, Sendable, Hashable, CaseIterable {
    case v6, v4

    /// The family of an address; nil for a path.
    init?(of address: SocketAddress) {
        switch address {
        case .v6: self = .v6
        case .v4: self = .v4
        case .unixDomainSocket: return nil
        }
    }
}

/// Looks names up for all links of a process, IPv6 and IPv4 apart (RFC 8305 §3): off the event loops, on threads of its own,
/// one look-up in flight for each name and family. What was found is kept for a short time, so a wave of 5 000 reconnects by
/// name costs one look-up.
///
/// When a look-up fails or takes longer than `patience`, the addresses known last stand in for `staleFor`: a name server
/// that is down does not keep sessions from coming back.
public final class NameResolver: Sendable {
    /// The one that links use unless told otherwise.
    public static let shared: NameResolver = {
        let threads = NIOThreadPool(numberOfThreads: threadCount)
        threads.start()
        return NameResolver(threads: threads)
    }()

    /// How many look-ups of the system run at once; each keeps a thread while it waits for the name server.
    public static let threadCount = 4
    /// How many names are kept and looked up at most, each family counting.
    public static let nameLimit = 2048
    /// How long addresses are kept.
    public static let keptFor: Duration = .seconds(30)
    /// How long it is kept that a name cannot be looked up, or does not exist.
    public static let failureKeptFor: Duration = .seconds(2)
    /// How long beyond `keptFor` addresses may stand in while the name cannot be looked up (RFC 8767).
    public static let staleFor: Duration = .seconds(3600)
    /// How long a link waits for a look-up before it takes the addresses known last (RFC 8767 §5 recommends 1.8 s).
    public static let patience: Duration = .milliseconds(1800)

    /// Why a name could not be resolved.
    public enum Failure: Error, Hashable, Sendable {
        /// The name does not exist.
        case notFound
        /// It could not be found out now; the text says why.
        case unavailable(String)
        /// A system call failed; the number is the errno.
        case systemCall(errno: Int32)
    }

    /// What became of questions, since the start. Each family of a name is a question of its own.
    public struct Counts: Sendable, Hashable {
        /// Look-ups made.
        public var lookUps: UInt64 = 0
        /// Questions answered without a look-up of their own: from the cache, or together with others.
        public var hits: UInt64 = 0
        /// Look-ups that failed.
        public var failures: UInt64 = 0
        /// Times an older answer stood in.
        public var stale: UInt64 = 0
        /// Questions turned away because of `nameLimit`.
        public var refused: UInt64 = 0
        /// Names kept now, each family counting.
        public var kept = 0

        public init() {}
    }

    struct Query: Hashable, Sendable {
        var host: String
        var family: AddressFamily
    }

    typealias Names = SharedLookUp<Query, [SocketAddress]>
    typealias Wait = Names.Wait
    private let names: Names

    /// - Parameters:
    ///   - threads: where `lookUp` runs; it may block them for as long as it takes.
    ///   - lookUp: finds the addresses of a name in one family, the preferred one first, with any port; none if the name has
    ///     none there. By default the system's.
    public convenience init(
        threads: NIOThreadPool = .singleton,
        lookUp: @escaping @Sendable (_ host: String, _ family: AddressFamily) throws -> [SocketAddress] =
            NameResolver.getAddressInfo
    ) {
        self.init(threads: threads, now: { .now() }, lookUp: lookUp)
    }

    /// - Parameter now: the clock by which answers grow old.
    package init(
        threads: NIOThreadPool = .singleton, now: @escaping @Sendable () -> NIODeadline,
        lookUp: @escaping @Sendable (_ host: String, _ family: AddressFamily) throws -> [SocketAddress]
    ) {
        let terms = Names.Terms(
            limit: Self.nameLimit, keptFor: Self.keptFor, failureKeptFor: Self.failureKeptFor, staleFor: Self.staleFor,
            freshFor: .seconds(1))
        names = Names(
            terms, threads: threads, now: now,
            mayBeStale: {
                if case .unavailable = $0 as? Failure { true } else { false }
            },
            find: { try lookUp($0.host, $0.family) })
    }

    /// The addresses of a name in one family, or a `Failure`.
    func addresses(
        of host: String, _ family: AddressFamily, on loop: any EventLoop,
        _ take: @escaping (Result<[SocketAddress], any Error>) -> Void
    ) -> Names.Answer {
        names.value(for: Query(host: host, family: family), on: loop, take)
    }

    /// The addresses known last, if they may still be used.
    func staleAddresses(of host: String, _ family: AddressFamily) -> [SocketAddress]? {
        names.staleValue(for: Query(host: host, family: family))
    }

    /// Has the next link look a name up anew, unless that was done within the last second. A look-up in flight goes on.
    public func forget(_ host: String) {
        for family in AddressFamily.allCases { names.forget(Query(host: host, family: family)) }
    }

    /// Forgets all that is kept.
    func forgetAll() {
        names.forgetAll()
    }

    /// What became of questions so far.
    public var counts: Counts {
        let all = names.counts
        var counts = Counts()
        counts.lookUps = all.searches
        counts.hits = all.shared
        counts.failures = all.failures
        counts.stale = all.stale
        counts.refused = all.refused
        counts.kept = all.kept
        return counts
    }

    /// EAI_NODATA and EAI_ADDRFAMILY of glibc's `netdb.h`, which it hides from Swift: the name exists, and has no address of
    /// this family.
    private static let noAddress: Set<Int32> = [-5, -9]

    /// The system's look-up, in the order of RFC 6724. Blocks.
    @Sendable
    public static func getAddressInfo(_ host: String, _ family: AddressFamily) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_family = family == .v6 ? AF_INET6 : AF_INET
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        let number = errno
        defer { if let list { freeaddrinfo(list) } }
        switch status {
        case 0: break
        case EAI_NONAME: throw Failure.notFound
        case let status where noAddress.contains(status): return []
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
