import Crypto
import FoundationEssentials
import HoldfastCore

/// A chat that takes messages from programs by a webhook of its own form. What each of them wants, and how it says no, is here.
public enum ChatService: String, Sendable, Hashable, CaseIterable {
    /// DingTalk's custom robot. Rules: open.dingtalk.com, "Custom robot access" and its page on security settings; at most 20
    /// messages a minute.
    case dingtalk
    /// Feishu's (Lark's) custom bot. Rules: open.feishu.cn, "Custom bot usage guide"; at most 100 messages a minute and 20 KB each.
    case feishu
    /// WeCom's group robot. Rules: developer.work.weixin.qq.com, document 91770; at most 20 messages a minute, 2 048 bytes of text.
    case wecom
    /// Slack's incoming webhooks. Rules: docs.slack.dev, "Sending messages using incoming webhooks" and "Formatting message text";
    /// about one message a second.
    case slack

    /// Whether it has signatures. Of the others the address itself is the secret.
    public var isSigned: Bool { self == .dingtalk || self == .feishu }

    /// A message to be posted: where to, and what.
    struct Post: Sendable {
        var url: String
        var body: [UInt8]
    }

    /// - Parameters:
    ///   - secret: signs the message, where the service has signatures.
    ///   - now: the time of the signature; the services take an hour of difference.
    func post(_ text: NotificationText, to url: String, secret: Secret?, at now: WallTime) throws -> Post {
        switch self {
        case .dingtalk:
            let body = DingTalkMessage(title: text.subject, markdown: Self.markdown(text))
            return Post(url: secret.map { Self.signed(url, by: $0, at: now) } ?? url, body: try body.json())
        case .feishu:
            var body = FeishuMessage(text)
            if let secret { body.sign(by: secret, at: now) }
            return Post(url: url, body: try body.json(atMostBytes: 20_000))
        case .wecom:
            return Post(url: url, body: try WeComMessage(text: text.plain().cut(toBytes: 2_048)).json())
        case .slack:
            return Post(url: url, body: try SlackMessage(text: Self.mrkdwn(text)).json())
        }
    }

    /// What an answer means: nil if the message was taken. All but Slack answer 200 whatever happens, and say in the body what did.
    func problem(status: Int, body: [UInt8]) -> ChannelFailure? {
        if let failure = ChannelFailure(status: status, retryAfter: nil) { return failure }
        guard self != .slack else { return nil }
        guard let json = JSONTree(body) else { return .refused("an answer that is no JSON") }
        let code = (json["errcode"] ?? json["code"] ?? json["StatusCode"])?.plain
        guard let code, let number = Int(code) else { return .refused("an answer without a code") }
        guard number != 0 else { return nil }
        let said = NotificationText.oneLine((json["errmsg"] ?? json["msg"])?.plain ?? "")
        return Self.isBusy(number) ? .later("code \(number): \(said)") : .refused("code \(number): \(said)")
    }

    /// Too many messages, or the service has trouble of its own.
    private static func isBusy(_ code: Int) -> Bool {
        // -1: "system busy" of DingTalk and WeCom. 130101 and 90030: DingTalk's limit. 45009: WeCom's. 9499 and 11232: Feishu's.
        [-1, 130_101, 90_030, 45_009, 9_499, 11_232].contains(code)
    }

    // MARK: DingTalk

    /// Adds `timestamp` (ms) and `sign`: the HMAC-SHA256 of "timestamp, line feed, secret" under the secret, in base64, percent-encoded.
    static func signed(_ url: String, by secret: Secret, at now: WallTime) -> String {
        let timestamp = String(now.milliseconds)
        let code = secret.withRevealed { key in
            base64(
                HMAC<SHA256>.authenticationCode(
                    for: Array("\(timestamp)\n\(key)".utf8), using: SymmetricKey(data: Array(key.utf8))))
        }
        // What base64 has beyond letters and digits.
        let sign = code.replacing("+", with: "%2B").replacing("/", with: "%2F").replacing("=", with: "%3D")
        return "\(url)\(url.contains("?") ? "&" : "?")timestamp=\(timestamp)&sign=\(sign)"
    }

