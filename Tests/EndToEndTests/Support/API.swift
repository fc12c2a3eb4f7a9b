import AsyncHTTPClient
import Foundation
import NIOCore

/// A small HTTP client for tests: of a Holdfast, or of a gateway's control address.
struct API: Sendable {
    let base: String
    var token: String?

    init(base: String, token: String? = nil) {
        self.base = base
        self.token = token
    }

    struct Answer: Sendable {
        var status: UInt
        var body: Data

        /// The body as JSON.
        var json: JSON { (try? JSONDecoder().decode(JSON.self, from: body)) ?? .null }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    @discardableResult
    func send(
        _ method: String, _ path: String, json: String? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: base + path)
        request.method = .init(rawValue: method)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let body = try await response.body.collect(upTo: 64 << 20)
        return Answer(status: UInt(response.status.code), body: Data(body.readableBytesView))
    }

    func get(_ path: String) async throws -> Answer { try await send("GET", path) }

    @discardableResult
    func post(_ path: String, json: String? = nil) async throws -> Answer { try await send("POST", path, json: json) }

    /// One account.
    func account(_ id: String) async throws -> JSON { try await get("/api/v1/accounts/\(id)").json }

    /// Waits until an account is as it should be.
    @discardableResult
    func account(
        _ id: String, within limit: Duration = .seconds(60), _ awaited: String,
        until isRight: @escaping @Sendable (JSON) -> Bool
    ) async throws -> JSON {
        try await poll(limit, "\(id) \(awaited)") {
            let account = try await account(id)
            if isRight(account) { return account }
            throw TooLate(awaited: awaited, lastSeen: "\(account["state"].text ?? "?") \(account["last_failure"])")
        }
    }

    /// Waits until so many accounts are connected.
    func connected(_ count: Int, within limit: Duration = .seconds(60)) async throws {
        _ = try await poll(limit, "\(count) connected accounts") { () -> Bool? in
            let totals = try await get("/api/v1/accounts?limit=1").json["totals"]
            if totals["connected"].int == count { return true }
            throw TooLate(awaited: "", lastSeen: "\(totals)")
        }
    }
}

/// JSON, to look into.
enum JSON: Decodable, Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // What is most frequent first: every wrong guess is an error, and a test pays for each with a look at its stack.
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    /// What is under a key; null if there is nothing.
    subscript(key: String) -> JSON {
        if case .object(let fields) = self { fields[key] ?? .null } else { .null }
    }

    /// What is at a place of a list; null if there is nothing.
    subscript(index: Int) -> JSON {
        if case .array(let items) = self, items.indices.contains(index) { items[index] } else { .null }
    }

    var items: [JSON] { if case .array(let items) = self { items } else { [] } }
    var keys: Set<String> { if case .object(let fields) = self { Set(fields.keys) } else { [] } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }
    var int: Int? { number.flatMap { Int(exactly: $0) } }

    init(parsing text: String) { self = (try? JSONDecoder().decode(JSON.self, from: Data(text.utf8))) ?? .null }
}
