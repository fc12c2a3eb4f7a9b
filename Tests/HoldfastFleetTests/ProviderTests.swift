import Foundation
import HoldfastCore
import HoldfastLab
import HoldfastWire
import Testing

@testable import HoldfastFleet

@Suite("Where another credential comes from")
struct ProviderTests {
    private func request(user: String = "u", password: String = "p") -> LoginRequest {
        var credentials = Credentials()
        credentials.user = Secret(user)
        credentials.password = Secret(password)
        credentials.token = Secret("old")
        return LoginRequest(account: "shop-1", device: "d-1", credentials: credentials)
    }

    // MARK: What is sent

    @Test(
        "a template is filled in the way of the text around it",
        arguments: [
            (
                "application/json", #"{"u":"{user}","x":{"p":"{password}"},"n":{}}"#,
                #"{"u":"a\"b","x":{"p":"ü&="},"n":{}}"#
            ),
            ("application/x-www-form-urlencoded", "u={user}&p={password}&x={none}", "u=a%22b&p=%C3%BC%26%3D&x={none}"),
            ("text/plain", "{account} {device} {token}{", "shop-1 d-1 old{"),
        ])
    func template(type: String, text: String, filled: String) {
        let template = LoginTemplate(request: request(user: "a\"b", password: "ü&="))
        #expect(template.fill(text, LoginTemplate.Form(contentType: type)) == filled)
    }

    @Test("what is filled in is not looked at again")
    func once() {
        let template = LoginTemplate(request: request(user: "{password}", password: "secret"))
        #expect(template.fill("{user}", .plain) == "{password}")
    }

    // MARK: What is answered

    private struct Answer: CustomTestStringConvertible, Sendable {
        var status = 200
        var cookies: [String] = []
        var body = "{}"
        var outcome: ProviderOutcome
        var testDescription: String { "\(status) \(body) → \(outcome)" }
    }

