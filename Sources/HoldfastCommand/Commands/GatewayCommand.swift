import ArgumentParser
import Foundation
import HoldfastLab
import HoldfastWire
import Logging
import NIOCore
import UnixSignals

struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Runs a gateway that misbehaves as it is told, to try a fleet against.",
        discussion: """
            Prints one line on standard output when it serves: ready gateway=ws://… control=http://…. An account is known by \
            the last part of the path it connects to, or by its token.

            Examples:
              holdfast gateway --listen 127.0.0.1:9000 --control 127.0.0.1:9001
              curl -X PUT http://127.0.0.1:9001/faults \\
                   -d '[{"match":{"account":"*","share":0.1},
                         "fault":"blackhole","for_s":60}]'
              curl -X POST http://127.0.0.1:9001/push -d '{"account":"shop-1","count":3}'
              curl http://127.0.0.1:9001/stats
            """)

    @Option(help: ArgumentHelp("Where sessions connect to; port 0 means: choose one.", valueName: "host:port"))
    var listen: SocketAddressText

    @Option(
        help: ArgumentHelp(
            "Where faults are set, messages pushed and figures read; without it, nowhere.", valueName: "host:port"))
    var control: SocketAddressText?

    @Option(help: ArgumentHelp("A timetable of faults: a JSON list of {at_s, faults}.", valueName: "file"))
    var script: String?

    @Option(help: ArgumentHelp("A certificate chain in PEM; makes it wss://. Needs --key.", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("The certificate's private key in PEM.", valueName: "file"))
    var key: String?

    @Flag(help: "Takes up permessage-deflate when a client offers it.")
    var deflate = false

    func validate() throws {
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--certificate and --key belong together.")
        }
    }

    func run() async throws {
        ProcessLimits.prepare()
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let output = LogOutput(LogConfiguration())
        var configuration = Gateway.Configuration(
            listen: Gateway.Address(listen), control: control.map { Gateway.Address($0) }, script: try timetable(),
            logger: Logger(label: "holdfast.gateway") { _ in CommandLogHandler(output) })
        if deflate { configuration.deflate = DeflateOptions() }
        if let certificate, let key { configuration.tls = Gateway.TLS(certificateFile: certificate, keyFile: key) }
        let gateway: Gateway
        do {
            gateway = try await Gateway.start(configuration)
        } catch {
            throw Failure.told("\(error)", .unavailable)
        }
        ReadyLine(gateway: gateway.url, control: gateway.controlURL).write()
        for await _ in signals { break }
        await gateway.shutdown()
    }

    private func timetable() throws -> FaultScript {
        guard let script else { return .none }
        guard let data = Paths.smallFile(script) else {
            throw Failure.told("\(script): cannot be read", .wrongConfiguration)
        }
        do {
            return try FaultScript(json: ByteBuffer(bytes: data))
        } catch {
            throw Failure.told("\(script): \(error)", .wrongConfiguration)
        }
    }

    /// Tells on standard error why, and gives the exit code.
    private enum Failure {
        static func told(_ reason: String, _ code: ExitCode) -> ExitCode {
            FileHandle.standardError.write(Data("Error: \(reason)\n".utf8))
            return code
        }
    }
}

extension SocketAddressText: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}

extension Gateway.Address {
    init(_ address: SocketAddressText) { self.init(host: address.host, port: address.port) }
}
