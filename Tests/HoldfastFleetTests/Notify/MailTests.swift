import Foundation
import HoldfastCore
import Testing

@testable import HoldfastFleet

@Suite("Mails")
struct MailMessageTests {
    private func message(_ language: NotificationLanguage = .english, id: String = "n-1") -> MailMessage {
        MailMessage(
            .sample(id: id), NotificationText(.sample(), language: language, console: nil),
            from: "holdfast@example.org",
            to: ["a@example.org", "b@example.org"])
    }

    @Test(
        "the head has what a mail needs, and the body is the text in base64", arguments: NotificationLanguage.allCases)
    func form(language: NotificationLanguage) throws {
        let mail = String(decoding: message(language).bytes, as: UTF8.self)
        let (head, body) = try #require(
            mail.firstRange(of: "\r\n\r\n").map { (mail[..<$0.lowerBound], mail[$0.upperBound...]) })
        for line in [
            "From: holdfast@example.org", "To: a@example.org,\r\n b@example.org",
            "Date: Sun, 01 Mar 2026 08:20:30 +0000",
            "Message-ID: <n-1@example.org>", "References: <alert.a1b2@example.org>", "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
        ] { #expect(head.contains(line)) }
        #expect(mail.utf8.allSatisfy { $0 < 0x80 })
        #expect(mail.split(separator: "\r\n", omittingEmptySubsequences: false).allSatisfy { $0.utf8.count <= 78 })
        #expect(!mail.replacing("\r\n", with: "").contains("\n"))
        let text = try #require(Data(base64Encoded: String(body.replacing("\r\n", with: ""))))
        #expect(
            String(decoding: text, as: UTF8.self)
                == NotificationText(.sample(), language: language, console: nil).plain())
    }

    @Test(
        "a subject of any kind survives its encoding",
        arguments: [
            "plain", String(repeating: "long ", count: 40), "【严重】账号 shop-1 已掉线" + String(repeating: "很长", count: 60),
            "=?utf-8?B?no?=", "a\r\nBcc: evil@example.org", "", "👩‍👩‍👧‍👦" + String(repeating: "é", count: 100),
        ])
    func subjects(subject: String) throws {
        let encoded = MailMessage.encoded(subject)
        let lines = encoded.split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.utf8.count <= 76 } && lines.dropFirst().allSatisfy { $0.hasPrefix(" ") })
        var decoded = ""
        for line in lines {
            let word = line.drop { $0 == " " }
            if word.hasPrefix("=?utf-8?B?") {
                let data = try #require(Data(base64Encoded: String(word.dropFirst(10).dropLast(2))))
                decoded += try #require(String(validating: data, as: UTF8.self))
            } else {
                decoded += word
            }
        }
        #expect(decoded == subject)
    }

    @Test("an id from elsewhere cannot end the line it stands on")
    func ids() {
        let mail = String(decoding: message(id: "x>\r\nBcc: evil@example.org").bytes, as: UTF8.self)
        #expect(mail.contains("Message-ID: <x--Bcc--evil-example.org@example.org>\r\n"))
    }

    @Test(
        "dates are those of the calendar", arguments: [Int64(0), 951_782_400_000, 1_772_352_930_125, 4_102_444_799_999])
    func dates(milliseconds: Int64) {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
        let date = Date(timeIntervalSince1970: Double(milliseconds / 1_000))
        #expect(MailMessage.date(WallTime(milliseconds: milliseconds)) == formatter.string(from: date))
    }
}

@Suite("The talk with a mail server")
struct SMTPConversationTests {
    private func conversation(
        _ security: EmailChannel.Security = .starttls, user: String? = "u", to: [String] = ["a@x.org", "b@x.org"]
    ) -> SMTPConversation {
        var channel = EmailChannel(host: "mail", port: 587, security: security, from: "f@x.org", to: to)
        channel.user = user
        channel.password = user.map { _ in Secret("p") }
        let text = NotificationText(.sample(), language: .english, console: nil)
        return SMTPConversation(channel, MailMessage(.sample(), text, from: "f@x.org", to: to), name: "me")
    }

    private func replies(_ text: String) throws -> [SMTPReply] {
        var parser = SMTPReplyParser()
        return try parser.take(Array(text.utf8))
    }

    /// What is done after each reply; a reply is written as a server writes it.
    private func actions(_ conversation: inout SMTPConversation, _ text: [String]) throws -> [SMTPConversation.Action] {
        try text.flatMap { try replies($0.replacing("\n", with: "\r\n") + "\r\n") }.map { conversation.take($0) }
    }

