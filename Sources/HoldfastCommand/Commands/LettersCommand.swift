import ArgumentParser
import Foundation

struct LettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "letters",
        abstract: "Messages that could not be handled or read: lists, shows, replays or deletes them.",
        discussion: """
            Examples:
              holdfast letters list --account shop-1
              holdfast letters show 17
              holdfast letters replay --code given_up
              holdfast letters delete 17 18
            """,
        subcommands: [
            ListLettersCommand.self, ShowLetterCommand.self, ReplayLettersCommand.self, DeleteLettersCommand.self,
        ])
}

/// Which letters of a list are meant.
struct LetterFilter: ParsableArguments {
    @Option(help: ArgumentHelp("Only letters of this account.", valueName: "account"))
    var account: String?

    @Option(help: ArgumentHelp("Only letters with this code, for instance refused or given_up.", valueName: "code"))
    var code: String?

    @Option(help: ArgumentHelp("Only letters of this chat.", valueName: "chat"))
    var chat: String?

    /// The filters as the API has them.
    var parameters: [(String, String)] {
        [("account", account), ("code", code), ("chat", chat)].compactMap { name, value in value.map { (name, $0) } }
    }
}

struct ListLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists letters, newest first.")

    @OptionGroup var filter: LetterFilter

    @Option(help: ArgumentHelp("At most this many.", valueName: "number"))
    var limit = 50

    @OptionGroup var server: ServerOptions

    @Flag(help: "Print the API's answer as it is.")
    var json = false

    func validate() throws {
        try HoldfastClient.checkLimit(limit)
    }

    func run() async throws {
        let data = try await server.client().get(
            "/api/v1/letters", query: filter.parameters + [("limit", "\(limit)")])
        guard !json else { return print(String(decoding: data, as: UTF8.self)) }
        let letters = try HoldfastClient.decode(LetterPageRecord.self, from: data).letters
        guard !letters.isEmpty else { return print("There are no such letters.") }
        var table = Table(["LETTER", "AT", "ACCOUNT", "CHAT", "CODE", "DETAIL", "TEXT"])
        for letter in letters {
            table.add([
                "\(letter.id)", letter.at, letter.account, letter.chat ?? "–", letter.code, letter.detail,
                letter.text ?? "–",
            ])
        }
        table.show()
    }
}

struct ShowLetterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows everything of one letter, what came included.")

    @Argument(help: ArgumentHelp("The letter's number.", valueName: "letter"))
    var id: Int64

    @OptionGroup var server: ServerOptions

    @Flag(help: "Print the API's answer as it is.")
    var json = false

    func run() async throws {
        let data = try await server.client().get("/api/v1/letters/\(id)")
        guard !json else { return print(String(decoding: data, as: UTF8.self)) }
        let letter = try HoldfastClient.decode(LetterRecord.self, from: data)
        let raw = letter.raw ?? letter.rawBase64.map { "(base64) \($0)" }
        let fields: [(String, String?)] = [
            ("account", letter.account), ("at", letter.at), ("code", letter.code), ("detail", letter.detail),
            ("message", letter.messageId), ("chat", letter.chat), ("sender", letter.sender), ("name", letter.name),
            ("item", letter.item), ("text", letter.text), ("raw", raw),
        ]
        var table = Table(["LETTER", "\(letter.id)"])
        for (name, value) in fields {
            guard let value, !value.isEmpty else { continue }
            table.add([name, value])
        }
        // Whole, however wide the terminal is.
        var terminal = Terminal.current()
        terminal.columns = .max
        table.show(on: terminal)
    }
}

/// What replaying and deleting have in common.
protocol LetterActionCommand: AsyncParsableCommand {
    var selection: LetterSelection { get }
    var server: ServerOptions { get }
    /// Does it, and says what was done.
    func act(on id: Int64, _ client: HoldfastClient) async throws -> String
}

extension LetterActionCommand {
    func run() async throws {
        let client = try server.client()
        let ids = try await selection.letters(client)
        guard !ids.isEmpty else { return print("There are no such letters.") }
        try await Each.of(ids, name: { "\($0)" }) { id in
            let done = try await act(on: id, client)
            print("\(id): \(done)")
        }
    }
}

struct ReplayLettersCommand: LetterActionCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Hands the messages of letters to the handlers again, oldest first.",
        discussion: "What nobody could read cannot be replayed.")

    @OptionGroup var selection: LetterSelection
    @OptionGroup var server: ServerOptions

    func act(on id: Int64, _ client: HoldfastClient) async throws -> String {
        _ = try await client.post("/api/v1/letters/\(id)/replay")
        return "replayed"
    }
}

struct DeleteLettersCommand: LetterActionCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Throws letters away.")

    @OptionGroup var selection: LetterSelection
    @OptionGroup var server: ServerOptions

    func act(on id: Int64, _ client: HoldfastClient) async throws -> String {
        _ = try await client.delete("/api/v1/letters/\(id)")
        return "deleted"
    }
}

/// The letters an action is for: numbers, or a filter, or `--all`.
struct LetterSelection: ParsableArguments {
    @Argument(help: ArgumentHelp("The letters' numbers.", valueName: "letter"))
    var ids: [Int64] = []

    @OptionGroup var filter: LetterFilter

    @Flag(help: "All letters.")
    var all = false

    func validate() throws {
        guard [!ids.isEmpty, !filter.parameters.isEmpty, all].count(where: { $0 }) == 1 else {
            throw ValidationError("Say which letters: their numbers, or a filter, or --all (one of the three).")
        }
    }

    /// Their numbers, oldest first, as they are when it is asked: letters that come meanwhile are not meant.
    func letters(_ client: HoldfastClient) async throws -> [Int64] {
        guard ids.isEmpty else { return ids }
        var found: [Int64] = []
        try await client.forEachPage(of: "/api/v1/letters", filter.parameters) { data in
            found += try HoldfastClient.decode(LetterPageRecord.self, from: data).letters.map(\.id)
        }
        return found.reversed()
    }
}

/// A page of letters as the API tells it.
private struct LetterPageRecord: Decodable {
    var letters: [LetterRecord]
}

private struct LetterRecord: Decodable {
    var id: Int64
    var account: String
    var at: String
    var code: String
    var detail: String
    var messageId: String?
    var chat: String?
    var sender: String?
    var name: String?
    var text: String?
    var item: String?
    var raw: String?
    var rawBase64: String?
}
