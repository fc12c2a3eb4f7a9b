import ArgumentParser

// The actions on accounts; what they have in common is in `AccountActionCommand`.

struct EnableCommand: AccountActionCommand {
    static let action = "enable"
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Switches accounts on.",
        discussion: "It does not lift a quarantine: `release` does.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var selection: AccountSelection
}

struct DisableCommand: AccountActionCommand {
    static let action = "disable"
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Switches accounts off; they close and stay closed.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var selection: AccountSelection
}

struct ReconnectCommand: AccountActionCommand {
    static let action = "reconnect"
    static let configuration = CommandConfiguration(
        commandName: "reconnect",
        abstract: "Connects anew, at once: ends any waiting, and replaces a connection that stands.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var selection: AccountSelection
}

struct ResetCommand: AccountActionCommand {
    static let action = "reset"
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Forgets the failures of accounts and begins to count anew.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var selection: AccountSelection
}

struct RenewCommand: AccountActionCommand {
    static let action = "renew"
    static let configuration = CommandConfiguration(
        commandName: "renew", abstract: "Gets accounts another credential from their provider.",
        discussion: "Refused while the account's last login is too recent.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var selection: AccountSelection
}

struct RestartCommand: AccountActionCommand {
    static let action = "restart"
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Releases everything of a session and starts it from its configuration.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var selection: AccountSelection
}

struct QuarantineCommand: AccountActionCommand {
    static let action = "quarantine"
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "Takes accounts out of service until somebody releases them.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var selection: AccountSelection
}

struct ReleaseCommand: AccountActionCommand {
    static let action = "release"
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Lifts a quarantine.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var selection: AccountSelection
}
