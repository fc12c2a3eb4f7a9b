// Keeps the accounts of a shop online, answers who asks for the price, and sends one message from each:
//
//     swift run ShopExample wss://gateway.example/shop-1 wss://gateway.example/shop-2
//
// What has to survive is kept in the folder shop-data. Ends in order on SIGTERM and Ctrl-C.

import HoldfastFleet
import Logging
import ServiceLifecycle

@main
struct Shop {
    static func main() async throws {
        var configuration = FleetConfiguration(storePath: "shop-data")
        for (index, url) in CommandLine.arguments.dropFirst().enumerated() {
            let id = "shop-\(index + 1)"
            configuration.accounts.append(
                AccountConfiguration(
                    id: id, target: try LinkTarget(url: url), dialect: .lwp(LWP(accountID: id, appKey: "444")),
                    token: Secret("a-token"), messages: .durable))
        }
        // While this is at work, its chat waits. When too much waits, the account's socket is not read.
        let answers = ClosureHandler { delivery in
            let texts = delivery.messages.compactMap(\.text)
            print("\(delivery.account) \(delivery.chat): \(texts.joined(separator: " / "))")
            return texts.contains { $0.contains("price") } ? ["It costs 20."] : []
        }
        configuration.handlers = [HandlerRoute(.all, answers)]

        let logger = Logger(label: "shop")
        let fleet = Fleet(configuration, logger: logger)
        let services = ServiceGroup(
            services: [fleet], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await fleet.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await event in fleet.events() {
                    guard case .transition(let account, let entry) = event.kind else { continue }
                    print("\(account): \(entry.to.name)")
                }
            }
            for account in configuration.accounts.map(\.id) {
                group.addTask {
                    let greeting = MessageDraft(chat: "31", receiver: "2001", text: "\(account) is open.")
                    // Waits for a connection. The same key is the same message, after a restart of this program, too.
                    let sent = try? await fleet.sendAndConfirm(greeting, from: account, idempotencyKey: "open")
                    print("\(account): greeting \(sent?.state.rawValue ?? "given up")")
                }
            }
            try await services.run()
            group.cancelAll()
        }
    }
}
