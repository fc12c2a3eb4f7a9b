import Foundation
import Testing

@Suite("status --watch shows the fleet again and again")
struct WatchTests {
    @Test("until Ctrl-C, which ends it with 0; a Holdfast that goes away is told, not an end")
    func watch() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\n")
        try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
            let url = try await holdfast.api().base
            try await HoldfastProcess.scope(["status", "--watch", "--every", "0.1", "--url", url]) { watch in
                let headline = await watch.output.first { $0.hasPrefix("\(url)  0 of 0 connected") }
                #expect(headline != nil)
                let seen = watch.output.all.count
                let again = await watch.output.first(from: seen) { $0.hasPrefix("\(url)  0 of 0 connected") }
                #expect(again != nil)
                holdfast.signal(SIGTERM)
                let end = try await holdfast.exit()
                #expect(end == 0)
                let gone = await watch.output.first { $0.contains("cannot reach Holdfast at \(url)") }
                #expect(gone != nil)
                watch.signal(SIGINT)
                let exit = try await watch.exit()
                #expect(exit == 0)
            }
        }
    }

    @Test("as JSON it is a line for every look")
    func json() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\n")
        try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
            let url = try await holdfast.api().base
            try await HoldfastProcess.scope(["status", "--watch", "--json", "--every", "0.1", "--url", url]) { watch in
                _ = await watch.output.first(from: 2) { _ in true }
                watch.signal(SIGTERM)
                let exit = try await watch.exit()
                #expect(exit == 0)
                #expect(watch.output.all.filter { JSON(parsing: $0).keys != ["accounts", "totals"] } == [])
            }
        }
    }
}
