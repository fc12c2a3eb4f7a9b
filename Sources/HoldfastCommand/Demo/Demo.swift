import ArgumentParser
import Foundation
import HoldfastCore
import HoldfastLab
import HoldfastStore
import Logging

/// Everything `holdfast demo` starts: a gateway that misbehaves, a fleet that bears it, a console to watch both.
struct Demo {
    var accounts = 20
    var port: Int
    var seed: UInt64
    let logger: Logger

    /// Messages a buyer would write, so that something arrives.
    private static let texts = ["Is this still available?", "Can you ship it today?", "Thank you!", "还在吗?", "可以便宜点吗?"]

    var ids: [String] {
        let width = String(accounts).count
        return (1...accounts).map { number in
            let digits = String(number)
            return "demo-" + String(repeating: "0", count: width - digits.count) + digits
        }
    }

    /// Runs until SIGTERM or SIGINT. Leaves nothing behind.
    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/holdfast-demo-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = DemoScript(accounts: ids, seed: seed)
        let gateway = try await Gateway.start(
            Gateway.Configuration(
                control: Gateway.Address(), script: try script.timetable(), logger: logger))
        let storyteller = Task { await tell(script, gateway) }
        do {
            var service = FleetService(try configuration(gateway, folder: folder), logger: logger)
            service.ready = ReadyLine(gateway: gateway.url, control: gateway.controlURL)
            try await service.run()
        } catch {
            storyteller.cancel()
            await gateway.shutdown()
            throw error
        }
        storyteller.cancel()
        await gateway.shutdown()
    }

    private func configuration(_ gateway: Gateway, folder: String) throws -> Configuration {
        let accounts = ids.map { id in
            """
              - { id: \(id), url: "\(gateway.url)/\(id)", token: "\(gateway.token(for: id))", provider: login,
                  credential: { user: \(id), password: demo }, lwp: { app_key: demo, user_id: \(id), ua: demo } }
            """
        }
        // Written as a configuration file would be, so the demo goes the way everybody's fleet goes.
        let key = SealingKey.generate().withRevealed(\.self)
        let yaml = """
            server: { listen: 127.0.0.1:\(port) }
            store: { path: "\(folder)/data", key: "\(key)" }
            providers:
              login:
                http:
                  url: \(gateway.controlURL ?? "http://127.0.0.1:9")/login
                  body: '{"user": "{user}", "password": "{password}"}'
                  token: token
                  ttl: ttl_s
            accounts:
            \(accounts.joined(separator: "\n"))

            """
        return try ConfigurationLoader.parse(yaml, path: "demo.yaml")
    }

    /// Says what the gateway is about to do, and lets messages arrive.
    private func tell(_ script: DemoScript, _ gateway: Gateway) async {
        let start = ContinuousClock.now
        async let messages: Void = push(gateway)
        for episode in script.episodes {
            guard (try? await Task.sleep(until: start + episode.at)) != nil else { break }
            if let story = episode.story { logger.notice("the gateway misbehaves", metadata: ["demo": "\(story)"]) }
        }
        await messages
    }

    private func push(_ gateway: Gateway) async {
        var generator = SeededGenerator(seed: seed)
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            guard let id = ids.randomElement(using: &generator), let text = Self.texts.randomElement(using: &generator)
            else { return }
            // Refused only while the gateway is being taken down.
            _ = try? gateway.push(PushRequest(account: id, text: text))
        }
    }
}
