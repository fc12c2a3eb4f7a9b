import Foundation
import Testing

/// The list of rules in `docs/websocket.md` is worth something only while the tests it names are there.
@Suite("The table of the RFCs' rules names tests that exist")
struct RuleTableTests {
    private static let tables = [
        "C": "ClientConformanceTests", "H": "HandshakeConformanceTests", "S": "StreamConformanceTests",
        "D": "DeflateConformanceTests",
    ]

    @Test("every row names a test, and every test named is in its suite: as a test, or as a row of its table")
    func complete() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let root = folder.deletingLastPathComponent().deletingLastPathComponent()
        let document = try String(contentsOf: root.appending(path: "docs/websocket.md"), encoding: .utf8)
        let rows = document.split(separator: "\n").filter { $0.hasPrefix("| 6455 §") || $0.hasPrefix("| 7692 §") }
        #expect(rows.count > 40)
        let suites = try Self.suites(in: root.appending(path: "Tests"))
        for row in rows {
            let cell = row.split(separator: "|").last.map(String.init) ?? ""
            var suite: String?
            var named = 0
            for match in cell.matches(of: /`(\w+Tests)`|\b([CHSD])\b(?= "|,)|"([^"]+)"/) {
                if let name = match.output.1 ?? match.output.2 {
                    suite = Self.tables[String(name)] ?? String(name)
                    #expect(suites[suite ?? ""] != nil, "\(name)")
                    named += 1
                } else if let test = match.output.3 {
                    let titles = suites[suite ?? ""] ?? []
                    #expect(titles.contains { Self.isTitle($0, test) }, "\(suite ?? "no suite") \(test)")
                    named += 1
                }
            }
            #expect(named > 0 || cell.contains("not kept:"), "\(row)")
        }
    }

    /// Whether a title is what the document quotes. What an ellipsis stands for is made by the test.
    private static func isTitle(_ title: String, _ quoted: Substring) -> Bool {
        var rest = title[...]
        for part in quoted.split(separator: "…") {
            guard let found = rest.firstRange(of: part.trimmingCharacters(in: .whitespaces)) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }

    /// The titles of the tests and of the rows of tables, by suite.
    private static func suites(in folder: URL) throws -> [String: [String]] {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap {
            $0 as? URL
        }
        var suites: [String: [String]] = [:]
        for file in files ?? [] where file.pathExtension == "swift" {
            let source = try String(contentsOf: file, encoding: .utf8)
            let titles = source.matches(of: /(?:@Test\(\s*|what:\s*|"§[^"]*",\s*)"((?:[^"\\\n]|\\.)*)"/)
                .map { String($0.output.1) }
            for suite in source.matches(of: /struct (\w+Tests)\b/) {
                suites[String(suite.output.1), default: []] += titles
            }
        }
        return suites
    }
}
