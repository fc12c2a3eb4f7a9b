import Foundation
import Testing

@Suite("gateway runs by itself")
struct GatewayTests {
    @Test(
        "a script that cannot be read or understood ends with 78 and says where", arguments: [nil, "[{\"at_s\":-1}]"])
    func badScript(content: String?) async throws {
        let folder = try TemporaryFolder()
        if let content { try folder.write("script.json", content) }
        let (exit, output, errors) = try await HoldfastProcess.run(
            ["gateway", "--listen", "127.0.0.1:0", "--script", "script.json"], in: folder.path)
        #expect(exit == 78)
        #expect(output == [])
        #expect(errors.first?.hasPrefix("Error: script.json: ") == true)
    }

    @Test("an address that is taken ends with 69")
    func addressInUse() async throws {
        try await Setup.gateway { _, _, url in
            let taken = String(url.dropFirst("ws://".count))
            let (exit, output, errors) = try await HoldfastProcess.run(["gateway", "--listen", taken])
            #expect(exit == 69)
            #expect(output == [])
            #expect(errors.first?.contains(taken) == true)
        }
    }

    @Test("what is no address is wrong usage")
    func noAddress() async throws {
        let (exit, _, _) = try await HoldfastProcess.run(["gateway", "--listen", "9000"])
        #expect(exit == 64)
    }
}
