import Foundation
import Testing

@Suite("run tells the service manager how it does")
struct ServiceManagerTests {
    @Test("ready when it serves, alive while it makes progress, reloading, stopping", arguments: [false, true])
    func life(isAbstract: Bool) async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\n")
        let manager = try NotifySocket(isAbstract ? "@holdfast-test-\(UUID())" : folder.path + "/notify")
        let environment = ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"]
        try await HoldfastProcess.scope(["run", "--config", path], environment: environment) { holdfast in
            _ = try await holdfast.ready()
            try await manager.hear { $0.contains("READY=1") }
            // Twice: it goes on.
            for _ in 0..<2 { try await manager.hear { $0.contains("WATCHDOG=1") } }
            try await manager.hear { $0.contains { $0.hasPrefix("STATUS=0 of 0 enabled accounts connected") } }
            holdfast.signal(SIGHUP)
            try await manager.hear {
                $0.contains("RELOADING=1") && $0.contains { $0.hasPrefix("MONOTONIC_USEC=") }
            }
            try await manager.hear { $0 == ["READY=1"] }
            holdfast.signal(SIGTERM)
            try await manager.hear { $0.contains("STOPPING=1") }
            #expect(try await holdfast.exit() == 0)
        }
    }

    @Test("a frozen process does not say that it is alive")
    func frozen() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\n")
        let manager = try NotifySocket(folder.path + "/notify")
        let environment = ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"]
        try await HoldfastProcess.scope(["run", "--config", path], environment: environment) { holdfast in
            _ = try await holdfast.ready()
            try await manager.hear { $0.contains("WATCHDOG=1") }
            holdfast.signal(SIGSTOP)
            _ = try await poll(.seconds(10), "a stopped process") {
                let status = try String(contentsOfFile: "/proc/\(holdfast.id)/stat", encoding: .utf8)
                return status.contains(") T ") ? true : nil
            }
            while manager.next(within: .zero) != nil {}
            #expect(manager.next(within: .seconds(1)) == nil)
            holdfast.signal(SIGCONT)
            try await manager.hear { $0.contains("WATCHDOG=1") }
        }
    }

    @Test("a manager that is gone does not disturb the fleet")
    func gone() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\n")
        let environment = ["NOTIFY_SOCKET": folder.path + "/nobody", "WATCHDOG_USEC": "100000"]
        try await HoldfastProcess.scope(["run", "--config", path], environment: environment) { holdfast in
            let health = try await holdfast.api().get("/healthz")
            #expect(health.status == 200)
            holdfast.signal(SIGTERM)
            #expect(try await holdfast.exit() == 0)
        }
    }
}

/// The service manager's end of the notification protocol.
private final class NotifySocket: Sendable {
    let name: String
    private let descriptor: Int32

    init(_ name: String) throws {
        self.name = name
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        let isAbstract = name.hasPrefix("@")
        if isAbstract { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = MemoryLayout<sa_family_t>.size + bytes.count + (isAbstract ? 0 : 1)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(length))
            }
        }
        guard bound == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL) }
    }

    deinit { close(descriptor) }

    /// The lines of the next datagram; nil if none comes in time.
    func next(within limit: Duration) -> [String]? {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&request, 1, Int32(limit.components.seconds * 1000)) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        return String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Waits for a datagram that is as wanted; others are passed over.
    func hear(_ isWanted: @escaping @Sendable ([String]) -> Bool) async throws {
        _ = try await EndToEndTests.poll(.seconds(30), "a datagram of the service manager's protocol") { [self] in
            while let lines = next(within: .zero) {
                if isWanted(lines) { return true }
            }
            return Bool?.none
        }
    }
}
