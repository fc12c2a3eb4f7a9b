import ArgumentParser
import Foundation
import HoldfastCore
import HoldfastFleet
import HoldfastStore

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies the store and the configuration, while the fleet runs or not.",
        discussion: """
            Prints the folder of the new backup. Secrets in it are sealed as in the store; the key is not in it: keep a copy \
            of the key elsewhere, or the backup is of no use.

            A running fleet makes backups by itself (backup.every, backup.keep).

            Example:
              holdfast backup --config fleet.yaml --to /mnt/safe
            """)

    @OptionGroup var file: ConfigurationOption

    @Option(
        help: ArgumentHelp(
            "Where backups are kept, instead of backup.path. None is removed there.", valueName: "folder"))
    var to: String?

    func run() throws {
        let configuration = try file.load()
        let folder = to ?? configuration.backupFolder
        let now = ProcessClock.wall
        do {
            let backup = try Backup.make(
                of: configuration.store.path, configuration: configuration.files, without: configuration.store.key,
                in: folder, at: now)
            if to == nil { Backup.prune(in: folder, keeping: configuration.backup.keep, at: now) }
            print(backup.path)
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}

extension ConfigurationOption {
    /// The configuration; its problems go to standard error, and the command ends with 78.
    func load() throws -> Configuration {
        do throws(InvalidConfiguration) {
            return try ConfigurationLoader.load(path: config)
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode.wrongConfiguration
        }
    }
}
