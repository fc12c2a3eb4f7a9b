/// The usual cast of a scenario: a gateway in a process of its own, and the configuration of a fleet for it.
enum Setup {
    /// Runs `body` with a gateway that serves, its control API, and its `ws://HOST:PORT`.
    static func gateway<Result>(
        _ arguments: [String] = [],
        _ body: (_ gateway: HoldfastProcess, _ control: API, _ url: String) async throws -> Result
    ) async throws -> Result {
        try await HoldfastProcess.scope(
            ["gateway", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"] + arguments
        ) { process in
            let ready = try await process.ready()
            guard let url = ready["gateway"], let control = ready["control"] else {
                throw TooLate(awaited: "gateway= and control= in the ready line")
            }
            return try await body(process, API(base: control), url)
        }
    }

    /// A configuration for accounts `a-1` … `a-N` of a gateway, on a free port. `extra` is more YAML, at the top.
    static func fleet(_ url: String, accounts count: Int, extra: String = "") -> String {
        let accounts = (0..<count).map { "  - { id: a-\($0 + 1), url: \"\(url)/a-\($0 + 1)\", token: t }\n" }
        return "server: { listen: \"127.0.0.1:0\" }\n\(extra)accounts:\n\(accounts.joined())"
    }
}
