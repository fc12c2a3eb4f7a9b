import ArgumentParser
import Foundation
import Logging

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Shows Holdfast at work: twenty accounts, and a gateway that misbehaves.",
        discussion: """
            Nothing to configure, nothing left behind; everything stays on this machine. Open the address it prints in a \
            browser, or run in another terminal:

              holdfast status --watch

            The first trouble comes after 20 seconds; a round of seven kinds of trouble takes six minutes. Ctrl-C ends it.

            Examples:
              holdfast demo
              holdfast demo --accounts 500 --port 0
            """)

    @Option(help: ArgumentHelp("How many accounts, 1 to 10000.", valueName: "number"))
    var accounts = 20

    @Option(
        help: ArgumentHelp(
            "Port of the console; 0 means: choose one. (default: 8080, or another if that is taken)", valueName: "port")
    )
    var port: Int?

    @Option(help: ArgumentHelp("Another number makes other accounts suffer.", valueName: "number"))
    var seed: UInt64 = 1

    func validate() throws {
        guard (1...10_000).contains(accounts) else { throw ValidationError("--accounts is 1 to 10000.") }
        guard (0...65_535).contains(port ?? 0) else { throw ValidationError("--port is 0 to 65535.") }
    }

    func run() async throws {
        ProcessLimits.prepare()
        let port = port ?? (FreePort.isFree(8080) ? 8080 : 0)
        let output = LogOutput(LogConfiguration())
        let logger = Logger(label: "holdfast") { _ in CommandLogHandler(output) }
        FileHandle.standardError.write(
            Data(
                """
                \(accounts) accounts connect to a gateway on this machine. Open the console's address below in a browser,
                or run `holdfast status --watch` (with --url and that address, if it is not port 8080).
                The gateway begins to misbehave in 20 seconds; watch the accounts come back. Ctrl-C ends it.

                """.utf8))
        try await Demo(accounts: accounts, port: port, seed: seed, logger: logger).run()
    }
}
