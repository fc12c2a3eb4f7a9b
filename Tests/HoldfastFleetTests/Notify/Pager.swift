import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// A web service that people are told by: writes down what it gets, and answers as the test says.
final class Pager: Sendable {
    struct Request: Sendable {
        var headers: [String: String]
        var body: [UInt8]
        /// `Holdfast-Delivery`.
        var id: String
    }

    struct Answer: Sendable {
        var status = 200
        var body = ""
        var retryAfter: String?
        var location: String?
    }

    private struct State {
        var requests: [Request] = []
        var task: Task<Void, any Error>?
        var port = 0
    }

    private let state = Mutex(State())
    private let answer: @Sendable (Request, Int) async -> Answer

    /// - Parameter answer: gets the request and how many came before it.
    private init(_ answer: @escaping @Sendable (Request, Int) async -> Answer) {
        self.answer = answer
    }

    static func run(
        _ answer: @escaping @Sendable (Request, Int) async -> Answer = { _, _ in Answer() },
        _ body: (Pager) async throws -> Void
    ) async throws {
        let pager = Pager(answer)
        try await pager.start()
        defer { pager.state.withLock { $0.task }?.cancel() }
        try await body(pager)
    }

    var requests: [Request] { state.withLock { $0.requests } }
    var ids: [String] { requests.map(\.id) }
    var url: String { "http://127.0.0.1:\(state.withLock { $0.port })/told" }

    private func start() async throws {
        let router = Router()
        router.post("told") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            let headers = Dictionary(request.headers.map { ($0.name.rawName, $0.value) }) { first, _ in first }
            let told = Request(
                headers: headers, body: Array(body.readableBytesView), id: headers["Holdfast-Delivery"] ?? "")
            let before = self.state.withLock { state in
                defer { state.requests.append(told) }
                return state.requests.count
            }
            let answer = await self.answer(told, before)
            var fields = HTTPFields()
            if let after = answer.retryAfter { fields[.retryAfter] = after }
            if let location = answer.location { fields[.location] = location }
            return Response(
                status: .init(code: answer.status), headers: fields,
                body: .init(byteBuffer: ByteBuffer(string: answer.body)))
        }
        var quiet = Logger(label: "pager")
        quiet.logLevel = .critical
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { told.yield($0.localAddress?.port ?? 0) }, logger: quiet)
        let task = Task { try await application.run() }
        state.withLock { $0.task = task }
        for await port in ports {
            state.withLock { $0.port = port }
            break
        }
    }
}
