import ArgumentParser
import Foundation

// Accounts that are added to a running fleet. Declarations and secrets come on standard input or from a file: what stands on
// a command line can be read by everybody on the machine.

struct AddAccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Adds an account to the running fleet; it is kept in the store.",
        discussion: """
            Reads the account from standard input: a JSON object with the keys that an account has in the configuration. \
            What is secret in it is stored sealed, which needs store.key.

            Example:
              echo '{"id": "shop-9", "url": "wss://gateway.example/", "token": "…"}' |
                holdfast accounts add
            """)

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try server.client()
        let data = try await client.post("/api/v1/accounts", body: try Input.read())
        let account = try HoldfastClient.decode(AccountRecord.self, from: data)
        print("\(account.id): \(account.state), \(account.status)")
    }
}

struct RemoveAccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Removes accounts that were added to the running fleet, with their secrets.",
        discussion: """
            Accounts of the configuration are removed there.

            Example:
              holdfast accounts remove shop-9
            """)

    @OptionGroup var server: ServerOptions

    @Argument(help: ArgumentHelp("The accounts.", valueName: "account"))
    var ids: [String]

    func validate() throws {
        for id in ids { try AccountSelection.validate(id: id) }
    }

    func run() async throws {
        let client = try server.client()
        try await Each.of(ids) { id in
            _ = try await client.delete("/api/v1/accounts/\(id)")
            print("\(id): removed")
        }
    }
}

struct SetCredentialCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-credential",
        abstract: "Gives an account another secret, which the running session uses from then on.",
        discussion: """
            Reads it from standard input, stores it sealed (which needs store.key), and ends a quarantine that waited for it. \
            It holds until the value in the configuration is changed.

            Example:
              holdfast accounts set-credential shop-1 --kind token < token.txt
            """)

    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case token, cookies, user, password
    }

    @Argument(help: ArgumentHelp("The account.", valueName: "account"))
    var id: String

    @Option(help: "What it is: token, cookies, user or password.")
    var kind = Kind.token

    @OptionGroup var server: ServerOptions

    func validate() throws { try AccountSelection.validate(id: id) }

    func run() async throws {
        let client = try server.client()
        let text = String(decoding: try Input.read(), as: UTF8.self).trimmingCharacters(in: .newlines)
        guard !text.isEmpty else { throw CommandFailure("there was nothing on standard input") }
        let body = try JSONSerialization.data(withJSONObject: [kind.rawValue: text])
        let data = try await client.put("/api/v1/accounts/\(id)/credential", body: body)
        let account = try HoldfastClient.decode(AccountRecord.self, from: data)
        print("\(account.id): \(account.state), \(account.status)")
    }
}

struct ExportAccountsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Prints the accounts that were added to the running fleet, without secrets.",
        discussion: """
            What it prints is JSON that `import` reads, and that may stand in a configuration as accounts_file.

            Example:
              holdfast accounts export > added.yaml
            """)

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try server.client()
        var accounts: [Any] = []
        try await client.forEachPage(of: "/api/v1/declarations", []) { data in
            guard let page = try JSONSerialization.jsonObject(with: data) as? [String: Any],
                let items = page["accounts"] as? [Any]
            else { throw CommandFailure("the answer is not what this version of holdfast understands") }
            accounts += items
        }
        let whole = try JSONSerialization.data(
            withJSONObject: ["accounts": accounts], options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        print(String(decoding: whole, as: UTF8.self))
    }
}

struct ImportAccountsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Adds the accounts of a JSON list to the running fleet.",
        discussion: """
            Reads standard input: a list of accounts, or an object with the one key accounts, as `export` prints it. Each \
            account is added or refused by itself.

            Example:
              holdfast accounts import < added.yaml
            """)

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try server.client()
        let json = try? JSONSerialization.jsonObject(with: try Input.read())
        guard let items = json as? [Any] ?? (json as? [String: Any])?["accounts"] as? [Any] else {
            throw CommandFailure("standard input is neither a JSON list of accounts nor {\"accounts\": […]}")
        }
        let named = items.enumerated().map { index, item in
            ((item as? [String: Any])?["id"] as? String ?? "item \(index + 1)", item)
        }
        try await Each.of(named, name: \.0) { name, item in
            guard let object = item as? [String: Any] else { throw CommandFailure("is no object") }
            _ = try await client.post("/api/v1/accounts", body: try JSONSerialization.data(withJSONObject: object))
            print("\(name): added")
        }
    }
}

/// Standard input, as far as it is sensible to read.
enum Input {
    static let limitBytes = 64 << 20

    static func read() throws -> Data {
        let data = try FileHandle.standardInput.read(upToCount: limitBytes + 1) ?? Data()
        guard data.count <= limitBytes else { throw CommandFailure("standard input is larger than 64MiB") }
        return data
    }
}

/// Does the same for many; what fails is told, and the rest is done all the same.
enum Each {
    static func of(_ ids: [String], _ body: (String) async throws -> Void) async throws {
        try await of(ids, name: \.self) { try await body($0) }
    }

    static func of<Item>(_ items: [Item], name: (Item) -> String, _ body: (Item) async throws -> Void) async throws {
        var hasFailed = false
        for item in items {
            do {
                try await body(item)
            } catch let failure as CommandFailure {
                hasFailed = true
                FileHandle.standardError.write(Data("\(name(item)): \(failure)\n".utf8))
            }
        }
        if hasFailed { throw ExitCode.failure }
    }
}
