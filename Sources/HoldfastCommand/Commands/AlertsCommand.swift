import ArgumentParser

struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts",
        abstract: "Shows by which channels people are told of alerts, and tries them.",
        subcommands: [AlertChannelsCommand.self, AlertTestCommand.self])
}
