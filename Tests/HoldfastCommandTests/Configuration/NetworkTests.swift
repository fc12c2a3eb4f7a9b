import Foundation
import HoldfastCore
import HoldfastWire
import Testing

@testable import HoldfastCommand

@Suite("How an account's connection is made")
struct NetworkTests {
    /// The target of the account `a`.
    private func target(_ yaml: String, environment: [String: String] = [:]) throws -> LinkTarget {
        try #require(try configuration(yaml, environment: environment).fleet.accounts.first?.target)
    }

    private func account(_ rest: String) -> String { "accounts:\n  - { id: a, url: \"wss://gate.test/\", \(rest) }\n" }

    @Test("the defaults")
    func defaults() throws {
        let target = try target("accounts:\n  - { id: a, url: \"wss://gate.test/\" }\n")
        #expect(target.tls == TLSSettings() && target.proxy == nil && target.tcp == TCPSettings())
    }

    @Test("tcp")
    func tcp() throws {
        let tcp = try target(account("tcp: { keepalive: 30s, user_timeout: 0s, local_address: \"::1\" }")).tcp
        #expect(tcp.keepAlive == .seconds(30) && tcp.userTimeout == .zero && tcp.localAddress == "::1")
        #expect(
            problems(account("tcp: { local_address: here }")) == [
                "fleet.yaml:2: accounts[0].tcp.local_address: the local address is neither an IPv4 nor an IPv6 address; "
                    + "write an address such as 192.0.2.1 or 2001:db8::1"
            ])
        #expect(problems(account("tcp: { keepalive: 2h }")).count == 1)
    }

    @Test(
        "a proxy, of the account, of the defaults, or none",
        arguments: [
            ("proxy: \"http://u:${PASSWORD}@p.test:3128\"", "http://p.test:3128"), ("proxy: null", nil),
            ("enabled: true", "socks5://q.test:1080"),
        ])
    func proxy(rest: String, shown: String?) throws {
        let yaml = "defaults: { proxy: \"socks5://q.test:1080\" }\n" + account(rest)
        #expect(try target(yaml, environment: ["PASSWORD": "p"]).proxy?.shown == shown)
    }

    @Test("the environment's proxy, only when asked")
    func environment() throws {
        let environment = ["HTTPS_PROXY": "http://env.test:1", "NO_PROXY": "other.test"]
        #expect(try target(account("proxy: environment"), environment: environment).proxy?.shown == "http://env.test:1")
        #expect(try target(account("enabled: true"), environment: environment).proxy == nil)
        #expect(try target(account("proxy: environment")).proxy == nil)
        let wrong = problems(account("proxy: environment"), environment: ["HTTPS_PROXY": "secret"])
        #expect(wrong.count == 1 && wrong.first?.contains("accounts[0].proxy") == true)
        #expect(wrong.first?.contains("secret") == false)
    }

    @Test("a proxy that cannot be used is refused without being shown")
    func badProxy() {
        let wrong = problems(account("proxy: \"ftp://user:secret@p:1\""))
        #expect(
            wrong == [
                "fleet.yaml:2: accounts[0].proxy: the proxy's URL begins with neither http:// nor socks5://; "
                    + "write [http|socks5]://[USER:PASSWORD@]HOST:PORT, or environment"
            ])
    }

    @Test("files of certificates are looked at, and a changed file makes other settings")
    func files() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "holdfast-\(UUID())").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = folder + "/ca.pem"
        let yaml = account("tls: { ca: \(file), min_version: 1.3 }")
        try testCertificate.write(toFile: file, atomically: true, encoding: .utf8)
        let first = try target(yaml)
        #expect(first.tls.caFile == file && first.tls.minimumVersion == .v13)
        #expect(try target(yaml) == first)
        try (testCertificate + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try target(yaml) != first)

        try "rubbish".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(problems(yaml).first?.contains("accounts[0].tls: the file of trusted certificates") == true)
        try testCertificate.write(toFile: file, atomically: true, encoding: .utf8)
        let halves = problems(account("tls: { certificate: \(file) }"))
        #expect(halves.first?.contains("a certificate needs its key") == true)
    }
}
