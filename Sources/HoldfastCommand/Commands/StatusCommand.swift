import ArgumentParser
import Foundation
import UnixSignals

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows how a running fleet is doing, the accounts in most need of attention first.",
        discussion: """
            Examples:
              holdfast status
              holdfast status --watch
              holdfast status --filter status=unhealthy
              holdfast status --json | jq '.totals'

            Next: holdfast timeline ACCOUNT tells what happened to one of them.
            """)

    @OptionGroup var server: ServerOptions
    @OptionGroup var filter: FilterOption

    @Flag(help: "Print everything as one line of JSON: {\"accounts\": […], \"totals\": {…}}.")
    var json = false

    @Flag(help: "Show it again and again, until Ctrl-C.")
    var watch = false

    @Option(help: ArgumentHelp("Seconds between two looks with --watch.", valueName: "seconds"))
    var every = 2.0

    @Option(help: ArgumentHelp("Show at most this many accounts; not with --json.", valueName: "number"))
    var limit = 50

    /// Worst first.
    private static let statuses = ["failed", "quarantined", "unhealthy", "degraded", "disabled", "healthy"]

    func validate() throws {
        guard (0.1...3_600).contains(every) else { throw ValidationError("--every is 0.1 to 3600 seconds.") }
        guard (1...1_000).contains(limit) else { throw ValidationError("--limit is 1 to 1000.") }
        _ = try filter.parameters()
    }

    func run() async throws {
        let client = try server.client()
        guard watch else { return print(try await text(client, .current())) }
        // Ctrl-C is how this ends, so it ends well.
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
            }
            group.addTask { try await show(client) }
            _ = try await group.next()
            group.cancelAll()
        }
    }

    private func show(_ client: HoldfastClient) async throws {
        while !Task.isCancelled {
            let terminal = Terminal.current()
            do {
                show(try await text(client, terminal), on: terminal)
            } catch let failure as CommandFailure {
                // A question cut short by the end of watching is no failure. Any other may be a restart, and whoever
                // watches wants to see it come back; but a script must not take it for a picture.
                if Task.isCancelled { return }
                if json {
                    FileHandle.standardError.write(Data("\(failure)\n".utf8))
                } else {
                    show(terminal.paint("\(failure)", .red), on: terminal)
                }
            }
            try? await Task.sleep(for: .seconds(every))
        }
    }

    private func show(_ text: String, on terminal: Terminal) {
        // From the upper left corner, clearing what is written over: no flicker.
        let clear = terminal.isInteractive && !json
        print(clear ? "\u{1B}[H" + text.replacing("\n", with: "\u{1B}[K\n") + "\u{1B}[K\u{1B}[J" : text)
        fflush(nil)
    }

    private func text(_ client: HoldfastClient, _ terminal: Terminal) async throws -> String {
        if json { return try await client.accountsAsJSON(filter.parameters()) }
        let rows = watch && terminal.isInteractive ? min(limit, terminal.lines - 6) : limit
        let view = try await view(client, limit: max(1, rows))
        return view.lines(terminal, now: Date()).joined(separator: "\n")
    }

    private func view(_ client: HoldfastClient, limit: Int) async throws -> StatusView {
        let readiness = try HoldfastClient.decode(
            ReadinessRecord.self, from: try await client.get("/readyz", accepting: [503]))
        let parameters = try filter.parameters()
        let first = try await client.accounts(parameters, limit: limit)
        var accounts = first.accounts
        if first.next != nil, !parameters.contains(where: { $0.0 == "status" }) {
            accounts = []
            for status in Self.statuses where accounts.count < limit {
                guard first.totals.byStatus?[status] != 0 else { continue }
                let page = try await client.accounts(parameters + [("status", status)], limit: limit - accounts.count)
                accounts += page.accounts
            }
        } else {
            let ranks = Dictionary(uniqueKeysWithValues: Self.statuses.enumerated().map { ($1, $0) })
            accounts.sort { (ranks[$0.status] ?? 0, $0.health, $0.id) < (ranks[$1.status] ?? 0, $1.health, $1.id) }
        }
        let isWhole = parameters.isEmpty
        let omitted = isWhole ? max(0, (first.totals.accounts ?? 0) - accounts.count) : 0
        return StatusView(
            base: client.base, totals: first.totals, reasons: readiness.reasons ?? [], accounts: accounts,
            omitted: omitted)
    }
}
