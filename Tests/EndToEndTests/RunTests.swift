import Foundation
import Testing

@Suite("run keeps a fleet connected to a gateway in another process")
struct RunTests {
    @Test("every account connects, and SIGTERM closes them with 1001 and ends with 0")
    func connectsAndDrains() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { gateway, control, url in
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 5))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(5)
                let stats = try await control.get("/stats").json
                #expect(stats["live"].int == 5)
                #expect(stats["max_live_per_account"].int == 1)
                #expect(try await api.get("/healthz").status == 200)
                _ = try await poll(.seconds(10), "readiness") {
                    try await api.get("/readyz").status == 200 ? true : nil
                }

                holdfast.signal(SIGTERM)
                #expect(try await holdfast.exit() == 0)
                let closed = try await control.get("/stats").json
                #expect(closed["live"].int == 0)
                #expect(closed["closes"]["1001"].int == 5)
                #expect(holdfast.output.all.count == 1, "the ready line and nothing else")
            }
            gateway.signal(SIGTERM)
            #expect(try await gateway.exit() == 0)
        }
    }

    @Test("SIGINT, as from Ctrl-C, ends it the same way", arguments: [SIGINT, SIGTERM])
    func interrupt(signal: Int32) async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\n")
        try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
            _ = try await holdfast.ready()
            holdfast.signal(signal)
            #expect(try await holdfast.exit() == 0)
        }
    }

    @Test("an account that is cut comes back by itself")
    func comesBack() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, control, url in
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 2))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(2)
                try await control.send(
                    "PUT", "/faults", json: #"[{"match":{"account":"a-1"},"fault":"reset","for_s":0.2}]"#)
                _ = try await holdfast.logLine(containing: "connection lost")
                try await api.account("a-1", "is back with a second generation") {
                    $0["state"].text == "connected" && ($0["generation"].int ?? 0) > 1
                }
                #expect(try await api.account("a-2")["generation"].int == 1)
            }
        }
    }
}
