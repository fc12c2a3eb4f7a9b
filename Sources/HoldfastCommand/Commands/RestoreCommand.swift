import ArgumentParser
import Foundation
import HoldfastCore
import HoldfastFleet
import HoldfastStore

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts a backup in the place of the store.",
        discussion: """
            Stop the fleet first: a store in use is refused. The backup is checked before anything is replaced, and what is \
            replaced is kept in the store's folder as replaced-…. Messages and replies that were on their way when the \
            backup was made become letters, so that nobody is answered twice.

            The configuration that is in the backup is not put back by itself: compare it with yours, and copy what you want.

            Example:
              holdfast restore data/backups/20261121T040000Z --config fleet.yaml
            """)

    @Argument(help: ArgumentHelp("The folder of a backup.", valueName: "backup"))
    var backup: String

    @OptionGroup var file: ConfigurationOption

    func run() throws {
        let configuration = try file.load()
        let store = configuration.store.path
        let now = ProcessClock.wall
        let lock: StoreLock
        do {
            lock = try StoreLock(folder: store, startedAt: now)
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            throw ExitCode.unavailable
        }
        do {
            let keys: Set<String> = try configuration.store.key.map { [try SealingKey(base64: $0).id] } ?? []
            let restored = try Backup(at: backup).restore(to: store, keys: keys, at: now)
            withExtendedLifetime(lock) {}
            print("restored \(store) from \(backup)")
            if let replaced = restored.replaced { print("what was there before: \(replaced)") }
            if restored.parked > 0 {
                print("\(restored.parked) messages and replies are letters now")
            }
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}
