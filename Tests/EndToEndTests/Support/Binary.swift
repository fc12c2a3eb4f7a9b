import Foundation

/// The `holdfast` binary under test: `$HOLDFAST` if it is set, else the one that was built beside these tests.
enum Binary {
    static let path: String = {
        if let given = ProcessInfo.processInfo.environment["HOLDFAST"], !given.isEmpty { return given }
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let beside = tests.deletingLastPathComponent().appendingPathComponent("holdfast").path
        if FileManager.default.isExecutableFile(atPath: beside) { return beside }
        return ".build/debug/holdfast"
    }()
}
