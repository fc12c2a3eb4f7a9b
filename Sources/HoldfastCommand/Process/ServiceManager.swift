import Foundation

/// The service manager that started us, if it wants to hear from us: systemd's notification protocol, sd_notify(3), which is
/// lines of text in a datagram. Telling it never fails loudly: a manager that does not listen must not stop a fleet.
struct ServiceManager: Sendable {
    /// Where it listens: a path, or a name in the abstract namespace if it begins with `@`.
    let socket: String
    /// How often it wants to hear that we make progress; nil if it does not watch.
    let watchdog: Duration?

    /// What the environment says of it; nil where nobody waits for us.
    ///
    /// - Parameter process: our own number: `WATCHDOG_PID` names the process that is watched, which may be another one.
    init?(environment: [String: String], process: Int32 = getpid()) {
        guard let socket = environment["NOTIFY_SOCKET"], socket.hasPrefix("/") || socket.hasPrefix("@") else {
            return nil
        }
        self.socket = socket
        let isOurs = environment["WATCHDOG_PID"].map { $0 == "\(process)" } ?? true
        let microseconds = isOurs ? environment["WATCHDOG_USEC"].flatMap { Int64($0) } : nil
        watchdog = microseconds.flatMap { $0 > 0 ? .microseconds($0) : nil }
    }

    /// The manager that the environment names, which children of ours do not inherit: they are not the service.
    static func takeFromEnvironment() -> ServiceManager? {
        let manager = ServiceManager(environment: ProcessInfo.processInfo.environment)
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) }
        return manager
    }

    /// The clock that `reloading` is about.
    static var clockMicroseconds: Int64 {
        var time = timespec()
        guard clock_gettime(CLOCK_MONOTONIC, &time) == 0 else { return 0 }
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// What there is to say.
    enum News: Hashable, Sendable {
        case ready
        /// The configuration is being read anew; `ready` follows.
        case reloading(atMicroseconds: Int64)
        case stopping
        /// The process makes progress.
        case alive
        /// One line for people who ask for the status.
        case status(String)

        var text: String {
            switch self {
            case .ready: "READY=1"
            case .reloading(let at): "RELOADING=1\nMONOTONIC_USEC=\(at)"
            case .stopping: "STOPPING=1"
            case .alive: "WATCHDOG=1"
            case .status(let text): "STATUS=" + text.replacing("\n", with: " ")
            }
        }
    }

    /// Sends all of it in one datagram, without waiting: a full socket loses it.
    /// - Returns: whether the manager's socket has taken it.
    @discardableResult
    func tell(_ news: News...) -> Bool {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard var address = Self.address(of: socket) else { return false }
        let text = Array(news.map(\.text).joined(separator: "\n").utf8)
        let sent = withUnsafePointer(to: &address.value) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
                sendto(descriptor, text, text.count, Int32(truncatingIfNeeded: MSG_DONTWAIT), target, address.length)
            }
        }
        return sent == text.count
    }

    private static func address(of name: String) -> (value: sockaddr_un, length: socklen_t)? {
        var value = sockaddr_un()
        value.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        let room = MemoryLayout.size(ofValue: value.sun_path)
        guard bytes.count < room else { return nil }
        // A name in the abstract namespace begins with a zero byte, has no other, and its length counts.
        let isAbstract = bytes.first == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &value.sun_path) { $0.copyBytes(from: bytes) }
        let used = room - bytes.count - (isAbstract ? 0 : 1)
        return (value, socklen_t(MemoryLayout<sockaddr_un>.size - used))
    }
}

extension ServiceManager {
    /// Reports progress until it is cancelled: twice in the time the manager allows, and only if there was some.
    ///
    /// - Parameters:
    ///   - isAlive: whether every part of the process has shown progress of late.
    ///   - status: the line for people.
    func feed(isAlive: () -> Bool, status: () -> String) async {
        let every = (watchdog ?? .seconds(20)) / 2
        while !Task.isCancelled {
            if isAlive() {
                tell(.alive, .status(status()))
            } else {
                tell(.status("stuck: " + status()))
            }
            try? await Task.sleep(for: every)
        }
    }
}
