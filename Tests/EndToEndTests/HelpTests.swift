import Testing

@Suite("The command explains itself")
struct HelpTests {
    @Test(
        "every command has a help with an example, or the list of its parts",
        arguments: [
            [], ["run"], ["check"], ["demo"], ["gateway"], ["status"], ["accounts"], ["accounts", "list"],
            ["accounts", "enable"],
            ["accounts", "disable"],
            ["accounts", "reconnect"], ["accounts", "reset"], ["accounts", "restart"], ["accounts", "quarantine"],
            ["accounts", "release"], ["timeline"], ["accounts", "renew"], ["accounts", "add"], ["accounts", "remove"],
            ["accounts", "set-credential"], ["accounts", "import"], ["accounts", "export"], ["audit"], ["key"],
            ["key", "new"],
            ["key", "rotate"], ["send"], ["letters"], ["letters", "list"], ["letters", "show"], ["letters", "replay"],
            ["letters", "delete"], ["pauses"], ["pauses", "list"], ["pauses", "add"], ["pauses", "lift"], ["alerts"],
            ["alerts", "list"], ["alerts", "silence"], ["alerts", "silences"], ["alerts", "unsilence"],
        ])
    func help(command: [String]) async throws {
        let (exit, output, errors) = try await HoldfastProcess.run(command + ["--help"])
        #expect(exit == 0)
        #expect(errors == [])
        #expect(output.contains { $0.hasPrefix("USAGE: holdfast") })
        #expect(output.contains { $0.hasPrefix("OVERVIEW: ") })
    }

    @Test("it says its version, in one line")
    func version() async throws {
        let (exit, output, errors) = try await HoldfastProcess.run(["--version"])
        #expect(exit == 0 && errors == [])
        #expect(output.count == 1)
        #expect(output.first?.wholeMatch(of: /\d+\.\d+\.\d+/) != nil)
    }

    @Test("without a word it shows what to try first")
    func firstSteps() async throws {
        let (exit, output, _) = try await HoldfastProcess.run([])
        #expect(exit == 0)
        #expect(output.contains("  holdfast demo"))
        #expect(output.contains { $0.hasPrefix("  holdfast run --config fleet.yaml") })
    }

    @Test(
        "what is not understood ends with 64 and says what would be",
        arguments: [
            ["frobnicate"], ["check"], ["accounts", "disable"], ["status", "--url", "nowhere"], ["timeline", "a b"],
            ["send", "a"], ["send", "a", "--chat", "1", "--to", "2", "--text", ""], ["letters", "replay"],
            ["letters", "delete", "1", "--all"], ["letters", "show", "-1"], ["pauses", "add", "a", "1", "--for", "10"],
        ])
    func usage(arguments: [String]) async throws {
        let (exit, output, errors) = try await HoldfastProcess.run(arguments)
        #expect(exit == 64)
        #expect(output == [])
        #expect(errors.first?.hasPrefix("Error: ") == true)
    }

    @Test("a Holdfast that cannot be reached ends with 1 and the reason")
    func unreachable() async throws {
        // Port 1 belongs to nobody on a machine that runs tests.
        for arguments in [["status"], ["accounts", "reset", "a"], ["timeline", "a"]] {
            let (exit, output, errors) = try await HoldfastProcess.run(
                arguments, environment: ["HOLDFAST_URL": "http://127.0.0.1:1"])
            #expect(exit == 1)
            #expect(output == [])
            #expect(errors.joined().contains("cannot reach Holdfast at http://127.0.0.1:1 (Connection refused)"))
        }
    }
}
