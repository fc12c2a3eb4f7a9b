import Foundation
import Testing

@Suite("The process asks the system for what it needs")
struct ProcessLimitsTests {
    @Test("descriptors are raised to the hard limit, and there are no core dumps")
    func limits() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\n")
        try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
            _ = try await holdfast.ready()
            let text = try String(contentsOfFile: "/proc/\(holdfast.id)/limits", encoding: .utf8)
            func limit(_ name: String) -> [Substring] {
                let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
                return Array((line?.dropFirst(name.count) ?? "").split(separator: " ").prefix(2))
            }
            let files = limit("Max open files")
            #expect(files.count == 2)
            #expect(files.first == files.last)
            #expect(limit("Max core file size") == ["0", "0"])
        }
    }

    @Test("a log that nobody reads any more does not end the process")
    func closedLog() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, control, url in
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 1, extra: "log: { level: debug }\n"))
            // `head` closes the pipe after the first line.
            let command = "\"$0\" run --config \"$1\" 2> >(head -n 1 >/dev/null)"
            try await HoldfastProcess.scope(shell: command, [Binary.path, path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(1)
                try await control.send(
                    "PUT", "/faults", json: #"[{"match":{"account":"*"},"fault":"eof","for_s":0.2}]"#)
                try await api.account("a-1", "is back") {
                    $0["state"].text == "connected" && ($0["generation"].int ?? 0) > 1
                }
            }
        }
    }
}
