import Foundation
import Testing

/// The list of rules in `docs/websocket.md` is worth something only while the tests it names are there.
@Suite("The table of the RFCs' rules names tests that exist")
struct RuleTableTests {
    @Test("every row names a test, and every test named is in the sources")
    func complete() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let root = folder.deletingLastPathComponent().deletingLastPathComponent()
        let document = try String(contentsOf: root.appending(path: "docs/websocket.md"), encoding: .utf8)
        let rows = document.split(separator: "\n").filter { $0.hasPrefix("| 6455 §") || $0.hasPrefix("| 7692 §") }
        #expect(rows.count > 40)
        let sources = try Self.sources(in: root.appending(path: "Tests"))
        for row in rows {
            let cell = row.split(separator: "|").last.map(String.init) ?? ""
            let suites = cell.matches(of: /`(\w+Tests)`/).map { String($0.output.1) }
            let names = cell.matches(of: /"([^"]+)"/).map { String($0.output.1) }
            #expect(!(suites + names).isEmpty || cell.contains("not kept:"), "\(row)")
            for suite in suites { #expect(sources.contains("struct \(suite) "), "\(suite)") }
            // What an ellipsis stands for is made by the test.
            for part in names.flatMap({ $0.split(separator: "…") }) {
                #expect(sources.contains(part.trimmingCharacters(in: .whitespaces)), "\(part)")
            }
        }
    }

    private static func sources(in folder: URL) throws -> String {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap {
            $0 as? URL
        }
        return try (files ?? []).filter {
            $0.pathExtension == "swift" && $0.lastPathComponent != "RuleTableTests.swift"
        }
        .map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
    }
}
