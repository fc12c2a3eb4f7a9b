import FoundationEssentials
import HoldfastCore

/// A mail: RFC 5322 for its form, RFC 2047 for what is not ASCII in its subject, UTF-8 in base64 for its text.
struct MailMessage {
    var from: String
    var to: [String]
    var subject: String
    var text: String
    /// Names it for ever, so that a server or a reader can drop a copy.
    var id: String
    /// All mails about one alert refer to it, so that readers show them as one thread.
    var thread: String
    var at: WallTime

    init(_ notification: AlertNotification, _ text: NotificationText, from: String, to: [String]) {
        let domain = from.split(separator: "@").last.map(String.init) ?? "localhost"
        self.from = from
        self.to = to
        subject = text.subject
        self.text = text.plain()
        id = "\(Self.plain(notification.id))@\(domain)"
        thread = "alert.\(Self.plain(notification.alert))@\(domain)"
        at = notification.at
    }

    /// As it goes over the wire, without the dots of SMTP. Every line ends with CR LF and is at most 78 characters long, unless an
    /// address is longer.
    var bytes: [UInt8] {
        let fields = [
            "From: \(from)",
            "To: \(to.joined(separator: ",\r\n "))",
            "Subject: \(Self.encoded(subject))",
            "Date: \(Self.date(at))",
            "Message-ID: <\(id)>",
            "References: <\(thread)>",
            // RFC 3834: nobody's holiday reply is wanted.
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
        ]
        return Array((fields.joined(separator: "\r\n") + "\r\n\r\n" + Self.lines(ofBase64: text) + "\r\n").utf8)
    }

    /// RFC 2047 §2: a line with an encoded word has at most 76 characters, the name of the field counting, and no character is cut
    /// in two.
    static func encoded(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20..<0x7f).contains($0) }
        if isPlain, text.utf8.count <= 66, !text.contains("=?") { return text }
        var words: [String] = []
        var part = ""
        func end() {
            words.append("=?utf-8?B?\(ChatService.base64(Array(part.utf8)))?=")
            part = ""
        }
        for scalar in text.unicodeScalars {
            if part.utf8.count + UTF8.width(scalar) > 39 { end() }
            part.unicodeScalars.append(scalar)
        }
        end()
        return words.joined(separator: "\r\n ")
    }

    /// RFC 5322 §3.3, in UTC: `Sun, 01 Mar 2026 08:15:30 +0000`.
    static func date(_ time: WallTime) -> String {
        let text = time.rfc3339
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let month = Int(text.dropFirst(5).prefix(2)).flatMap { months.indices.contains($0 - 1) ? months[$0 - 1] : nil }
        // 1970-01-01 was a Thursday.
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let day = Int(max(0, time.milliseconds) / 86_400_000 % 7)
        return "\(days[day]), \(text.dropFirst(8).prefix(2)) \(month ?? "Jan") \(text.prefix(4)) "
            + "\(text.dropFirst(11).prefix(8)) +0000"
    }

    private static func lines(ofBase64 text: String) -> String {
        Data(text.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
    }

    /// What may stand in the left part of an id.
    private static func plain(_ id: String) -> String {
        String(id.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" })
    }
}

extension UTF8 {
    fileprivate static func width(_ scalar: Unicode.Scalar) -> Int { String(scalar).utf8.count }
}
