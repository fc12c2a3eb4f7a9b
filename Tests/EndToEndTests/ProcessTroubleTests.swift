import Foundation
import Testing

@Suite("What happens to the process itself costs as little as it must")
struct ProcessTroubleTests {
    @Test("stopped for longer than every deadline and continued, it keeps its sessions")
    func suspension() async throws {
        let folder = try TemporaryFolder()
        let quick = """
            defaults:
              heartbeat: { interval: 1s, max_interval: 1s, timeout: 1s, send_timeout: 500ms, slow_after: 500ms, probe_timeout: 500ms }

            """
        try await Setup.gateway { _, control, url in
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 5, extra: quick))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(5)
                holdfast.signal(SIGSTOP)
                // tidy: the suspension is what is tested
                try await Task.sleep(for: .seconds(6))
                let beats = try await control.heartbeats()
                holdfast.signal(SIGCONT)
                _ = try await poll(.seconds(30), "heartbeats after the suspension") { () -> Bool? in
                    try await control.heartbeats() >= beats + 15 ? true : nil
                }
                for number in 1...5 {
                    let account = try await api.account("a-\(number)")
                    #expect(account["state"].text == "connected" && account["generation"].int == 1)
                }
                #expect(try await control.get("/stats?lists=false").json["max_live_per_account"].int == 1)
            }
        }
    }

    @Test(
        "without a descriptor left it says so once, leaves the others alone, and goes on when there are some again",
        .enabled(if: FileManager.default.isExecutableFile(atPath: HoldfastProcess.prlimit)))
    func noDescriptors() async throws {
        let folder = try TemporaryFolder()
        let quick = """
            defaults:
              retry: { other: { step: 100ms, cap: 500ms } }
              recovery: { climb: [] }

            """
        try await Setup.gateway { _, control, url in
            try await control.send(
                "PUT", "/faults",
                json: #"[{"match":{"account":"*","share":0.5},"fault":"upgrade_status","status":503}]"#)
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 20, extra: quick))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                _ = try await holdfast.logLine(containing: "upgrade_503")
                let lucky = try await poll(.seconds(30), "half of the fleet") { () -> [String]? in
                    let accounts = try await api.get("/api/v1/accounts").json["accounts"].items
                    let connected = accounts.filter { $0["state"].text == "connected" }
                    let tried = accounts.allSatisfy { $0["generation"].int ?? 0 > 0 }
                    return tried && connected.count >= 5 ? connected.compactMap { $0["id"].text } : nil
                }
                // Two are left, for the runtime's own once-a-second look at /proc: it ends the process if it gets none, and
                // ten accounts want one.
                try holdfast.limitDescriptors(to: await holdfast.descriptorLimit(leaving: 2))
                try await control.send("DELETE", "/faults")
                let line = try await holdfast.logLine(containing: "no file descriptor left")
                #expect(line.contains(" error "))
                try holdfast.limitDescriptors(to: 1_000)
                try await api.connected(20)
                for id in lucky { #expect(try await api.account(id)["generation"].int == 1) }
                let told = holdfast.log.all.filter { $0.contains("file descriptor") }
                #expect(told.count == 1, "\(told)")
                let accounts = try await api.get("/api/v1/accounts").json["accounts"].items
                let hit = accounts.filter { $0["last_failure"]["code"].text?.hasPrefix("system.descriptors") == true }
                #expect(!hit.isEmpty)
                #expect(hit.allSatisfy { $0["last_failure"]["class"].text == "system" })
            }
        }
    }

    @Test(
        "with more accounts than descriptors as many as possible connect, and the console answers",
        .enabled(if: FileManager.default.isExecutableFile(atPath: HoldfastProcess.prlimit)))
    func tooManyAccounts() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, _, url in
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 230))
            let command = "\(HoldfastProcess.prlimit) --nofile=240 \"$0\" run --config \"$1\""
            try await HoldfastProcess.scope(shell: command, [Binary.path, path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(180)
                _ = try await holdfast.logLine(containing: "no file descriptor left")
                _ = try await holdfast.logLine(containing: "more accounts than file descriptors")
                #expect(try await api.get("/healthz").status == 200)
                #expect(try await api.get("/api/v1/accounts").json["totals"]["connected"].int == 180)
            }
        }
    }
}

extension API {
    /// Heartbeats that a gateway has seen.
    fileprivate func heartbeats() async throws -> Int {
        try await get("/stats?lists=false").json["heartbeats"].int ?? 0
    }
}

extension HoldfastProcess {
    /// A limit below which so many numbers are free, beside those of connections that come and go.
    fileprivate func descriptorLimit(leaving free: Int) async throws -> Int {
        var lasting: Set<Int>?
        for _ in 0..<5 {
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd").compactMap { Int($0) }
            lasting = lasting?.intersection(open) ?? Set(open)
            // tidy: attempts end meanwhile; what is open in all five looks lasts
            try await Task.sleep(for: .milliseconds(50))
        }
        var (limit, left) = (0, free)
        while left > 0 {
            if lasting?.contains(limit) != true { left -= 1 }
            limit += 1
        }
        return limit
    }

    /// Sets the soft limit of descriptors of the running process.
    fileprivate func limitDescriptors(to soft: Int) throws {
        let tool = try Process.run(
            URL(fileURLWithPath: Self.prlimit), arguments: ["--pid", "\(id)", "--nofile=\(soft):"])
        tool.waitUntilExit()
        #expect(tool.terminationStatus == 0)
    }

    /// Of util-linux.
    fileprivate static let prlimit = "/usr/bin/prlimit"
}
