import HoldfastConsole
import Testing

@testable import HoldfastCommand

@Suite("The settings in force, as they are shown")
struct SettingsListTests {
    private static let text = """
        server: { listen: "127.0.0.1:9999", tokens: [{ name: ops, role: admin, hash: "sha256:\(String(repeating: "a", count: 64))" }] }
        store: { key: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" }
        admission: { burst: 50, connects_per_second: "${RATE}" }
        defaults: { proxy: "http://user:pass@127.0.0.1:3128", recovery: { climb: [auth, dropped] } }
        """

    private static func settings() throws -> [String: Setting] {
        let list = try ConfigurationLoader.parse(text, path: "fleet.yaml", environment: ["RATE": "123"]).settings
        return Dictionary(list.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    @Test(
        "what is written has its value, the rest its default",
        arguments: [
            ("server.listen", "127.0.0.1:9999", true), ("admission.burst", "50", true),
            ("admission.connects_per_second", "123", true), ("defaults.heartbeat.interval", "15s", false),
            ("defaults.recovery.climb", "auth, dropped", true), ("server.tokens", "1", true),
            ("providers", "none", false),
        ])
    func values(key: String, value: String, isSet: Bool) throws {
        let setting = try #require(try Self.settings()[key])
        #expect(setting.value == value)
        #expect(setting.isSet == isSet)
    }

    @Test("nothing secret is in them")
    func secrets() throws {
        for setting in try Self.settings().values {
            for secret in ["AAECAw", "pass@", "aaaa"] { #expect(!setting.value.contains(secret), "\(setting.key)") }
        }
        #expect(try Self.settings()["store.key"]?.value == "•••")
    }

    @Test("a reload changes all but what is read at the start only")
    func reload() {
        func setting(_ key: String, _ value: String) -> Setting {
            Setting(key: key, value: value, preset: "", isSet: true)
        }
        let settings = SettingsInForce([setting("server.listen", "old"), setting("log.level", "old")])
        settings.reload([setting("server.listen", "new"), setting("log.level", "new")]) { $0.hasPrefix("server.") }
        #expect(settings.all.map(\.value) == ["old", "new"])
    }
}
