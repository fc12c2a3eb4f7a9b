import Foundation
import HoldfastCore
import NIOCore
import NIOPosix
import Testing

@testable import HoldfastFleet

/// Against aiosmtpd, a mail server that nobody here wrote.
@Suite(
    "Mails are handed to a real server", .serialized,
    .enabled(if: MailServer.isThere, "there is no python3-aiosmtpd: run scripts/bootstrap test"))
struct EmailTests {
    private let text = NotificationText(.sample(), language: .chinese, console: "https://holdfast.example")

    private func channel(
        _ server: MailServer, _ security: EmailChannel.Security, password: String? = nil,
        to: [String] = ["ops@example.org"]
    ) -> EmailSender {
        var channel = EmailChannel(
            host: "localhost", port: server.port, security: security, from: "holdfast@example.org", to: to)
        channel.user = password.map { _ in "holdfast" }
        channel.password = password.map { Secret($0) }
        channel.caFile = server.certificateFile
        return EmailSender(configuration: channel, timeout: .seconds(60))
    }

    private func failure(_ sender: EmailSender) async -> ChannelFailure? {
        do throws(ChannelFailure) {
            try await sender.send(.sample(), text)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "encrypted and with a password where the server wants it, and it arrives as it was written",
        arguments: [
            ("starttls", EmailChannel.Security.starttls, "geheim"), ("login", .starttls, "geheim"),
            ("implicit", .implicit, nil),
            ("plain", .none, nil),
        ] as [(String, EmailChannel.Security, String?)])
    func delivered(mode: String, security: EmailChannel.Security, password: String?) async throws {
        let server = try MailServer(mode)
        defer { server.stop() }
        try await channel(server, security, password: password).send(.sample(), text)
        let mail = try server.nextMail()
        #expect(mail.user == password.map { _ in "holdfast" })
        #expect(mail.encrypted == (security != .none))
        #expect(mail.from == "holdfast@example.org" && mail.to == ["ops@example.org"])
        let end: Range<String.Index> = try #require(mail.data.firstRange(of: "\r\n\r\n"))
        let body = mail.data[end.upperBound...].replacing("\r\n", with: "")
        let decoded = try #require(Data(base64Encoded: String(body)))
        #expect(String(decoding: decoded, as: UTF8.self) == text.plain())
    }

    @Test("a wrong password is a refusal, and is not in its reason")
    func wrongPassword() async throws {
        let server = try MailServer("starttls")
        defer { server.stop() }
        #expect(
            await failure(channel(server, .starttls, password: "falsch"))
                == .refused("the mail server does not accept user and password (535)"))
    }

    @Test("a server that cannot encrypt, or that nobody vouches for, gets nothing")
    func untrusted() async throws {
        let plain = try MailServer("plain")
        defer { plain.stop() }
        #expect(await failure(channel(plain, .starttls)) == .refused("the mail server does not offer STARTTLS"))
        let other = try MailServer("starttls")
        defer { other.stop() }
        var sender = channel(other, .starttls, password: "geheim")
        sender = EmailSender(
            configuration: {
                var trusting = sender.configuration
                trusting.caFile = plain.certificateFile
                return trusting
            }(), timeout: .seconds(60))
        let reason = await failure(sender)?.reason ?? ""
        #expect(reason.hasPrefix("TLS with the mail server failed"), "\(reason)")
    }

    @Test("refused recipients do not keep the mail from the others; all refused is a failure")
    func recipients() async throws {
        let server = try MailServer("plain")
        defer { server.stop() }
        try await channel(server, .none, to: ["nobody@x.org", "ops@x.org"]).send(.sample(), text)
        #expect(try server.nextMail().to == ["ops@x.org"])
        #expect(
            await failure(channel(server, .none, to: ["nobody@x.org"]))
                == .refused("the mail server said 550 5.1.1 no such mailbox"))
        #expect(
            await failure(channel(server, .none, to: ["busy@x.org"]))
                == .later("the mail server said 451 4.3.0 come back later"))
    }

    @Test("a server that says nothing is left at the deadline, and one that is not there at once")
    func silent() async throws {
        let mute = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(
            host: "127.0.0.1", port: 0
        ).get()
        let port = try #require(mute.localAddress?.port)
        let silent = EmailChannel(host: "127.0.0.1", port: port, security: .none, from: "f@x.org", to: ["t@x.org"])
        #expect(
            await failure(EmailSender(configuration: silent, timeout: .milliseconds(300)))
                == .later("the mail server did not answer in time"))
        try await mute.close().get()
        let reason = await failure(EmailSender(configuration: silent, timeout: .seconds(60)))?.reason ?? ""
        #expect(reason.hasPrefix("no connection to the mail server: "), "\(reason)")
    }
}

/// `Tests/Interop/mail_server.py` in a process of its own.
final class MailServer {
    struct Mail: Decodable {
        var user: String?
        var encrypted: Bool
        var from: String
        var to: [String]
        var data: String
    }

    static let isThere = FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/aiosmtpd")

    let port: Int
    let certificateFile: String
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ mode: String) throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [tests.appending(path: "Interop/mail_server.py").path, mode]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let words = try Self.line(output).split(separator: " ").map(String.init)
        port = try #require(words.first.flatMap { Int($0) }, "the mail server did not start")
        certificateFile = try #require(words.last)
    }

    func nextMail() throws -> Mail {
        try JSONDecoder().decode(Mail.self, from: Data(try Self.line(output).utf8))
    }

    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    private static func line(_ pipe: Pipe) throws -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            // Not by FileHandle: a child that ends elsewhere interrupts it.
            let count = read(pipe.fileHandleForReading.fileDescriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1, byte != UInt8(ascii: "\n") else { break }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }
}
