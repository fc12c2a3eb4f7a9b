import Foundation
import HoldfastFuzzTargets
import Testing

/// Feeds the decoders the inputs kept in `Tests/Corpus/<target>`: one of each kind, and every one that ever broke a promise
/// while fuzzing.
@Suite("The corpus")
struct CorpusTests {
    private static func files(of target: FuzzTarget) throws -> [URL] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let folder = tests.appending(components: "Corpus", target.rawValue)
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    }

    @Test("every input keeps every promise", arguments: FuzzTarget.allCases)
    func keepsPromises(target: FuzzTarget) throws {
        let files = try Self.files(of: target)
        #expect(files.count >= 10)
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            #expect(throws: Never.self, "\(file.lastPathComponent)") { try target.run(bytes) }
        }
    }

    @Test("every input and every beginning of it keeps every promise", arguments: FuzzTarget.allCases)
    func keepsPromisesWhenCut(target: FuzzTarget) throws {
        for file in try Self.files(of: target) {
            let bytes = Array(try Data(contentsOf: file).prefix(100))
            for count in 0..<bytes.count {
                #expect(throws: Never.self, "\(file.lastPathComponent), \(count) bytes") {
                    try target.run(Array(bytes.prefix(count)))
                }
            }
        }
    }
}
