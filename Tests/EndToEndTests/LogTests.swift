import Testing

@Suite("The log on standard error is for machines and for people")
struct LogTests {
    @Test("as JSON every line has time, level and message, and a lost connection all the fields of the contract")
    func jsonFields() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, control, url in
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 1, extra: "log: { format: json }\n"))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(1)
                try await control.send(
                    "PUT", "/faults", json: #"[{"match":{"account":"*"},"fault":"eof","for_s":0.2}]"#)
                let lost = JSON(parsing: try await holdfast.logLine(containing: "\"connection lost\""))
                #expect(lost["level"].text == "warning")
                #expect(lost["account"].text == "a-1")
                #expect(lost["from"].text == "connected")
                #expect(lost["to"].text == "reconnecting")
                #expect(lost["reason"].text == "failure")
                #expect(lost["failures"].int == 1)
                #expect(lost["class"].text == "dropped")
                #expect(lost["code"].text == "dropped.eof")
                #expect((lost["delay_ms"].int ?? -1) >= 0)
                _ = try await holdfast.logLine(containing: "connected again")
                holdfast.signal(15)
                #expect(try await holdfast.exit() == 0)
                await holdfast.log.ended()
                for line in holdfast.log.all.map({ JSON(parsing: $0) }) {
                    #expect(line["message"].text != nil)
                    #expect(["info", "notice", "warning"].contains(line["level"].text))
                    #expect(line["time"].text?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
                }
                #expect(holdfast.log.all.contains { $0.contains("\"stopped\"") }, "the last line was not lost")
            }
        }
    }
}
