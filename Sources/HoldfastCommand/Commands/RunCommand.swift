import ArgumentParser
import HoldfastCore
import HoldfastFleet
import Logging

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Keeps the fleet of a configuration connected, until SIGTERM or Ctrl-C.",
        discussion: """
            Prints one line on standard output when it serves: ready console=http://HOST:PORT. Logs go to standard error.

            SIGHUP reads the file again and changes only what has changed; a file with a problem changes nothing. \
            SIGTERM and SIGINT close every session with 1001 and end with exit code 0. \
            Exit code 78: the configuration is wrong. 69: the address cannot be listened on, or the store is in use.

            Example:
              holdfast run --config fleet.yaml
              holdfast status --watch            # in another terminal
            """)

    @OptionGroup var file: ConfigurationOption

    func run() async throws {
        // First, while there is no other thread that could read the environment.
        let manager = ServiceManager.takeFromEnvironment()
        ProcessLimits.prepare()
        var service = try makeService()
        service.manager = manager
        ProcessMemory.returnFreed()
        try await service.run()
    }

    /// A function of its own, so that what was read is given back before the fleet runs.
    private func makeService() throws -> FleetService {
        let path = file.config
        let configuration = try file.load()
        let output = LogOutput(configuration.log)
        let logger = Logger(label: "holdfast") { _ in CommandLogHandler(output) }
        var service = FleetService(configuration, logger: logger)
        service.reload = { () throws(InvalidConfiguration) in try ConfigurationLoader.load(path: path) }
        service.applied = { next in
            ProcessMemory.returnFreed()
            output.apply(next.log)
        }
        return service
    }
}
