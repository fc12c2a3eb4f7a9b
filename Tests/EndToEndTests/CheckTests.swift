import Testing

@Suite("check tells what is wrong in a configuration")
struct CheckTests {
    @Test("a good file ends with 0")
    func good() async throws {
        let folder = try TemporaryFolder()
        try folder.write("fleet.yaml", "accounts:\n  - { id: a, url: \"ws://127.0.0.1:9/\", token: x }\n")
        let (exit, output, errors) = try await HoldfastProcess.run(
            ["check", "--config", "fleet.yaml"], in: folder.path)
        #expect(exit == 0)
        #expect(output == ["fleet.yaml: ok, 1 account, 0 of them disabled"])
        #expect(errors == [])
    }

    @Test("a bad file ends with 78 and every problem is one line")
    func bad() async throws {
        let folder = try TemporaryFolder()
        try folder.write("fleet.yaml", "log: { levle: info }\ndefaults:\n  retry: { max_failures: many }\n")
        let (exit, output, errors) = try await HoldfastProcess.run(
            ["check", "--config", "fleet.yaml"], environment: ["HOLDFAST_LOG__FORMAT": "xml"], in: folder.path)
        #expect(exit == 78)
        #expect(
            output == [
                "environment:HOLDFAST_LOG__FORMAT: log.format: \"xml\" is not known; allowed: text, json",
                "fleet.yaml:1: log.levle: unknown key; did you mean level? allowed: format, level",
                "fleet.yaml:3: defaults.retry.max_failures: \"many\" is not a whole number; allowed: 1 to 1000",
            ])
        #expect(errors == [])
    }

    @Test("a file that is not there ends with 78")
    func missing() async throws {
        let (exit, output, _) = try await HoldfastProcess.run(["check", "--config", "no-such.yaml"])
        #expect(exit == 78)
        #expect(
            output == ["no-such.yaml:1: file: cannot be read (no such file); give the path of a readable YAML file"])
    }
}
