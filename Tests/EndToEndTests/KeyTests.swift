import Foundation
import Testing

@Suite("keys are made and changed by command")
struct KeyTests {
    @Test("a new key goes to a file of its own, which is never written over, and rotates a store")
    func key() async throws {
        let folder = try TemporaryFolder()
        let (old, new) = (folder.path + "/old.key", folder.path + "/new.key")
        for path in [old, new] {
            let made = try await HoldfastProcess.run(["key", "new", "--out", path])
            #expect(made.exit == 0)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        let again = try await HoldfastProcess.run(["key", "new", "--out", old])
        #expect(again.exit == 1)
        let printed = try await HoldfastProcess.run(["key", "new"])
        #expect(Data(base64Encoded: printed.output.first ?? "")?.count == 32)

        let path = try folder.write(
            "fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\nstore: { key: \"file:old.key\" }\n")
        let rotated = try await HoldfastProcess.run(["key", "rotate", "--config", path, "--to", new])
        #expect(rotated.exit == 0, "\(rotated.errors)")
        try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
            _ = try await holdfast.ready()
            let busy = try await HoldfastProcess.run(["key", "rotate", "--config", path, "--to", new])
            #expect(busy.exit == 69)
        }
    }
}
