import Foundation
import Testing

@Suite("SIGHUP reads the configuration again")
struct ReloadTests {
    @Test("accounts come, go and change; what is declared as before is not touched")
    func differences() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, _, url in
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 2))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(2)
                try folder.write(
                    "fleet.yaml",
                    """
                    server: { listen: "127.0.0.1:0" }
                    log: { format: json }
                    accounts:
                      - { id: a-1, url: "\(url)/a-1", token: t }
                      - { id: a-3, url: "\(url)/a-3", token: t }
                      - { id: a-4, url: "\(url)/a-4", token: t, enabled: false }
                    """)
                holdfast.signal(SIGHUP)
                let line = JSON(parsing: try await holdfast.logLine(containing: "\"reloaded\""))
                #expect(line["added"].int == 2)
                #expect(line["removed"].int == 1)
                #expect(line["unchanged"].int == 1)
                try await api.connected(2)
                try await api.account("a-3", "is connected") { $0["state"].text == "connected" }
                #expect(try await api.get("/api/v1/accounts/a-2").status == 404)
                #expect(try await api.account("a-4")["status"].text == "disabled")
                let untouched = try await api.account("a-1")
                #expect(untouched["generation"].int == 1)
                #expect(untouched["state"].text == "connected")
            }
        }
    }

    @Test("a bad file changes nothing and says so")
    func badFile() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, _, url in
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 1))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(1)
                try folder.write("fleet.yaml", "accounts: []\nserver: { lisen: x }\n")
                holdfast.signal(SIGHUP)
                _ = try await holdfast.logLine(containing: "the configuration was not reloaded, nothing has changed")
                let problem = try await holdfast.logLine(containing: "wrong configuration")
                #expect(problem.contains("fleet.yaml:2: server.lisen: unknown key; did you mean listen?"))
                let account = try await api.account("a-1")
                #expect(account["state"].text == "connected")
                #expect(account["generation"].int == 1)
            }
        }
    }

    @Test("a key that is read at the start only is named")
    func fixedKey() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\n")
        try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
            _ = try await holdfast.ready()
            try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:9\" }\n")
            holdfast.signal(SIGHUP)
            let line = try await holdfast.logLine(containing: "takes effect at the next start")
            #expect(line.hasSuffix("key=server.listen"))
        }
    }
}
