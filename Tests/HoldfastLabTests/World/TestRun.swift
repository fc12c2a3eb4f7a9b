import Foundation

/// The tests of this program, run again in a process of their own, as `swift test` runs them.
enum TestRun {
    /// Everything that is printed by a run with these options.
    ///
    /// - Parameter environment: beside the present one.
    static func output(_ environment: [String: String], _ options: [String]) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--testing-library", "swift-testing"] + options
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        // To its end, which is that of the process.
        let bytes = try await Task.detached { try pipe.fileHandleForReading.readToEnd() ?? Data() }.value
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }
}
