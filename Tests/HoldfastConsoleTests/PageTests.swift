import Foundation
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
        for (list, names) in lists + [("auditAction", try auditActions())] {
            let block = try #require(
                text.firstMatch(of: try Regex("\\n  \(list): \\{([^}]*)\\}", as: (Substring, Substring).self))
            ).1
            let known = block.matches(of: /([a-z0-9_]+): '/).map { String($0.1) }
            #expect(Set(known) == Set(names), "\(list)")
        }
    }

    /// Whatever the audit log can have as an action, as a name in the page.
    private func auditActions() throws -> [String] {
        let code = try sources("Sources/HoldfastFleet").joined()
        let named = code.matches(of: /audit(?:ed)?\(\s*"([a-z_-]+)"/).map { String($0.1).replacing("-", with: "_") }
        return SessionCommand.allCases.map(\.rawValue) + named
    }

    @Test("every failure code has Chinese words")
    func failures() throws {
        let words = try read("Sources/HoldfastConsole/Page/failures-zh.js")
        let causes = try #require(words.split(separator: "export const acts").first)
        let known = causes.matches(of: #/\n  ([a-z0-9_]+): /#).map { String($0.1) }
        // The list is complete: another test holds it against the code.
        let listed = try read("docs/troubleshooting.md").matches(of: /\n\| `[a-z]+\.([a-z0-9_]+?)(?:_N)?` \|/)
        #expect(listed.count > 50)
        #expect(Set(listed.map { String($0.1) }).symmetricDifference(known) == [])
    }

    @Test("every code of a refusal has Chinese words")
    func refusals() throws {
        let words = try read("Sources/HoldfastConsole/Page/texts-zh.js")
        let list = try #require(words.firstMatch(of: /refusal: \{([^}]*)\}/)).1
        let known = Set(list.matches(of: /([a-z_]+): '/).map { String($0.1) })
        let inFace = try ["Face/CommandRefusal", "Fleet+Messages", "Fleet+Alerts"].flatMap { name in
            try read("Sources/HoldfastFleet/\(name).swift").matches(of: /case \.\w+: "([a-z_]+)"/).map { String($0.1) }
        }
        let inConsole = try sources("Sources/HoldfastConsole").joined().matches(of: /code: "([a-z_]+)"/).map {
            String($0.1)
        }
        #expect(inFace.count > 15 && inConsole.count > 15)
        let codes = Set(SessionRefusal.allCases.map(\.rawValue) + inFace + inConsole)
        #expect(codes.subtracting(known) == [])
        #expect(known.subtracting(codes) == [])
    }

    @Test("every text is used, and every class of the style sheets")
    func unused() throws {
        let folder = "Sources/HoldfastConsole/Page"
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.root + folder)
        func all(_ isWanted: (String) -> Bool) throws -> String {
            try names.filter(isWanted).map { try read("\(folder)/\($0)") }.joined(separator: "\n")
        }
        let code = try all { ($0.hasSuffix(".js") && !$0.hasPrefix("texts-")) || $0.hasSuffix(".html") }
        let styles = try all { $0.hasSuffix(".css") }.replacing(/\/\*[^*]*\*\//, with: "")
        let keys = try read("\(folder)/texts-en.js").matches(of: /\n  (\w+):/).map { String($0.1) }
        #expect(keys.count > 150)
        let asked = Set(code.matches(of: /[.']([a-zA-Z]+)/).map { String($0.1) })
        #expect(Set(keys).subtracting(asked) == [])
        // Those that are put together from names of the API.
        let made = ["status-", "state-", "tone-"]
        let styled = Set(styles.matches(of: /\.([a-z][a-z-]*)/).map { String($0.1) })
        #expect(styled.count > 80)
        let named = Set(code.split { !($0 == "-" || ("a"..."z").contains($0)) }.map(String.init))
        #expect(styled.subtracting(named).filter { name in !made.contains { name.hasPrefix($0) } } == [])
    }

    private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/"

    private func read(_ path: String) throws -> String {
        try String(contentsOf: URL(filePath: Self.root + path), encoding: .utf8)
    }

    /// The texts of all Swift files of a folder.
    private func sources(_ folder: String) throws -> [String] {
        try #require(FileManager.default.enumerator(atPath: Self.root + folder)).compactMap { $0 as? String }
            .filter { $0.hasSuffix(".swift") }.map { try read("\(folder)/\($0)") }
    }
}
