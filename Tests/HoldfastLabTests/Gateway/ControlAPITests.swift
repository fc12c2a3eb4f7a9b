import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Testing

@testable import HoldfastLab

@Suite("The gateway's control API")
struct ControlAPITests {
    @Test("faults are put, listed and deleted, and work")
    func faults() async throws {
        let gateway = try await Gateway.start(Gateway.Configuration(control: .init()))
        let client = try await RawClient.register(gateway)
        let put = try await gateway.control(
            .PUT, "/faults", #"[{"match":{"account":"shop-1"},"fault":"mute","for_s":60}]"#)
        #expect(put.status == .ok)
        let listed = try await gateway.control(.GET, "/faults").faults
        #expect(listed.map(\.kind) == [.mute])
        #expect(listed.first?.terms.match == FaultMatch(account: "shop-1"))
        let left = try #require(listed.first?.terms.duration)
        #expect(left <= .seconds(60) && left > .seconds(30))
        try await client.beat()
        #expect(await client.isQuiet())
        #expect(try await gateway.control(.DELETE, "/faults").status == .noContent)
        #expect(try await gateway.control(.GET, "/faults").text == "[]")
        try await client.beat()
        #expect(await client.next() == .beatAnswered)
        await gateway.shutdown()
    }

    @Test("a list that cannot be used changes nothing, and a problem document says why")
    func invalid() async throws {
        let gateway = try await Gateway.start(Gateway.Configuration(control: .init()))
        _ = try await gateway.control(.PUT, "/faults", #"[{"fault":"mute"}]"#)
        let answer = try await gateway.control(.PUT, "/faults", #"[{"fault":"mute"},{"fault":"reset","share":1}]"#)
        #expect(answer.status == .badRequest)
        #expect(answer.type == "application/problem+json")
        let problem = try answer.json(Problem.self)
        #expect(problem.code == "invalid_input")
        #expect(problem.status == 400)
        #expect(problem.detail.hasPrefix("faults[1].share: unknown; known are "))
        #expect(await gateway.faults.map(\.kind) == [.mute])
        await gateway.shutdown()
    }

    @Test(
        "other requests that cannot be used say why, too",
        arguments: [
            ("/push", "{}", "account: is missing"), ("/push", "[", "body: not valid JSON"),
            ("/push", "7", ": must be an object"),
            ("/push", #"{"account":"a","count":0}"#, "count: is 0; allowed are 1 to 10000000"),
            ("/push", #"{"account":"a","format":"xml"}"#, #"format: "xml" is unknown"#),
            ("/push", #"{"account":"a","rate":0.0001}"#, "rate: is 0.0001"),
            ("/login", #"{"user":"a"}"#, "password: is missing"),
            ("/login", #"{"password":"b"}"#, "user: must be a string"),
        ])
    func invalidOthers(path: String, body: String, detail: String) async throws {
        let gateway = try await Gateway.start(Gateway.Configuration(control: .init()))
        let answer = try await gateway.control(.POST, path, body)
        #expect(answer.status == .badRequest)
        let said = try answer.json(Problem.self).detail
        #expect(said.hasPrefix(detail.hasPrefix(": ") ? String(detail.dropFirst(2)) : detail), "\(said)")
        await gateway.shutdown()
    }

    @Test("what is not here is said by a problem document, too", arguments: [("/fault", 404), ("/stats", 404)])
    func unknown(path: String, status: Int) async throws {
        let gateway = try await Gateway.start(Gateway.Configuration(control: .init()))
        let answer = try await gateway.control(.PUT, path, "[]")
        #expect(Int(answer.status.code) == status && answer.type == "application/problem+json")
        #expect(try answer.json(Problem.self).code == "not_found")
        await gateway.shutdown()
    }

    @Test("a body that is too large is refused")
    func tooLarge() async throws {
        let gateway = try await Gateway.start(Gateway.Configuration(control: .init()))
        let body = "[" + String(repeating: " ", count: ControlAPI.bodyLimitBytes) + "]"
        #expect(try await gateway.control(.PUT, "/faults", body).status == .payloadTooLarge)
        await gateway.shutdown()
    }

    @Test("the statistics have the names that others hold on to")
    func statistics() async throws {
        let gateway = try await Gateway.start(Gateway.Configuration(control: .init()))
        let client = try await RawClient.register(gateway)
        try await client.beat()
        #expect(await client.next() == .beatAnswered)
        let pushed = try await gateway.control(
            .POST, "/push",
            #"{"account":"shop-1","count":2,"rate":1000,"text":"x","chat":"c","id":"m","batch":3,"format":"messagepack","own":false,"#
                + #""redeliver_after_ms":1000}"#)
        #expect(pushed.status == .accepted)
        #expect(pushed.text == #"{"accounts":1,"messages":6,"pushes":2}"#)
        for _ in 0..<2 { try await client.acknowledge(try #require(await client.next()?.push).mid) }
        #expect(await gateway.wait { $0.acked == 2 })
        let stats = try await gateway.control(.GET, "/stats").json(Stats.self)
        #expect(stats.connects.map(\.account) == ["shop-1"])
        #expect(stats.connects.map(\.outcome) == ["accepted"])
        #expect(stats.connects.first?.at.hasSuffix("Z") == true)
        #expect(
            [stats.live, stats.maxLivePerAccount, stats.heartbeats, stats.pushed, stats.acked] == [1, 1, 1, 2, 2])
        #expect(stats.sends.isEmpty)
        #expect(try await gateway.control(.GET, "/stats?lists=false").json(Stats.self).connects.isEmpty)
        await gateway.shutdown()
    }

    struct Problem: Decodable {
        var status: Int
        var code: String
        var detail: String
    }

    struct Stats: Decodable {
        var connects: [Connect]
        var live: Int
        var maxLivePerAccount: Int
        var heartbeats: Int
        var pushed: Int
        var acked: Int
        var sends: [Send]
        struct Connect: Decodable {
            var account: String?
            var at: String
            var outcome: String
        }
        struct Send: Decodable { var uuid: String }
    }
}

@Suite("The login server")
struct LoginServerTests {
    @Test("a login gives a token that registers, and tells how long it is valid")
    func login() async throws {
        let gateway = try await Gateway.start(Gateway.Configuration(control: .init()))
        let login = try await gateway.control(.POST, "/login", #"{"user":"shop-1","password":"p"}"#)
        #expect(login.status == .ok)
        let answer = try login.json(Answer.self)
        #expect(answer.ttlS == 72_000)
        _ = try await RawClient.register(gateway, token: answer.token)
        let book = gateway.statistics().login
        #expect(book.requests == 1)
        #expect(book.outcomes == ["issued": 1])
        #expect(book.logins.map(\.user) == ["shop-1"])
        await gateway.shutdown()
    }

    @Test(
        "each fault is answered as a real server would, and counted",
        arguments: [
            (#"[{"fault":"refuse"}]"#, 401, #""code":"rejected""#, "refused"),
            (#"[{"fault":"needs_person"}]"#, 403, #""code":"needs_person""#, "needs_person"),
            (#"[{"fault":"try_later","status":429,"retry_after":7}]"#, 429, #""code":"try_later""#, "try_later"),
            (#"[{"fault":"rubbish"}]"#, 200, "not JSON", "rubbish"),
            (#"[{"fault":"hang","delay_ms":20}]"#, 200, #""token""#, "hung"),
        ])
    func faults(faults: String, status: Int, text: String, outcome: String) async throws {
        let gateway = try await Gateway.start(Gateway.Configuration(control: .init()))
        #expect(try await gateway.control(.PUT, "/login/faults", faults).status == .ok)
        let answer = try await gateway.control(.POST, "/login", #"{"user":"shop-1","password":"p"}"#)
        #expect(Int(answer.status.code) == status)
        #expect(answer.text.contains(text))
        #expect(answer.retryAfter == (status == 429 ? "7" : nil))
        #expect(gateway.statistics().login.outcomes == [outcome: 1])
        #expect(try await gateway.control(.DELETE, "/login/faults").status == .noContent)
        #expect(try await gateway.control(.GET, "/login/faults").text == "[]")
        await gateway.shutdown()
    }

    @Test("a login hangs until the fault ends")
    func hang() async throws {
        let gateway = try await Gateway.start(Gateway.Configuration(control: .init()))
        try gateway.setLoginFaults([LoginFault(.hang, for: "shop-1")])
        async let hanging = gateway.control(.POST, "/login", #"{"user":"shop-1","password":"p"}"#)
        #expect(await gateway.wait { $0.login.requests == 1 })
        #expect(try await gateway.control(.POST, "/login", #"{"user":"shop-2","password":"p"}"#).status == .ok)
        #expect(gateway.statistics().login.maxInProgress == 2)
        try gateway.setLoginFaults([])
        #expect(try await hanging.status == .ok)
        await gateway.shutdown()
    }

    @Test("a gateway that shuts down does not wait for a login that hangs")
    func shutdown() async throws {
        let gateway = try await Gateway.start(Gateway.Configuration(control: .init()))
        try gateway.setLoginFaults([LoginFault(.hang)])
        let hanging = Task { try await gateway.control(.POST, "/login", #"{"user":"shop-1","password":"p"}"#) }
        #expect(await gateway.wait { $0.login.requests == 1 })
        await gateway.shutdown()
        await #expect(throws: (any Error).self) { try await hanging.value }
    }

    @Test("a token tells whose it is, when it was issued and for how long")
    func token() {
        let token = LoginToken(user: "店铺-1.x", issued: .now(), ttl: .seconds(60), serial: 7)
        #expect(LoginToken(token.text) == token)
        for text in [
            "", "abc", "login.6.1.1.1", "login.zz.1.1.1", "login.61.x.1.1", "login.ff.1.1.1", token.text + ".1",
        ] {
            #expect(LoginToken(text) == nil, "\(text)")
        }
    }

    struct Answer: Decodable {
        var token: String
        var ttlS: Double
    }
}

struct ControlAnswer {
    var status: HTTPResponseStatus
    var type: String?
    var retryAfter: String?
    var text: String

    func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(text.utf8))
    }

    var faults: [Fault] {
        get throws { try Fault.list(JSONTree.parse(ByteBuffer(string: text), what: "answer"), at: "faults") }
    }
}

extension Gateway {
    func control(_ method: HTTPMethod, _ path: String, _ body: String? = nil) async throws -> ControlAnswer {
        var request = HTTPClientRequest(url: (controlURL ?? "") + path)
        request.method = method
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        return ControlAnswer(
            status: response.status, type: response.headers.first(name: "content-type"),
            retryAfter: response.headers.first(name: "retry-after"),
            text: String(buffer: try await response.body.collect(upTo: 1 << 20)))
    }
}
