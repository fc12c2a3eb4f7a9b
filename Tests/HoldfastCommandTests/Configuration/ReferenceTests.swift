import Foundation
import Testing

@testable import HoldfastCommand

@Suite("The reference of the configuration is what the code reads")
struct ReferenceTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The first four columns of every row of a key.
    private func documented() throws -> [String] {
        let text = try String(contentsOf: Self.root.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
        return text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
            let columns = row.split(separator: "|", omittingEmptySubsequences: false).dropFirst().prefix(4)
            return columns.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " | ")
        }
    }

    @Test("docs/configuration.md has every key with its kind, default and range, and no other")
    func everyKey() throws {
        let keys = ConfigurationLoader.reference()
        let defaults = Set(
            keys.map(\.name).filter { $0.hasPrefix("defaults.") }.map { $0.dropFirst("defaults.".count) })
        // What an account shares with the defaults is documented once.
        let expected = keys.filter { key in
            !(key.name.hasPrefix("accounts[].") && defaults.contains(key.name.dropFirst("accounts[].".count)))
        }.map { "`\($0.name)` | \($0.kind) | \($0.preset) | \($0.allowed)".trimmingCharacters(in: .whitespaces) }
        let found = try documented().map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(Set(expected).subtracting(found).sorted() == [], "missing or different in the document")
        #expect(Set(found).subtracting(expected).sorted() == [], "not in the code, or different there")
        #expect(found.count == Set(found).count)
    }

    @Test("an account knows every key of the defaults")
    func accountsHaveDefaults() {
        let names = ConfigurationLoader.reference().map(\.name)
        let defaults = names.filter { $0.hasPrefix("defaults.") }.map { $0.dropFirst("defaults.".count) }
        let own = Set(names.filter { $0.hasPrefix("accounts[].") }.map { $0.dropFirst("accounts[].".count) })
        #expect(defaults.count > 30)
        #expect(Set(defaults).subtracting(own).sorted() == [])
    }

    @Test("the examples in the document and in the help are accepted")
    func examples() throws {
        let text = try String(contentsOf: Self.root.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
        let blocks = text.components(separatedBy: "```yaml\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        #expect(!blocks.isEmpty)
        for block in blocks { #expect(problems(block, environment: ["SHOP1_TOKEN": "x"]) == []) }
        let help = Holdfast.configuration.discussion
        let example = try #require(help.components(separatedBy: "A configuration starts small:\n\n").last)
        let lines = example.split(separator: "\n").prefix { $0.hasPrefix("  ") }.map { $0.dropFirst(2) }
        #expect(problems(lines.joined(separator: "\n"), environment: ["SHOP1_TOKEN": "x"]) == [])
    }
}
