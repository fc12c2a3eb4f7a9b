import ArgumentParser
import Foundation
import HoldfastCore
import HoldfastFleet
import HoldfastStore
import Logging

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Makes the key that seals secrets in the store, and changes it.",
        subcommands: [New.self, Rotate.self])

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new",
            abstract: "Makes a key: 32 random bytes in base64.",
            discussion: """
                Keep a copy where you keep passwords: without it neither the store nor a backup gives a secret back.

                Example:
                  holdfast key new --out /etc/holdfast/key

                and in the configuration: store: { key: "file:/etc/holdfast/key" }
                """)

        @Option(
            help: ArgumentHelp(
                "A file to make, readable by its owner only; standard output without it.", valueName: "file"))
        var out: String?

        func run() throws {
            let key = SealingKey.generate()
            guard let out else { return key.withRevealed { print($0) } }
            try KeyFile.write(key, to: out)
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate",
            abstract: "Seals every secret of the store anew with another key.",
            discussion: """
                Stop the fleet first: a store in use is refused. The configuration has the key used so far; afterwards put the \
                new one in its place. Backups made before still need the former key.

                Example:
                  systemctl stop holdfast
                  holdfast key new --out new.key
                  holdfast key rotate --config fleet.yaml --to new.key && mv new.key key
                  systemctl start holdfast
                """)

        @OptionGroup var file: ConfigurationOption

        @Option(help: ArgumentHelp("The file of the new key.", valueName: "file"))
        var to: String

        func run() async throws {
            let configuration = try file.load()
            guard let data = Paths.smallFile(to), let text = String(validating: data, as: UTF8.self) else {
                throw CommandFailure("\(to) cannot be read; `holdfast key new --out \(to)` makes it")
            }
            let logger = Logger(label: "holdfast") { _ in CommandLogHandler(LogOutput(configuration.log)) }
            do {
                let count = try await Fleet.rotateKey(of: configuration.fleet, to: Secret(text), logger: logger)
                print("\(count) secrets are sealed with the new key; put it into store.key before the next start")
            } catch let error as StoreLockError {
                FileHandle.standardError.write(Data("error: \(error)\n".utf8))
                throw ExitCode.unavailable
            } catch {
                throw CommandFailure("\(error)")
            }
        }
    }
}

/// A file that holds a key.
enum KeyFile {
    /// Never writes over a file: it could be the only copy of a key.
    static func write(_ key: Secret, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(
                "\(path) cannot be made: \(String(cString: strerror(errno))); name a file that is not there yet")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try key.withRevealed { try handle.write(contentsOf: Data(($0 + "\n").utf8)) }
        try handle.synchronize()
    }
}
