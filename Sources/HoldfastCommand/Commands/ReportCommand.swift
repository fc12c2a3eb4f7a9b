import ArgumentParser
import Foundation

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Gathers what is known about one account, for a bug report.",
        discussion: """
            Prints one JSON document: the account, its diagnosis, its settings, its timeline with a record of each failure, \
            and the figures of the process. URLs are cut; headers, tokens and credentials are not in it. Read it all the \
            same before you send it to somebody.

            Example:
              holdfast report shop-1 --since 2h > report.json
            """)

    @Argument(help: ArgumentHelp("The account.", valueName: "account"))
    var id: String

    @OptionGroup var server: ServerOptions

    @Option(help: ArgumentHelp("How far back, such as 90m or 24h.", valueName: "duration"))
    var since = "24h"

    func validate() throws {
        try AccountSelection.validate(id: id)
        _ = try seconds()
    }

    func run() async throws {
        let data = try await server.client().get(
            "/api/v1/accounts/\(id)/report", query: [("since_s", "\(try seconds())")])
        let object = try JSONSerialization.jsonObject(with: data)
        let text = try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        print(String(decoding: text, as: UTF8.self))
    }

    private func seconds() throws -> Int64 {
        do throws(Units.Mistake) {
            let seconds = try Units.duration(since).components.seconds
            if seconds >= 1, seconds <= Int32.max { return seconds }
        } catch {
            throw ValidationError("'\(since)' is no duration; write one such as 90m or 24h.")
        }
        throw ValidationError("--since is 1s or more.")
    }
}
