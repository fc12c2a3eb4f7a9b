import Testing

@Suite("status, accounts and timeline talk to a running fleet")
struct ClientTests {
    /// Runs `body` with a connected fleet of three and a function that runs the command against it.
    private func withFleet(
        _ body: (_ api: API, _ command: ([String]) async throws -> (exit: Int32, output: [String], errors: [String]))
            async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, _, url in
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 3))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(3)
                try await body(api) { arguments in
                    try await HoldfastProcess.run(arguments, environment: ["HOLDFAST_URL": api.base])
                }
            }
        }
    }

    @Test("status shows every account, and everything as JSON")
    func status() async throws {
        try await withFleet { api, command in
            let text = try await command(["status"])
            #expect(text.exit == 0)
            #expect(text.output.first?.hasPrefix("\(api.base)  3 of 3 connected") == true)
            #expect(text.output.contains { $0.hasPrefix("ACCOUNT") })
            #expect(text.output.count { $0.contains("connected") && $0.hasPrefix("a-") } == 3)
            #expect(!text.output.joined().contains("\u{1B}"), "no colour where there is no terminal")
            let json = try await command(["status", "--json", "--filter", "a-2"])
            let parsed = JSON(parsing: json.output.first ?? "")
            #expect(parsed["accounts"].items.map { $0["id"].text } == ["a-2"])
            #expect(parsed["totals"]["connected"].int == 3)
        }
    }

    @Test("accounts acts on ids, on a filter and on all, and says what was refused")
    func actions() async throws {
        try await withFleet { api, command in
            let one = try await command(["accounts", "disable", "a-1"])
            #expect(one.exit == 0)
            // Which accounts match a filter is up to a second old.
            _ = try await poll(.seconds(10), "a disabled account") {
                try await api.get("/api/v1/accounts?status=disabled").json["accounts"].items.isEmpty ? nil : true
            }
            let mixed = try await command(["accounts", "reconnect", "a-1", "nobody", "a-2"])
            #expect(mixed.exit == 1)
            #expect(mixed.output.count == 1)
            #expect(mixed.output.first?.hasPrefix("a-2: ") == true)
            #expect(mixed.errors.map { String($0.prefix { $0 != ":" }) } == ["a-1", "nobody"])
            let some = try await command(["accounts", "enable", "--filter", "status=disabled"])
            #expect(some.output == ["enable: 1 matched, 1 applied"])
            try await api.connected(3)
            let all = try await command(["accounts", "quarantine", "--all"])
            #expect(all.output == ["quarantine: 3 matched, 3 applied"])
            try await api.account("a-3", "is quarantined") { $0["status"].text == "quarantined" }
            let release = try await command(["accounts", "release", "--all"])
            #expect(release.output == ["release: 3 matched, 3 applied"])
            try await api.connected(3)
            let list = try await command(["accounts", "list", "--filter", "state=connected"])
            #expect(list.output.dropFirst().map { String($0.prefix(3)) } == ["a-1", "a-2", "a-3"])
        }
    }

    @Test("timeline tells the way of an account, newest first")
    func timeline() async throws {
        try await withFleet { _, command in
            let text = try await command(["timeline", "a-1"])
            #expect(text.exit == 0)
            #expect(text.output.first?.hasPrefix("AT") == true)
            let newest = text.output.dropFirst().first?.split(separator: " ").dropFirst().prefix(3)
            #expect(newest == ["connecting", "connected", "registered"])
            let unknown = try await command(["timeline", "nobody"])
            #expect(unknown.exit == 1)
            #expect(unknown.errors.first?.contains("unknown_account") == true)
        }
    }
}