    /// The headline and a list, with a blank line between everything: DingTalk joins single lines.
    private static func markdown(_ text: NotificationText) -> String {
        func plain(_ text: String) -> String {
            text.reduce(into: "") { result, character in
                if #"\`*_{}[]()#+!|<>~"#.contains(character) { result.append("\\") }
                result.append(character)
            }
        }
        var blocks = ["#### \(plain(text.subject))"]
        blocks += text.facts.map { "- **\(plain($0.name))**: \(plain($0.value))" }
        if let advice = text.advice { blocks.append(advice) }
        if let link = text.link { blocks.append("[Holdfast](\(link))") }
        return blocks.joined(separator: "\n\n")
    }

    // MARK: Slack

    /// Slack's own markup; `&`, `<` and `>` are the three characters that have to be escaped.
    static func mrkdwn(_ text: NotificationText) -> String {
        func plain(_ text: String) -> String {
            text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        }
        var lines = ["*\(plain(text.subject))*"]
        lines += text.facts.map { "• *\(plain($0.name))*: \(plain($0.value))" }
        if let advice = text.advice { lines.append(plain(advice)) }
        if let link = text.link { lines.append("<\(link)|Holdfast>") }
        return lines.joined(separator: "\n")
    }

    // MARK: Parts

    static func base64(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }
}

private struct DingTalkMessage: Encodable {
    struct Markdown: Encodable {
        var title: String
        var text: String
    }

    var msgtype = "markdown"
    var markdown: Markdown

    init(title: String, markdown: String) {
        self.markdown = Markdown(title: title, text: markdown)
    }
}

private struct WeComMessage: Encodable {
    var msgtype = "text"
    var text: [String: String]

    init(text: String) {
        self.text = ["content": text]
    }
}

private struct SlackMessage: Encodable {
    var text: String
}

/// Rich text of Feishu: a title, and lines of parts. It shows no markup, so nothing has to be escaped.
private struct FeishuMessage: Encodable {
    struct Part: Encodable {
        var tag: String
        var text: String
        var href: String?
    }
    struct Post: Encodable {
        var title: String
        var content: [[Part]]
    }

    var timestamp: String?
    var sign: String?
    var msgType = "post"
    var content: [String: [String: Post]]

    init(_ text: NotificationText) {
        var lines = text.facts.map { [Part(tag: "text", text: "\($0.name): \($0.value)")] }
        if let advice = text.advice { lines.append([Part(tag: "text", text: advice)]) }
        if let link = text.link { lines.append([Part(tag: "a", text: "Holdfast", href: link)]) }
        // Shown whatever the reader's language is: it is the only one that there is.
        content = ["post": ["zh_cn": Post(title: text.subject, content: lines)]]
    }

    /// As JSON of a limited size. What is longer has each of its texts cut until it fits, and says so.
    func json(atMostBytes limit: Int) throws -> [UInt8] {
        var whole = try json(snakeCase: true)
        var textLimit = limit / 2
        while whole.count > limit, textLimit > 8 {
            whole = try cut(toBytes: textLimit).json(snakeCase: true)
            textLimit /= 2
        }
        return whole
    }

    private func cut(toBytes limit: Int) -> FeishuMessage {
        var message = self
        message.content = content.mapValues { posts in
            posts.mapValues { post in
                let lines = post.content.map { parts in
                    parts.map {
                        Part(tag: $0.tag, text: $0.text.cut(toBytes: limit), href: $0.href)
                    }
                }
                let note = Part(tag: "text", text: "(cut: too long for this chat · 内容过长，已截断)")
                return Post(title: post.title.cut(toBytes: limit), content: lines + [[note]])
            }
        }
        return message
    }

    /// The time in seconds, and the HMAC-SHA256 of nothing under "timestamp, line feed, secret" in base64: the text that DingTalk
    /// signs is the key here.
    mutating func sign(by secret: Secret, at now: WallTime) {
        let timestamp = String(now.milliseconds / 1_000)
        self.timestamp = timestamp
        sign = secret.withRevealed { key in
            ChatService.base64(
                HMAC<SHA256>.authenticationCode(
                    for: [UInt8](), using: SymmetricKey(data: Array("\(timestamp)\n\(key)".utf8))))
        }
    }
}
