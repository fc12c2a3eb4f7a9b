import Foundation
import Testing

@Suite("backup and restore, as an operator does it")
struct BackupTests {
    @Test("a running fleet backs up by itself and by hand; a store in use is not restored; a stopped one is")
    func drill() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, _, url in
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 2))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(2)
                _ = try await poll(.seconds(30), "the first scheduled backup") {
                    let made = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/data/backups")
                    return made.contains { !$0.hasPrefix(".") } ? true : nil
                }
                let backup = try await HoldfastProcess.run(
                    ["backup", "--config", path, "--to", folder.path + "/safe"])
                #expect(backup.exit == 0)
                let made = try #require(backup.output.first)
                let names = try FileManager.default.contentsOfDirectory(atPath: made)
                #expect(Set(names).isSuperset(of: ["manifest.json", "fleet.yaml"]))

                let early = try await HoldfastProcess.run(["restore", made, "--config", path])
                #expect(early.exit == 69)
                #expect(early.errors.contains { $0.contains("\(holdfast.id)") })

                holdfast.signal(SIGTERM)
                #expect(try await holdfast.exit() == 0)
                let restored = try await HoldfastProcess.run(["restore", made, "--config", path])
                #expect(restored.exit == 0, "\(restored.errors)")
            }
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                try await holdfast.api().connected(2)
            }
        }
    }

    @Test("what is no backup is refused with a reason")
    func refused() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\n")
        let result = try await HoldfastProcess.run(["restore", folder.path, "--config", path])
        #expect(result.exit == 1)
        #expect(result.errors.contains { $0.contains("is no backup") })
    }
}
