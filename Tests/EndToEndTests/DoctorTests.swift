import Foundation
import Testing

@Suite("doctor and report, as a person in trouble uses them")
struct DoctorTests {
    @Test("a rejected account waits for a person, and doctor says so; a report has its failures and no secret")
    func rejected() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, control, url in
            try await control.send("PUT", "/faults", json: #"[{"match":{"account":"a-1"},"fault":"reject_register"}]"#)
            let secret = "token-that-nobody-may-see"
            let yaml = Setup.fleet(url, accounts: 2).replacing("token: t ", with: "token: \(secret) ")
            let path = try folder.write("fleet.yaml", yaml)
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.account("a-1", "is quarantined") { $0["quarantine"].text == "auth" }
                // The totals, which the fleet's own line is made from, are up to a second old.
                try await api.connected(1)
                let environment = ["HOLDFAST_URL": api.base]

                let one = try await HoldfastProcess.run(["doctor", "a-1"], environment: environment)
                #expect(one.exit == 1)
                #expect(one.output.contains { $0.hasPrefix("cause:") && $0.contains("rejected") })
                #expect(one.output.contains { $0.contains("auth.register_401") })
                #expect(one.output.contains { $0.hasPrefix("to do:") && $0.contains("a-1") })

                let fleet = try await HoldfastProcess.run(["doctor"], environment: environment)
                #expect(fleet.exit == 1)
                #expect(fleet.output.first == "1 of 2 enabled accounts are connected.")
                #expect(fleet.output.contains("a-1"))
                #expect(!fleet.output.contains("a-2"))

                let well = try await HoldfastProcess.run(["doctor", "a-2"], environment: environment)
                #expect(well.exit == 0)

                let report = try await HoldfastProcess.run(
                    ["report", "a-1", "--since", "1h"], environment: environment)
                #expect(report.exit == 0)
                let text = report.output.joined(separator: "\n")
                let json = JSON(parsing: text)
                #expect(json["diagnosis"]["verdict"].text == "waiting")
                #expect(json["settings"]["retry"]["max_failures"].int == 5)
                let failed = json["timeline"].items.first { $0["code"].text == "auth.register_401" }
                #expect(failed?["record"]["chain"].items.isEmpty == false)
                #expect(!text.contains(secret))
            }
        }
    }

    @Test("a fleet in which all is well says that", arguments: [["doctor"], ["doctor", "--json"]])
    func well(arguments: [String]) async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, _, url in
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 1))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(1)
                let result = try await HoldfastProcess.run(arguments, environment: ["HOLDFAST_URL": api.base])
                #expect(result.exit == 0)
                #expect(
                    result.output.last == "Nothing is the matter."
                        || result.output.last == #"{"findings":[],"reasons":[]}"#)
            }
        }
    }
}
