import HoldfastCore
import HoldfastFleet
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import HoldfastConsole

@Suite("The page")
struct PageTests {
    @Test("every file that the page asks for is served, and nothing from elsewhere is asked for")
    func files() async throws {
        try await ConsoleUnderTest().ask { client in
            var toRead = ["/"]
            var seen: Set<String> = []
            while let path = toRead.popLast() {
                guard seen.insert(path).inserted else { continue }
                let response = try await client.executeRequest(uri: path, method: .get, headers: [:], body: nil)
                #expect(response.status == .ok, "\(path)")
                let text = String(buffer: response.body)
                #expect(!text.contains("//cdn") && !text.contains("src=\"http") && !text.contains("@import"))
                toRead += text.matches(of: /(?:href|src)="(\/page\/[^"]+)"/).map { String($0.1) }
                toRead += text.matches(of: /from '\.\/([^']+)'/).map { "/page/" + String($0.1) }
            }
            #expect(seen.count > 10)
        }
    }

    @Test("nothing in the page writes markup or runs text as a script")
    func noMarkup() async throws {
        try await ConsoleUnderTest().ask { client in
            for file in try await scripts(client) {
                let response = try await client.executeRequest(uri: file, method: .get, headers: [:], body: nil)
                let text = String(buffer: response.body)
                for word in [
                    "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
                    "setAttribute('style'",
                ] {
                    #expect(!text.contains(word), "\(file) has \(word)")
                }
            }
        }
    }

    /// The paths of all scripts of the page.
    private func scripts(_ client: any TestClientProtocol) async throws -> [String] {
        var found = ["/page/main.js"]
        var next = 0
        while next < found.count {
            let response = try await client.executeRequest(uri: found[next], method: .get, headers: [:], body: nil)
            for match in String(buffer: response.body).matches(of: /from '\.\/([^']+)'/) {
                let path = "/page/" + String(match.1)
                if !found.contains(path) { found.append(path) }
            }
            next += 1
        }
        #expect(found.count > 20)
        return found
    }

    @Test("both languages have the same texts")
    func languages() async throws {
        try await ConsoleUnderTest().ask { client in
            var keys: [[String]] = []
            for file in ["texts-en.js", "texts-zh.js"] {
                let response = try await client.executeRequest(
                    uri: "/page/\(file)", method: .get, headers: [:], body: nil)
                // What was refused comes from Holdfast in English; only other languages list it.
                let text = String(buffer: response.body).replacing(/refusal: \{[^}]*\}/, with: "")
                keys.append(text.matches(of: /(?:^|[\s{,])([a-zA-Z_]+): ['({]/).map { String($0.1) })
            }
            let (english, chinese) = (try #require(keys.first), try #require(keys.last))
            #expect(Set(english).symmetricDifference(chinese) == [])
        }
    }

    @Test("every name that the API can show has words in both languages", arguments: ["texts-en.js", "texts-zh.js"])
    func words(file: String) async throws {
        let lists: [(String, [String])] = [
            ("state", SessionState.allCases.map(\.name)), ("status", AccountStatus.allCases.map(\.rawValue)),
            ("reason", TransitionReason.allCases.map(\.text)),
            ("healthReason", HealthReason.Code.allCases.map(\.rawValue)),
            ("failureClass", FailureClass.allCases.map(\.rawValue)), ("phase", Phase.allCases.map(\.name)),
            ("ladder", Session.Rung.allCases.map(\.name)), ("quarantine", Session.Quarantine.allCases.map(\.name)),
            ("quarantineShort", Session.Quarantine.allCases.map(\.name)), ("rung", Session.Rung.allCases.map(\.name)),
            ("alertRule", AlertRule.allCases.map(\.rawValue)), ("severity", AlertSeverity.allCases.map(\.rawValue)),
            ("advice", FailureClass.allCases.map(\.rawValue)), ("login", ProviderOutcome.allCases.map(\.rawValue)),
            ("notReady", ReadinessReason.Code.allCases.map(\.rawValue)),
        ]
        let text = try await ConsoleUnderTest().ask { client in
            String(
                buffer: try await client.executeRequest(uri: "/page/\(file)", method: .get, headers: [:], body: nil)
                    .body)
        }
        for (list, names) in lists {
            let block = try #require(
                text.firstMatch(of: try Regex("\\n  \(list): \\{([^}]*)\\}", as: (Substring, Substring).self))
            ).1
            let known = block.matches(of: /([a-z0-9_]+): '/).map { String($0.1) }
            #expect(Set(known) == Set(names), "\(list)")
        }
    }
}