    @Test(
        "an answer means what its rules say, and else what its status says",
        arguments: [
            Answer(body: #"{"data":{"token":"t"}}"#, outcome: .renewed), Answer(body: "<html>", outcome: .tryLater),
            Answer(body: #"{"data":{"token":""}}"#, outcome: .tryLater), Answer(body: "{}", outcome: .tryLater),
            Answer(body: #"{"code":"captcha"}"#, outcome: .needsPerson), Answer(status: 400, outcome: .rejected),
            Answer(status: 401, outcome: .rejected), Answer(status: 403, outcome: .rejected),
            Answer(status: 403, body: #"{"code":"captcha"}"#, outcome: .needsPerson),
            Answer(status: 418, outcome: .needsPerson), Answer(status: 429, outcome: .tryLater),
            Answer(status: 302, outcome: .tryLater), Answer(status: 503, outcome: .tryLater),
            Answer(body: #"{"busy":true}"#, outcome: .tryLater),
        ])
    private func outcomes(_ answer: Answer) {
        var configuration = HTTPProviderConfiguration(url: "http://localhost/")
        configuration.token = JSONPath("data.token")
        configuration.rules = [
            .init(path: JSONPath("code"), equals: "captcha", outcome: .needsPerson),
            .init(status: 418, outcome: .needsPerson), .init(path: JSONPath("busy"), outcome: .tryLater),
        ]
        let reply = LoginAnswer(status: answer.status, body: Array(answer.body.utf8)).reply(configuration, cookies: nil)
        #expect(reply.outcome == answer.outcome)
        #expect((reply.token == nil) == (answer.outcome != .renewed))
    }

    @Test("cookies that are wanted take the place of those of their name, and bring their lifetime")
    func cookies() throws {
        var configuration = HTTPProviderConfiguration(url: "http://localhost/")
        configuration.cookies = ["sid", "uid"]
        let answer = LoginAnswer(
            status: 200,
            setCookies: [
                "sid=new; Path=/; Max-Age=3600; HttpOnly", "track=1; Max-Age=5", "uid=7; Max-Age=7200", "bad", "=x",
            ])
        let reply = answer.reply(configuration, cookies: Secret("keep=1; sid=old"))
        #expect(reply.cookies == Secret("keep=1; sid=new; uid=7"))
        #expect(reply.lifetime == .seconds(3_600))
        #expect(LoginAnswer(status: 200).reply(configuration, cookies: nil).outcome == .tryLater)
    }

    @Test("a lifetime is a positive number of seconds", arguments: ["20", "\"20\"", "20.0"])
    func lifetime(text: String) {
        var configuration = HTTPProviderConfiguration(url: "http://localhost/")
        configuration.token = JSONPath("t")
        configuration.lifetime = JSONPath("ttl")
        func reply(_ ttl: String) -> LoginReply {
            LoginAnswer(status: 200, body: Array(#"{"t":"x","ttl":\#(ttl)}"#.utf8)).reply(configuration, cookies: nil)
        }
        #expect(reply(text).lifetime == .seconds(20))
        #expect(reply("-1").lifetime == nil)
        #expect(reply("1e300").lifetime == .seconds(315_360_000))
    }

    @Test(
        "rubbish of every kind is read without harm",
        arguments: ["", "[", "null", "1", "\"x\"", "{\"a\":[[[[]]]]}", "\u{0}"])
    func rubbish(text: String) {
        #expect(CommandProvider.reply(Array(text.utf8)).outcome == .tryLater)
        var configuration = HTTPProviderConfiguration(url: "http://localhost/")
        configuration.token = JSONPath("a.0.b")
        #expect(
            LoginAnswer(status: 200, body: Array(text.utf8)).reply(configuration, cookies: nil).outcome == .tryLater)
    }

    @Test("a login server that begins an answer and does not end it has not answered", .timeLimit(.minutes(2)))
    func endless() async throws {
        let server = try await WebhookServer.start { _ in .init(body: "{", isEndless: true) }
        var configuration = HTTPProviderConfiguration(url: server.url)
        configuration.timeout = .milliseconds(200)
        let provider = HTTPProvider(configuration)
        #expect(await provider.renew(request()).outcome == .tryLater)
        await provider.close()
        await server.shutdown()
    }

    // MARK: A program

    private func shell(_ script: String, timeout: Duration = .seconds(60)) -> CommandProvider {
        var configuration = CommandProviderConfiguration(command: ["sh", "-c", script])
        configuration.timeout = timeout
        return CommandProvider(configuration: configuration)
    }

    @Test("a program gets what it needs on standard input, and answers on standard output")
    func program() async {
        let script = """
            read line
            case "$line" in *'"user":"u"'*) ;; *) exit 1;; esac
            case "$line" in *'"password":"p"'*) ;; *) exit 1;; esac
            echo '{"outcome":"renewed","token":"fresh","cookies":"a=1","ttl_s":60}'
            """
        let reply = await shell(script).renew(request())
        #expect(reply.outcome == .renewed)
        #expect(reply.token == Secret("fresh") && reply.cookies == Secret("a=1") && reply.lifetime == .seconds(60))
    }

    @Test(
        "what a program says instead is told, and what it does wrong is \"try later\"",
        arguments: [
            (#"echo '{"outcome":"rejected"}'"#, ProviderOutcome.rejected, "no detail"),
            (#"echo '{"outcome":"needs_person","detail":"scan the code"}'"#, .needsPerson, "scan the code"),
            (#"echo '{"outcome":"try_later"}'"#, .tryLater, "no detail"),
            (#"echo '{"outcome":"renewed"}'"#, .tryLater, "neither a token nor cookies"),
            (#"echo '{"outcome":"maybe"}'"#, .tryLater, "unknown outcome"), ("echo rubbish", .tryLater, "JSON"),
            ("exit 3", .tryLater, "status 3"), ("kill -9 $$", .tryLater, "status -9"),
            ("yes | head -c 200000", .tryLater, "too much"),
        ])
    func programOutcomes(script: String, outcome: ProviderOutcome, reason: String) async {
        let reply = await shell(script).renew(request())
        #expect(reply.outcome == outcome)
        #expect(reply.reason.contains(reason), "\(reply.reason)")
    }

    @Test("a program that is not there is no answer")
    func noProgram() async {
        let provider = CommandProvider(configuration: CommandProviderConfiguration(command: ["/nowhere/login"]))
        let reply = await provider.renew(request())
        #expect(reply.outcome == .tryLater && reply.reason.contains("cannot be started"))
    }

    @Test(
        "a program that does not end is killed with everything it has started",
        arguments: ["sleep 600 & echo $! > FILE; wait", "sleep 600 & echo $! > FILE; exit 0"])
    func killed(script: String) async throws {
        let file = FileManager.default.temporaryDirectory.path + "/holdfast-pid-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let provider = shell(script.replacing("FILE", with: file), timeout: .seconds(5))
        let reply = await provider.renew(request())
        #expect(reply.outcome == .tryLater)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let grandchild = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        // Gone, or dead and not yet collected by whoever inherits it.
        func isAlive() -> Bool {
            guard let status = try? String(contentsOfFile: "/proc/\(grandchild)/stat", encoding: .utf8) else {
                return false
            }
            return !status.contains(") Z ")
        }
        let end = ContinuousClock.now + .seconds(10)
        // tidy: the pause between two looks; nothing is concluded from the time it takes
        while isAlive(), ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(5)) }
        #expect(!isAlive())
    }
}
