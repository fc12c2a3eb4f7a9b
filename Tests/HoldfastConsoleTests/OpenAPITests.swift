import FoundationEssentials
import HTTPTypes
import HoldfastCore
import HoldfastFleet
import HoldfastStore
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import HoldfastConsole

/// The OpenAPI document says what the code does: no more, and no less. When one of these fails, mend
/// `Sources/HoldfastConsole/Reference/openapi.json`.
@Suite("The OpenAPI document")
struct OpenAPITests {
    private struct Document: Decodable {
        var openapi: String
        var paths: [String: [String: Operation]]
        var components: Components

        struct Operation: Decodable {
            var operationId: String
            var role: String?
            var security: [[String: [String]]]?
            var parameters: [Parameter]?
            var requestBody: Body?
            var responses: [String: Response]

            enum CodingKeys: String, CodingKey {
                case operationId, security, parameters, requestBody, responses
                case role = "x-role"
            }
        }

        struct Parameter: Decodable {
            var name: String
            var place: String

            enum CodingKeys: String, CodingKey {
                case name
                case place = "in"
            }
        }

        struct Body: Decodable {
            var required: Bool
        }

        struct Response: Decodable {}

        struct Components: Decodable {
            var schemas: [String: Schema]
        }

        struct Schema: Decodable {
            var properties: [String: Property]?
        }

        struct Property: Decodable {}
    }

    private func document() async throws -> Document {
        try await ConsoleUnderTest().ask { client in
            let response = try await client.executeRequest(
                uri: "/api/v1/openapi.json", method: .get, headers: [:], body: nil)
            #expect(response.status == .ok)
            #expect(response.headers[.contentType] == "application/json")
            return try response.decoded(Document.self)
        }
    }

    @Test("has every route with every method, its role and its parameters, and nothing else")
    func routes() async throws {
        let document = try await document()
        #expect(document.openapi.hasPrefix("3.1."))
        let listed = document.paths.flatMap { path, operations in
            operations.map { method, operation in
                let parameters = (operation.parameters ?? []).filter { $0.place == "query" }.map(\.name).sorted()
                return "\(method.uppercased()) \(path) \(operation.role ?? "open") \(parameters)"
            }
        }
        let known = AccessTests.allRoutes.map { route in
            let role = if case .role(let role) = route.access { role.rawValue } else { "open" }
            return "\(route.method.rawValue) \(route.path) \(role) \(route.parameters.sorted())"
        }
        #expect(Set(listed).subtracting(known) == [], "in the document only")
        #expect(Set(known).subtracting(listed) == [], "missing in the document")
        #expect(listed.count == known.count)
    }

    @Test("names every variable of a path, and says of what is open that it is")
    func operations() async throws {
        let document = try await document()
        var ids: Set<String> = []
        for (path, operations) in document.paths {
            let variables = path.matches(of: /\{(\w+)\}/).map { String($0.1) }
            for (method, operation) in operations {
                let named = (operation.parameters ?? []).filter { $0.place == "path" }.map(\.name)
                #expect(named == variables, "\(method) \(path)")
                #expect((operation.security?.isEmpty == true) == (operation.role == nil), "\(method) \(path)")
                #expect(operation.requestBody?.required != false)
                #expect(ids.insert(operation.operationId).inserted, "\(operation.operationId) is there twice")
            }
        }
    }

    @Test("has every field of what is answered, and no other")
    func fields() async throws {
        let schemas = try await document().components.schemas
        let message = OutboxMessage(
            account: "a", clientID: "1", chat: "c", receiver: "r", text: "t", createdAt: WallTime(milliseconds: 0),
            expiresAt: WallTime(milliseconds: 0))
        let pause = StoredPause(account: "a", chat: "c", until: WallTime(milliseconds: 0))
        let examples: [(String, (inout JSONWriter) -> Void)] = [
            ("Account", { $0.fields(of: AccountView.example) }), ("Totals", { $0.fields(of: FleetTotals()) }),
            ("Message", { $0.fields(of: message) }), ("Pause", { $0.fields(of: pause) }),
            ("Caller", { $0.fields(of: Caller(name: "n", role: .viewer)) }),
        ]
        for (name, write) in examples {
            let written = try JSONDecoder().decode(
                [String: Anything].self, from: Data(JSONWriter.object(write).readableBytesView))
            let described = try #require(schemas[name]?.properties)
            #expect(Set(written.keys) == Set(described.keys), "\(name)")
        }
    }

    private struct Anything: Decodable {
        init(from decoder: any Decoder) throws {}
    }
}
