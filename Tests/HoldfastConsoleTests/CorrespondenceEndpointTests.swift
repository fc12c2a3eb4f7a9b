import HTTPTypes
import HoldfastFleet
import Hummingbird
import HummingbirdTesting
import Testing

@testable import HoldfastConsole

@Suite("Bodies and headers about messages")
struct CorrespondenceEndpointTests {
    @Test(
        "a message that cannot be is refused, and says where",
        arguments: [
            ("{}", "chat"), (#"{"chat":"31"}"#, "text"), (#"{"chat":"","text":"x"}"#, "chat"),
            (#"{"chat":31,"text":"x"}"#, "chat"), (#"{"chat":"31","text":"x","too":"y"}"#, "too"),
            (#"{"chat":"31","text":null}"#, "text"),
        ])
    func badMessages(body: String, parameter: String) async throws {
        try await withRunningFleet { console in
            let problem = try await console.ask { client in
                try await client.post("/api/v1/accounts/shop-1/messages", body, status: .badRequest)
            }
            #expect(problem.code == "bad_body" && problem.parameter == parameter)
        }
    }

    @Test(
        "a body that is no object of texts is refused",
        arguments: ["", "null", "[]", "{", #"{"chat":{}}"#, #"{"chat":true}"#, #""chat""#, "\u{FEFF}{}"])
    func badBodies(body: String) async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                for path in ["/api/v1/accounts/shop-1/messages", "/api/v1/pauses"] {
                    let problem = try await client.post(path, body, status: .badRequest)
                    #expect(problem.code == "bad_body")
                }
            }
        }
    }

    @Test("names may have 256 bytes, and no more")
    func longNames() async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                for field in ["chat", "to"] {
                    for (count, status) in [(256, HTTPResponse.Status.accepted), (257, .badRequest)] {
                        var fields = ["chat": "31", "to": "2001"]
                        fields[field] =
                            String(repeating: "é", count: count / 2) + String(repeating: "x", count: count % 2)
                        let body =
                            "{\"chat\":\"\(fields["chat"] ?? "")\",\"to\":\"\(fields["to"] ?? "")\",\"text\":\"x\"}"
                        let answer = try await client.executeRequest(
                            uri: "/api/v1/accounts/shop-1/messages", method: .post, headers: [:],
                            body: ByteBuffer(string: body))
                        #expect(answer.status == status, "\(field) \(count)")
                    }
                }
            }
        }
    }

    @Test(
        "a key that is none is refused",
        arguments: [[""], ["a b"], ["é"], [String(repeating: "k", count: 257)], ["a", "b"]])
    func badKeys(keys: [String]) async throws {
        var headers: HTTPFields = [:]
        let name = try #require(HTTPField.Name("Idempotency-Key"))
        for key in keys { headers.append(HTTPField(name: name, value: key)) }
        try await withRunningFleet { console in
            let problem = try await console.ask { [headers] client in
                try await client.post(
                    "/api/v1/accounts/shop-1/messages", #"{"chat":"31","text":"x"}"#, headers, status: .badRequest)
            }
            #expect(problem.code == "bad_idempotency_key")
        }
    }

    @Test(
        "a pause has a length within bounds", arguments: ["0", "-1", "1.5", "\"60\"", "9999999999999999999", "2678401"])
    func badLengths(length: String) async throws {
        try await withRunningFleet { console in
            let problem = try await console.ask { client in
                try await client.post(
                    "/api/v1/pauses", #"{"account":"shop-1","chat":"31","for_s":\#(length)}"#, status: .badRequest)
            }
            #expect(problem.code == "bad_body")
        }
    }

    @Test("an unknown account is 404, however long its name is")
    func unknownAccounts() async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                for account in ["nobody", String(repeating: "a", count: 5_000)] {
                    let message = try await client.post(
                        "/api/v1/accounts/\(account)/messages", #"{"chat":"31","text":"x"}"#, status: .notFound)
                    #expect(message.code == "unknown_account")
                    let pause = try await client.post(
                        "/api/v1/pauses", #"{"account":"\#(account)","chat":"31"}"#, status: .notFound)
                    #expect(pause.code == "unknown_account")
                }
            }
        }
    }

    @Test("without a store there are no letters, and that is said")
    func noStore() async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                for path in ["letters", "letters/1", "pauses", "accounts/shop-1/messages/x"] {
                    let answer = try await client.executeRequest(
                        uri: "/api/v1/\(path)", method: .get, headers: [:], body: nil)
                    #expect(answer.status == .conflict, "\(path)")
                    #expect(try answer.problem().code == "no_store")
                }
            }
        }
    }
}

extension TestClientProtocol {
    /// Posts a body that is refused.
    fileprivate func post(
        _ path: String, _ body: String, _ headers: HTTPFields = [:], status: HTTPResponse.Status
    ) async throws -> ProblemBody {
        let answer = try await executeRequest(
            uri: path, method: .post, headers: headers, body: ByteBuffer(string: body))
        #expect(answer.status == status)
        return try answer.problem()
    }
}
