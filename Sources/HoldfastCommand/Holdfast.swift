import ArgumentParser

/// The `holdfast` command. Every subcommand is a file in `Commands`.
@main
struct Holdfast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast",
        abstract: "Keeps a fleet of long-lived, authenticated WebSocket sessions alive.",
        discussion: """
            See it at work, with nothing to configure (a gateway that misbehaves is part of it):

              holdfast demo

            Run your own fleet:

              holdfast check --config fleet.yaml   # tells all that is wrong in it
              holdfast run --config fleet.yaml     # until SIGTERM or Ctrl-C

            Look at a running one, and act on it:

              holdfast status --watch
              holdfast timeline shop-1
              holdfast accounts reconnect shop-1

            A configuration starts small:

              accounts:
                - id: shop-1
                  url: wss://gateway.example/
                  token: ${SHOP1_TOKEN}

            Results go to standard output, logs and errors to standard error. Exit codes: 0 done; 1 refused or failed; \
            64 wrong usage; 69 cannot listen, or the store is in use or unusable; 70 internal; 78 wrong configuration.
            """,
        version: Version.current,
        subcommands: [
            RunCommand.self, CheckCommand.self, DemoCommand.self, GatewayCommand.self, StatusCommand.self,
            AccountsCommand.self, TimelineCommand.self, SendCommand.self, LettersCommand.self, PausesCommand.self,
            AlertsCommand.self, AuditCommand.self, DoctorCommand.self, ReportCommand.self, BackupCommand.self,
            RestoreCommand.self, KeyCommand.self, SimulateCommand.self,
        ]
    )
}
