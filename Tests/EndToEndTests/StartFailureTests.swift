import Foundation
import Testing

@Suite("run says why it cannot start")
struct StartFailureTests {
    @Test("a wrong configuration ends with 78 and the problems on standard error")
    func wrongConfiguration() async throws {
        let folder = try TemporaryFolder()
        try folder.write("fleet.yaml", "server: { listen: here }\nacounts: []\n")
        let (exit, output, errors) = try await HoldfastProcess.run(["run", "--config", "fleet.yaml"], in: folder.path)
        #expect(exit == 78)
        #expect(output == [])
        #expect(errors.count == 2)
        #expect(errors.first?.hasPrefix("fleet.yaml:1: server.listen: ") == true)
        #expect(errors.last?.hasPrefix("fleet.yaml:2: acounts: unknown key; did you mean accounts?") == true)
    }

    @Test("a second process on the same store ends with 69 and names the first, which goes on")
    func storeInUse() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\n")
        try await HoldfastProcess.scope(["run", "--config", path]) { first in
            let api = try await first.api()
            let (exit, output, errors) = try await HoldfastProcess.run(["run", "--config", path])
            #expect(exit == 69)
            #expect(output == [])
            #expect(errors.contains { $0.contains("critical") && $0.contains("\(first.id)") })
            #expect(try await api.get("/healthz").status == 200)
        }
    }

    @Test("an address that is taken ends with 69 and is named")
    func addressInUse() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\n")
        try await HoldfastProcess.scope(["run", "--config", path]) { first in
            let taken = try await first.api().base.dropFirst("http://".count)
            try folder.write("other.yaml", "server: { listen: \"\(taken)\" }\nstore: { path: other }\n")
            let (exit, output, errors) = try await HoldfastProcess.run(["run", "--config", folder.path + "/other.yaml"])
            #expect(exit == 69)
            #expect(output == [])
            #expect(errors.contains { $0.contains("cannot listen address=\(taken) error=\"Address already in use\"") })
            #expect(!errors.contains { $0.contains("backup") })
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/other")
            #expect(!left.contains("backups"))
        }
    }

    @Test("a store that cannot be written ends with 69")
    func storeUnusable() async throws {
        let folder = try TemporaryFolder()
        try folder.write("data", "a file where a folder should be")
        let path = try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\n")
        let (exit, output, errors) = try await HoldfastProcess.run(["run", "--config", path])
        #expect(exit == 69)
        #expect(output == [])
        #expect(errors.contains { $0.contains("cannot use the store") })
    }
}
