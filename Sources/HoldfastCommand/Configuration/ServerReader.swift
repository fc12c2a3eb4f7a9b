import Foundation
import HoldfastConsole
import HoldfastCore
import Logging

/// Reads `server`, `store` and `log`.
enum ServerReader {
    static func server(_ section: Section) -> ServerConfiguration {
        var server = ServerConfiguration()
        if let text = section.text("listen", preset: server.listen.description, allowed: "HOST:PORT") {
            if let address = SocketAddressText(text) {
                server.listen = address
            } else {
                section.report("listen", "is not an address to listen on", SocketAddressText.forms)
            }
        }
        server.tokens = tokens(section)
        server.url = url(section)
        section.finish()
        if !server.listen.isLoopback, server.tokens.isEmpty {
            section.report(
                "listen", "\(server.listen) can be reached from other machines, and there are no tokens",
                "listen on 127.0.0.1, or give server.tokens")
        }
        return server
    }

    private static func url(_ section: Section) -> String? {
        guard let text = section.text("url", preset: "where it listens", allowed: "http://… or https://…") else {
            return nil
        }
        guard let parts = URL(string: text), ["http", "https"].contains(parts.scheme), parts.host != nil,
            parts.query == nil, parts.fragment == nil
        else {
            section.report("url", "is no address of a console", "write http://… or https://…, without ? and #")
            return nil
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    static func store(_ section: Section, folder: String) -> StoreConfiguration {
        let path = section.text("path", preset: "data", allowed: "a folder, relative to this file") ?? "data"
        var store = StoreConfiguration(path: Paths.resolve(path, in: folder), key: nil)
        if let text = section.text("key", allowed: "32 bytes in base64, or file:PATH") {
            store.key = key(text, section, folder: folder)
        }
        section.finish()
        return store
    }

    static func backup(_ section: Section, folder: String, into backup: inout BackupConfiguration) {
        section.duration("every", &backup.every, in: .zero ... .seconds(366 * 86_400))
        section.count("keep", &backup.keep, in: 1...10_000)
        if let path = section.text("path", allowed: "a folder, relative to this file; none is backups in the store") {
            backup.path = Paths.resolve(path, in: folder)
        }
        section.finish()
    }

    static func log(_ section: Section) -> LogConfiguration {
        var log = LogConfiguration()
        section.choice("level", &log.level)
        section.choice("format", &log.format)
        section.finish()
        return log
    }

    private static func tokens(_ section: Section) -> [AccessToken] {
        var tokens: [AccessToken] = []
        if section.reading.reference != nil {
            _ = token(Section(path: "server.tokens[]", place: section.place, entries: [], reading: section.reading))
        }
        for (index, item) in (section.list("tokens") ?? []).enumerated() {
            guard let entry = Section(item, path: "server.tokens[\(index)]", reading: section.reading) else { continue }
            guard let token = token(entry) else { continue }
            if tokens.contains(where: { $0.name == token.name }) {
                entry.report("name", "is used by another token", "give every token its own name")
            }
            tokens.append(token)
        }
        return tokens
    }

    private static func token(_ section: Section) -> AccessToken? {
        let name = section.text("name", allowed: "a name for the audit log")
        var role = Role.viewer
        section.choice("role", &role)
        let hash = section.text("hash", allowed: "sha256: and 64 hexadecimal digits")
        section.finish()
        guard section.reading.reference == nil else { return nil }
        for key in ["name", "role", "hash"] where !section.has(key) {
            section.report(key, "is missing", "a token needs name, role and hash")
        }
        guard let name, let hash else { return nil }
        guard let token = AccessToken(name: name, role: role, hash: hash) else {
            section.report(
                "hash", "is not a SHA-256 hash", "write sha256: and 64 hexadecimal digits, as sha256sum prints them")
            return nil
        }
        return token
    }

    private static func key(_ text: String, _ section: Section, folder: String) -> Secret? {
        let prefix = "file:"
        var encoded = text
        if text.hasPrefix(prefix) {
            let path = Paths.resolve(String(text.dropFirst(prefix.count)), in: folder)
            guard let data = Paths.smallFile(path), let content = String(validating: data, as: UTF8.self) else {
                section.report("key", "the key file cannot be read", "give the path of a readable file")
                return nil
            }
            encoded = content.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard let bytes = Data(base64Encoded: encoded), bytes.count == 32 else {
            section.report("key", "is not a key", "32 bytes in base64 (openssl rand -base64 32), or file:PATH")
            return nil
        }
        return Secret(encoded)
    }
}
