import Foundation
import HoldfastCore
import HoldfastFleet

/// Reads `channels`: how people are told of alerts.
struct ChannelsReader {
    let folder: String
    let reading: Reading

    static let kinds = ["webhook", "command", "email"] + ChatService.allCases.map(\.rawValue)

    func read(_ section: Section) -> [String: ChannelConfiguration] {
        if reading.reference != nil {
            describe(Section(path: "channels.{name}", place: section.place, entries: [], reading: reading))
            return [:]
        }
        guard section.keys.count <= ChannelConfiguration.limit else {
            for name in section.keys { _ = section.node(name) }
            section.report(
                section.keys.first ?? "", "\(section.keys.count) channels are too many",
                "at most \(ChannelConfiguration.limit)")
            return [:]
        }
        var found: [String: ChannelConfiguration] = [:]
        for name in section.keys {
            guard let own = section.section(name) else { continue }
            guard Self.isName(name) else {
                section.report(name, "is no name of a channel", "write up to 64 of A-Z a-z 0-9 . _ -")
                continue
            }
            if let channel = channel(own) { found[name] = channel }
        }
        return found
    }

    /// Names stand in addresses of the API and in labels.
    private static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    }

    private func describe(_ example: Section) {
        for kind in Self.kinds { if let section = example.section(kind) { _ = target(kind, section) } }
        common(example, ChannelConfiguration(.command(CommandChannel(run: []))))
    }

    private func channel(_ section: Section) -> ChannelConfiguration? {
        let present = Self.kinds.filter(section.has)
        guard present.count == 1, let kind = present.first else {
            section.report(
                present.first ?? "webhook", present.isEmpty ? "is missing" : "stands beside another kind",
                "a channel is exactly one of \(Self.kinds.joined(separator: ", "))")
            for kind in present { _ = section.node(kind) }
            common(section, ChannelConfiguration(.command(CommandChannel(run: []))))
            return nil
        }
        let target = section.section(kind).flatMap { self.target(kind, $0) }
        let channel = common(section, ChannelConfiguration(target ?? .command(CommandChannel(run: []))))
        return target == nil ? nil : channel
    }

    @discardableResult
    private func common(_ section: Section, _ preset: ChannelConfiguration) -> ChannelConfiguration {
        var channel = preset
        section.choice("language", &channel.language)
        section.choice("min_severity", &channel.minimumSeverity)
        section.count("per_minute", &channel.perMinute, in: 1...1_000)
        section.duration("timeout", &channel.timeout, in: .seconds(1)...(.seconds(300)))
        section.finish()
        return channel
    }

    private func target(_ kind: String, _ section: Section) -> ChannelConfiguration.Target? {
        switch kind {
        case "webhook": webhook(section).map { .webhook($0) }
        case "command": command(section).map { .command($0) }
        case "email": email(section).map { .email($0) }
        default: ChatService(rawValue: kind).flatMap { chat($0, section) }.map { .chat($0) }
        }
    }

    // MARK: Kinds

    private func webhook(_ section: Section) -> WebhookChannel? {
        let url = section.webAddress().map { Secret($0) }
        let secret = section.text("secret", allowed: "signs the requests").map { Secret($0) }
        let caFile = section.certificates(in: folder)
        section.finish()
        guard let url else { return nil }
        var webhook = WebhookChannel(url: url)
        webhook.secret = secret
        webhook.caFile = caFile
        return webhook
    }

    private func chat(_ service: ChatService, _ section: Section) -> ChatChannel? {
        let url = section.webAddress().map { Secret($0) }
        var secret: Secret?
        if service.isSigned {
            secret = section.text("secret", allowed: "of the robot's signature").map { Secret($0) }
        }
        section.finish()
        return url.map { ChatChannel(service, url: $0, secret: secret) }
    }

    private func command(_ section: Section) -> CommandChannel? {
        let program = section.program(in: folder)
        section.finish()
        return program.map { CommandChannel(run: $0) }
    }

    private func email(_ section: Section) -> EmailChannel? {
        let server = section.text("server", allowed: "HOST, or HOST:PORT")
        var security = EmailChannel.Security.starttls
        section.choice("security", &security)
        let user = section.text("user", allowed: "for servers that want one")
        let password = section.text("password", allowed: "stands with user").map { Secret($0) }
        let caFile = section.certificates(in: folder)
        let from = section.text("from", allowed: "an address: holdfast@example.org")
        section.describe("to", "list", preset: "none", "addresses, at most \(EmailChannel.recipientsLimit)")
        let to = section.texts("to", write: "[ADDRESS, …]") ?? []
        section.finish()
        guard reading.reference == nil else { return nil }
        guard let server, let (host, port) = Self.hostAndPort(server, security) else {
            section.report("server", section.has("server") ? "is no server" : "is missing", "write HOST, or HOST:PORT")
            return nil
        }
        guard (user == nil) == (password == nil) else {
            section.report(user == nil ? "password" : "user", "stands alone", "give user and password, or neither")
            return nil
        }
        guard user == nil || security != .none else {
            section.report("user", "would be sent in the clear", "write security: starttls, or implicit")
            return nil
        }
        guard let from, Self.isAddress(from) else {
            section.report("from", section.has("from") ? "is no address" : "is missing", "write NAME@DOMAIN, in ASCII")
            return nil
        }
        guard (1...EmailChannel.recipientsLimit).contains(to.count), to.allSatisfy(Self.isAddress) else {
            section.report(
                "to", section.has("to") ? "has something that is no address" : "is missing",
                "write 1 to \(EmailChannel.recipientsLimit) of NAME@DOMAIN, in ASCII")
            return nil
        }
        var email = EmailChannel(host: host, port: port, security: security, from: from, to: to)
        email.user = user
        email.password = password
        email.caFile = caFile
        return email
    }

    // MARK: Parts

    /// The port by the kind of encryption: 465 (RFC 8314), 587 (RFC 6409), 25.
    private static func hostAndPort(_ text: String, _ security: EmailChannel.Security) -> (String, Int)? {
        let usual =
            switch security {
            case .implicit: 465
            case .starttls: 587
            case .none: 25
            }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let host = String(parts.first ?? "")
        guard !host.isEmpty, host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) })
        else { return nil }
        switch parts.count {
        case 1: return (host, usual)
        case 2: return Int(parts[1]).flatMap { (1...65_535).contains($0) ? (host, $0) : nil }
        default: return nil
        }
    }

    /// Good enough to be safe on a line of SMTP: printable ASCII without blanks, brackets, quotes and commas, one @ inside.
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && text.utf8.count <= 254
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"<>()[],;:\"\\".utf8.contains($0) }
            }
    }
}
