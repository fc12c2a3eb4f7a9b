import ArgumentParser

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tells everything that is wrong in a configuration.",
        discussion: """
            Each problem is one line: FILE:LINE: KEY: what is wrong; what is allowed. Nothing is started and nothing is \
            connected to. Exit code 0 if the configuration can be run, 78 if not.

            Example:
              holdfast check --config fleet.yaml && systemctl reload holdfast
            """)

    @OptionGroup var file: ConfigurationOption

    func run() throws {
        do throws(InvalidConfiguration) {
            let configuration = try ConfigurationLoader.load(path: file.config)
            let count = configuration.fleet.accounts.count
            let disabled = configuration.fleet.accounts.count { !$0.isEnabled }
            print("\(file.config): ok, \(count) \(count == 1 ? "account" : "accounts"), \(disabled) of them disabled")
        } catch {
            print(error)
            throw ExitCode.wrongConfiguration
        }
    }
}

struct ConfigurationOption: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("The configuration file, in YAML.", valueName: "file"))
    var config: String
}