    @Test("with STARTTLS and a password: hello, encrypt, hello, authenticate, send")
    func whole() throws {
        var talk = conversation()
        #expect(
            try actions(&talk, ["220 mail", "250-mail\n250-SIZE 1\n250 STARTTLS", "220 go on"])
                == [.send("EHLO me"), .send("STARTTLS"), .encrypt])
        #expect(talk.encrypted() == .send("EHLO me"))
        #expect(
            try actions(
                &talk,
                ["250-mail\n250 AUTH LOGIN PLAIN", "235 ok", "250 ok", "250 ok", "250 ok", "354 go on", "250 ok"])
                == [
                    .send("AUTH PLAIN AHUAcA=="), .send("MAIL FROM:<f@x.org>"), .send("RCPT TO:<a@x.org>"),
                    .send("RCPT TO:<b@x.org>"), .send("DATA"), .sendBody, .delivered,
                ])
    }

    @Test("AUTH LOGIN where there is no PLAIN")
    func login() throws {
        var talk = conversation(.implicit)
        #expect(
            try actions(
                &talk, ["220 mail", "250-mail\n250 AUTH LOGIN", "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok"])
                == [.send("EHLO me"), .send("AUTH LOGIN"), .send("dQ=="), .send("cA=="), .send("MAIL FROM:<f@x.org>")])
    }

    @Test(
        "what goes wrong passes or does not, by the code",
        arguments: [
            (["554 go away"], ChannelFailure.refused("the mail server said 554 go away")),
            (["421 busy"], .later("the mail server said 421 busy")),
            (["220 mail", "250 mail"], .refused("the mail server does not offer STARTTLS")),
            (["220 mail", "250-mail\n250 STARTTLS", "454 no TLS now"], .later("the mail server said 454 no TLS now")),
        ] as [([String], ChannelFailure)])
    func early(replies: [String], failure: ChannelFailure) throws {
        var talk = conversation()
        #expect(try actions(&talk, replies).last == .failed(failure))
    }

    @Test("a refused password is told without what the server says to it, which may be the password")
    func password() throws {
        var talk = conversation(.implicit)
        let last = try actions(&talk, ["220 mail", "250-mail\n250 AUTH PLAIN", "535 no: u p AHUAcA=="]).last
        #expect(last == .failed(.refused("the mail server does not accept user and password (535)")))
    }

    @Test("a password is never sent in the clear, nor where the server takes none of the two ways")
    func clear() throws {
        var open = conversation(.none)
        #expect(
            try actions(&open, ["220 mail", "250-mail\n250 AUTH PLAIN"]).last
                == .failed(.refused("a password is not sent in the clear")))
        var strange = conversation(.implicit)
        #expect(
            try actions(&strange, ["220 mail", "250-mail\n250 AUTH XOAUTH2"]).last
                == .failed(.refused("the mail server offers neither AUTH PLAIN nor AUTH LOGIN")))
    }

    @Test("those recipients that are not refused get the mail")
    func recipients() throws {
        var some = conversation(.none, user: nil)
        let begin = ["220 mail", "250 mail", "250 ok"]
        #expect(try actions(&some, begin + ["550 unknown", "250 ok", "354 go on"]).last == .sendBody)
        var none = conversation(.none, user: nil)
        #expect(
            try actions(&none, begin + ["550 unknown", "451 later"]).last
                == .failed(.later("the mail server said 451 later")))
    }

    @Test("a line that begins with a dot gets another, and one alone ends the mail")
    func dots() {
        let body = String(decoding: conversation().body, as: UTF8.self)
        #expect(body.hasSuffix("\r\n.\r\n"))
        #expect(!body.dropLast(3).contains("\r\n."))
    }

    @Test("replies come whole, however they are cut")
    func parsing() throws {
        let text = "250-one\r\n250-\r\n250 three\r\n220\r\n"
        var parser = SMTPReplyParser()
        var found: [SMTPReply] = []
        for byte in text.utf8 { found += try parser.take([byte]) }
        #expect(found == [SMTPReply(code: 250, lines: ["one", "", "three"]), SMTPReply(code: 220, lines: [""])])
        #expect(!parser.isInTheMiddle)
    }

    @Test(
        "what is no reply is refused, and so is one without an end",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n", "25\r\n", "999 x\r\n", "+20 x\r\n", "250=x\r\n",
            String(repeating: "x", count: 3_000), String(repeating: "250-x\r\n", count: 200),
        ])
    func rubbish(text: String) {
        #expect(throws: SMTPReplyParser.Mistake.self) { try replies(text) }
    }
}
