import Foundation
import Testing

@Suite("demo shows the product with nothing to configure")
struct DemoTests {
    @Test("everything it starts serves and connects, and nothing is left behind")
    func demo() async throws {
        let folder = try TemporaryFolder()
        try await HoldfastProcess.scope(
            ["demo", "--accounts", "5", "--port", "0", "--seed", "7"],
            // Whoever wants something of a loop that is gone ends the process, and does not only complain.
            environment: ["TMPDIR": folder.path, "SWIFTNIO_STRICT": "1"]
        ) { demo in
            let ready = try await demo.ready()
            #expect(ready.keys.sorted() == ["console", "control", "gateway"])
            let api = try await demo.api()
            try await api.connected(5)
            #expect(try await api.get("/").text.contains("<html"))
            let control = API(base: ready["control"] ?? "")
            _ = try await poll(.seconds(20), "an acknowledged message") {
                (try await control.get("/stats").json["acked"].int ?? 0) > 0 ? true : nil
            }
            _ = try await poll(.seconds(20), "the first backup") {
                let data = try FileManager.default.contentsOfDirectory(atPath: folder.path)
                    .map { "\(folder.path)/\($0)/data/backups" }
                return data.contains { folder in
                    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
                    return names.contains { !$0.hasPrefix(".") }
                } ? true : nil
            }
            demo.signal(SIGINT)
            #expect(try await demo.exit() == 0)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
}
