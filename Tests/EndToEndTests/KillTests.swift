import Foundation
import Synchronization
import Testing

/// The process is killed without warning, again and again, while accounts change, tokens are got and timelines grow.
@Suite("A process that is killed forgets nothing it has confirmed, and logs in no more often for it")
struct KillTests {
    /// 20 in the suite, 200 by `scripts/soak kill`.
    private static let kills = ProcessInfo.processInfo.environment["HOLDFAST_KILLS"].flatMap { Int($0) } ?? 20
    /// Accounts added over all kills: what is added is asked for in one page.
    private static let mostAdded = 500
    private static let password = "pass-word-nobody-may-see"

    /// What was asked for and confirmed, and what may or may not have happened when the process was killed.
    private final class Notes: Sendable {
        private let book = Mutex(Book())

        func withLock<Result: Sendable>(_ body: (inout Book) -> Result) -> Result {
            book.withLock { body(&$0) }
        }
    }

    private struct Book {
        var enabled: [String: Bool] = [:]
        var added: Set<String> = []
        var confirmed = 0
        var inDoubt: String?
    }

    @Test("killed at any instant, it starts again with all that was confirmed, and no account logs in twice")
    func killed() async throws {
        let folder = try TemporaryFolder()
        let key = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
        let book = Notes()
        try await Setup.gateway { _, control, url in
            let path = try folder.write("fleet.yaml", Self.fleet(url, control.base))
            var logs: [String] = []
            for round in 0..<Self.kills {
                try await HoldfastProcess.scope(
                    ["run", "--config", path], environment: ["STORE_KEY": key, "PASSWORD": Self.password]
                ) {
                    holdfast in
                    let api = try await holdfast.api()
                    try await Self.check(book.withLock { $0 }, api)
                    let hands = Task { await Self.act(round, url, api, book) }
                    // tidy: the instant of the kill is random on purpose; nothing is concluded from it
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...700)))
                    holdfast.signal(SIGKILL)
                    #expect(try await holdfast.exit() == -SIGKILL)
                    hands.cancel()
                    await hands.value
                    await holdfast.log.ended()
                    logs += holdfast.log.all
                }
            }
            #expect(!logs.contains { $0.contains("damaged") || $0.contains("cannot use the store") })
            let logins = try await control.get("/stats").json["login"]["logins"].items.compactMap { $0["user"].text }
            #expect(!logins.isEmpty)
            #expect(Set(logins).count == logins.count, "somebody logged in twice within the hour of the cooldown")
            #expect(book.withLock { $0.confirmed } > Self.kills / 2, "hardly anything was confirmed")
            try Self.search(folder.path + "/data", logs)
        }
    }

    /// Five accounts that get their token by logging in, at most once an hour.
    private static func fleet(_ url: String, _ control: String) -> String {
        let accounts = (1...5).map { number in
            """
              - id: a-\(number)
                url: "\(url)/a-\(number)"
                provider: login
                credential: { user: a-\(number), password: "${PASSWORD}" }

            """
        }
        return """
            server: { listen: "127.0.0.1:0" }
            store: { key: "${STORE_KEY}" }
            defaults: { recovery: { renew_cooldown: 1h } }
            providers:
              login:
                http: { url: "\(control)/login", body: '{"user":"{user}","password":"{password}"}', token: token, ttl: ttl_s }
            accounts:
            \(accounts.joined())
            """
    }

    /// Whatever was confirmed is there.
    private static func check(_ book: Book, _ api: API) async throws {
        for (id, isEnabled) in book.enabled where id != book.inDoubt {
            #expect(try await api.account(id)["enabled"].bool == isEnabled, "\(id)")
        }
        let page = try await api.get("/api/v1/accounts?q=added-&limit=1000").json["accounts"].items
        let added = Set(page.filter { $0["origin"].text == "store" }.compactMap { $0["id"].text })
        #expect(book.added.subtracting(added).isEmpty)
        let actions = try await api.get("/api/v1/audit?limit=1000").json["entries"].items.count
        #expect(actions >= min(book.confirmed, 1_000))
    }

    /// Switches accounts on and off, adds some, and notes what was confirmed, until nobody answers any more.
    private static func act(_ round: Int, _ url: String, _ api: API, _ book: Notes) async {
        var step = 0
        while !Task.isCancelled {
            step += 1
            let isAdded = step % 10 == 3 && book.withLock { $0.added.count } < mostAdded
            let id = isAdded ? "added-\(round)-\(step)" : "a-\(step % 5 + 1)"
            book.withLock { book in
                // Whether it was carried out before the kill nobody knows.
                if let former = book.inDoubt { book.enabled[former] = nil }
                book.inDoubt = id
            }
            do {
                if isAdded {
                    let account = """
                        {"id": "\(id)", "url": "\(url)/\(id)", "provider": "login",
                         "credential": {"user": "\(id)", "password": "\(password)"}}
                        """
                    let answer = try await api.post("/api/v1/accounts", json: account)
                    guard answer.status == 201 else { return }
                    book.withLock { book in
                        book.added.insert(id)
                        book.confirmed += 1
                    }
                } else {
                    let isEnabled = Bool.random()
                    let answer = try await api.post("/api/v1/accounts/\(id)/\(isEnabled ? "enable" : "disable")")
                    guard answer.status == 202 else { return }
                    book.withLock { book in
                        book.enabled[id] = isEnabled
                        book.confirmed += 1
                    }
                }
            } catch {
                return
            }
            book.withLock { $0.inDoubt = nil }
        }
    }

    /// No password and no token in the clear, in any file and in any line.
    private static func search(_ store: String, _ logs: [String]) throws {
        // Every token of the gateway's login server begins with the user's name in hexadecimal: "a-" and "ad".
        for secret in [password, "login.612d", "login.6164"] {
            for file in try FileManager.default.subpathsOfDirectory(atPath: store) {
                guard let bytes = FileManager.default.contents(atPath: "\(store)/\(file)") else { continue }
                #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(secret) in \(file)")
            }
            #expect(!logs.contains { $0.contains(secret) })
        }
    }
}
