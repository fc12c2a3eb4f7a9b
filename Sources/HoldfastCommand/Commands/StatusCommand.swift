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

    func validate() throws {
        guard (0.1...3_600).contains(every) else { throw ValidationError("--every is 0.1 to 3600 seconds.") }
        try HoldfastClient.checkLimit(limit)
        _ = try filter.parameters()
    }

    func run() async throws {
        let client = try server.client()
        guard watch else {
            var picture = FleetPicture()
            return print(try await text(client, .current(), &picture))
        }
        // Ctrl-C is how this ends, so it ends well.
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
            }
            group.addTask { try await show(client) }
            _ = try await group.next()
            group.cancelAll()
        }
        Self.leave(.current(), json: json)
    }

    /// Looks again after a while, and at once when the window has another size.
    private func show(_ client: HoldfastClient) async throws {
        Self.enter(.current(), json: json)
        var picture = FleetPicture()
        while !Task.isCancelled {
            let terminal = Terminal.current()
            do {
                show(try await text(client, terminal, &picture), on: terminal)
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
            await pause()
        }
    }

    private func pause() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: .seconds(every)) }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigwinch) { return }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// What was on the terminal before comes back when the watch ends.
    private static func enter(_ terminal: Terminal, json: Bool) {
        guard terminal.isInteractive, !json else { return }
        print("\u{1B}[?1049h\u{1B}[?25l", terminator: "")
        fflush(nil)
    }

    private static func leave(_ terminal: Terminal, json: Bool) {
        guard terminal.isInteractive, !json else { return }
        print("\u{1B}[?25h\u{1B}[?1049l", terminator: "")
        fflush(nil)
    }

    private func show(_ text: String, on terminal: Terminal) {
        // From the upper left corner, clearing what is written over: no flicker.
        let clear = terminal.isInteractive && !json
        let line = clear ? "\u{1B}[H" + text.replacing("\n", with: "\u{1B}[K\n") + "\u{1B}[K\u{1B}[J" : text
        print(line, terminator: clear ? "" : "\n")
        fflush(nil)
    }

    private func text(
        _ client: HoldfastClient, _ terminal: Terminal, _ picture: inout FleetPicture
    ) async throws -> String {
        if json { return try await client.accountsAsJSON(filter.parameters()) }
        let since = picture.version.map { [("since", $0)] } ?? []
        picture.take(
            try HoldfastClient.decode(FleetRecord.self, from: try await client.get("/api/v1/fleet", query: since)))
        let parameters = try filter.parameters()
        let page = try await client.accounts(parameters + [("sort", "worst")], limit: limit)
        let omitted = parameters.isEmpty ? max(0, (picture.totals.accounts ?? 0) - page.accounts.count) : 0
        let view = StatusView(
            base: client.base, totals: picture.totals, reasons: picture.reasons, accounts: page.accounts,
            omitted: omitted, picture: picture)
        return view.lines(terminal, now: Date()).joined(separator: "\n")
    }
}
