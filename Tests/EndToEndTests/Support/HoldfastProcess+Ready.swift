extension HoldfastProcess {
    /// The addresses of the `ready` line: `console`, `gateway`, `control`.
    func ready(within limit: Duration = .seconds(60)) async throws -> [String: String] {
        let line = try await within(limit, "the ready line") { [output] in
            await output.first { $0.hasPrefix("ready") }
        }
        guard let line else { throw TooLate(awaited: "the ready line; the process ended without one") }
        let pairs = line.split(separator: " ").dropFirst().compactMap { part -> (String, String)? in
            let sides = part.split(separator: "=", maxSplits: 1)
            return sides.count == 2 ? (String(sides[0]), String(sides[1])) : nil
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    /// The API of the console, once it serves.
    func api() async throws -> API {
        guard let url = try await ready()["console"] else { throw TooLate(awaited: "console= in the ready line") }
        return API(base: url)
    }

    /// Waits for a line of the log that contains a text.
    func logLine(containing text: String, within limit: Duration = .seconds(60)) async throws -> String {
        let line = try await within(limit, "a log line with \"\(text)\"") { [log] in
            await log.first { $0.contains(text) }
        }
        guard let line else { throw TooLate(awaited: "a log line with \"\(text)\"; the process ended without one") }
        return line
    }
}
