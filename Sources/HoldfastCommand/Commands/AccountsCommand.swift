import ArgumentParser
import Foundation

struct AccountsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accounts",
        abstract: "Lists the accounts of a running fleet, or acts on them.",
        discussion: """
            Examples:
              holdfast accounts list --filter state=failed
              holdfast accounts reconnect shop-1 shop-2
              holdfast accounts disable --filter status=quarantined
              holdfast accounts release --all
            """,
        subcommands: [
            ListAccountsCommand.self, EnableCommand.self, DisableCommand.self, ReconnectCommand.self, ResetCommand.self,
            RenewCommand.self, RestartCommand.self, QuarantineCommand.self, ReleaseCommand.self,
            AddAccountCommand.self, RemoveAccountCommand.self, SetCredentialCommand.self, ImportAccountsCommand.self,
            ExportAccountsCommand.self,
        ])
}

struct ListAccountsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists all accounts that match, in the order of their ids.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var filter: FilterOption

    @Flag(help: "Print one line of JSON: {\"accounts\": […], \"totals\": {…}}.")
    var json = false

    func validate() throws { _ = try filter.parameters() }

    func run() async throws {
        let client = try server.client()
        let parameters = try filter.parameters()
        guard !json else { return print(try await client.accountsAsJSON(parameters)) }
        var accounts: [AccountRecord] = []
        try await client.forEachPage(parameters) { data in
            accounts += try HoldfastClient.decode(AccountPageRecord.self, from: data).accounts
        }
        guard !accounts.isEmpty else { return print("No account matches.") }
        StatusView.table(of: accounts, now: Date()).show()
    }
}

/// One action on accounts. The subcommands differ in nothing but name and words.
protocol AccountActionCommand: AsyncParsableCommand {
    static var action: String { get }
    var server: ServerOptions { get }
    var selection: AccountSelection { get }
}

extension AccountActionCommand {
    func run() async throws {
        let client = try server.client()
        guard !selection.ids.isEmpty else { return try await runOnMany(client) }
        try await Each.of(selection.ids) { id in
            let data = try await client.post("/api/v1/accounts/\(id)/\(Self.action)")
            let account = try HoldfastClient.decode(AccountRecord.self, from: data)
            print("\(account.id): \(account.state), \(account.status)")
        }
    }

    private func runOnMany(_ client: HoldfastClient) async throws {
        let data = try await client.post("/api/v1/accounts:\(Self.action)", body: try selection.body())
        let answer = try HoldfastClient.decode(AppliedRecord.self, from: data)
        print("\(Self.action): \(answer.matched) matched, \(answer.applied) applied")
    }
}
