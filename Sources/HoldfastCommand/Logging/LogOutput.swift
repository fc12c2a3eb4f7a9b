import Foundation
import HoldfastFleet
import Logging
import Synchronization

/// Where all log lines of the process go, and how they look. One object for all loggers, so that a reload changes them all.
///
/// Every line is handed to the system in one piece before the call returns: nothing is buffered, so nothing is lost when the
/// process ends, however it ends (L3). A fleet at rest logs nothing at all, which is why that is cheap enough.
final class LogOutput: Sendable {
    private struct Settings {
        var level: Logger.Level
        var format: LogConfiguration.Format
    }

    private let descriptor: Int32
    private let settings: Mutex<Settings>
    /// Two lines at once would mix when the other end is a pipe that is nearly full.
    private let writing = Mutex(())

    init(_ configuration: LogConfiguration, descriptor: Int32 = STDERR_FILENO) {
        self.descriptor = descriptor
        settings = Mutex(Settings(level: configuration.level, format: configuration.format))
    }

    var level: Logger.Level { settings.withLock { $0.level } }

    /// From the next line on.
    func apply(_ configuration: LogConfiguration) {
        settings.withLock { $0 = Settings(level: configuration.level, format: configuration.format) }
    }

    func write(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) {
        let time = ProcessClock.wall
        let line =
            switch settings.withLock({ $0.format }) {
            case .text: LogLine.text(time, level, message, metadata)
            case .json: LogLine.json(time, level, message, metadata)
            }
        writing.withLock { _ in writeAll(line) }
    }

    private func writeAll(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let start = rest.baseAddress, !rest.isEmpty {
                let written = Foundation.write(descriptor, start, rest.count)
                if written > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
                } else if written < 0, errno == EINTR {
                    continue
                } else if written < 0, errno == EAGAIN {
                    // Somebody made it non-blocking: wait until there is room.
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    guard poll(&wait, 1, 1_000) > 0 else { return }
                } else {
                    // There is nobody left to tell.
                    return
                }
            }
        }
    }
}

/// The handler behind every `Logger` of the command.
struct CommandLogHandler: LogHandler {
    private let output: LogOutput
    private var ownLevel: Logger.Level?
    var metadata: Logger.Metadata = [:]

    init(_ output: LogOutput) {
        self.output = output
    }

    /// The output's level, unless this logger was given its own.
    var logLevel: Logger.Level {
        get { ownLevel ?? output.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var merged = metadata
        if let own = event.metadata { merged.merge(own) { _, own in own } }
        if let error = event.error, merged["error"] == nil { merged["error"] = "\(error)" }
        output.write(event.level, event.message.description, merged)
    }
}
