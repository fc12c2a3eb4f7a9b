import Foundation
import HoldfastCore
import HoldfastWire
import NIOCore
import NIOPosix
import Synchronization

/// A connection to a browser's DevTools: commands with answers, and events. It runs over our own WebSocket client.
final class DevTools: Sendable {
    private let loop: any EventLoop
    private let wire: NIOLoopBound<Wire>

    private init(loop: any EventLoop, wire: NIOLoopBound<Wire>) {
        self.loop = loop
        self.wire = wire
    }

    /// - Parameter heard: called for every event, with the session it is of.
    static func connect(
        to url: String, heard: @escaping @Sendable (_ session: String?, _ method: String, _ parameters: JSON) -> Void
    ) async throws -> DevTools {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let target = try LinkTarget(url: url)
        return try await loop.submit {
            let wire = Wire(heard: heard)
            wire.open(target, on: loop)
            return DevTools(loop: loop, wire: NIOLoopBound(wire, eventLoop: loop))
        }.get()
    }

    /// Sends a command and waits for its answer.
    func send(_ method: String, _ parameters: JSON = [:], session: String? = nil) async throws -> JSON {
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { self.wire.value.send(method, parameters, session, continuation) }
        }
    }

    func disconnect() {
        loop.execute { self.wire.value.disconnect() }
    }

    /// A command that the browser refused, or a connection that ended.
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }
}

/// The loop's side of the connection.
private final class Wire: LinkDelegate {
    private typealias Answer = CheckedContinuation<JSON, any Error>

    private let heard: @Sendable (String?, String, JSON) -> Void
    private var link: Link?
    private var isOpen = false
    private var unsent: [ByteBuffer] = []
    private var waiting: [Int: Answer] = [:]
    private var nextID = 1
    private var end: String?

    init(heard: @escaping @Sendable (String?, String, JSON) -> Void) {
        self.heard = heard
    }

    func open(_ target: LinkTarget, on loop: any EventLoop) {
        var options = LinkOptions()
        // A screenshot comes in one message.
        options.frameLimitBytes = 64 << 20
        options.messageLimitBytes = 64 << 20
        link = Link.open(options: options, target, on: loop, delegate: self)
    }

    func send(_ method: String, _ parameters: JSON, _ session: String?, _ answer: CheckedContinuation<JSON, any Error>)
    {
        if let end { return answer.resume(throwing: DevTools.Failed(description: end)) }
        let id = nextID
        nextID += 1
        var command: [String: JSON] = ["id": .number(Double(id)), "method": .string(method), "params": parameters]
        if let session { command["sessionId"] = .string(session) }
        guard let text = try? JSONEncoder().encode(JSON.object(command)) else {
            return answer.resume(throwing: DevTools.Failed(description: "\(method) has no text in JSON"))
        }
        waiting[id] = answer
        unsent.append(ByteBuffer(bytes: text))
        sendWaiting()
    }

    func disconnect() {
        link?.abort()
        finish("the connection to the browser was given up")
    }

    private func sendWaiting() {
        guard isOpen, let link else { return }
        for message in unsent { link.write(message, opcode: .text) }
        unsent = []
        link.flush()
    }

    private func finish(_ why: String) {
        end = why
        for answer in waiting.values { answer.resume(throwing: DevTools.Failed(description: why)) }
        waiting = [:]
    }

    // MARK: LinkDelegate

    func link(_ tag: LinkTag, entered phase: Phase) {}
    func link(_ tag: LinkTag, receivedPong payload: ByteBuffer) {}
    func linkReadCompleted(_ tag: LinkTag) {}
    func linkDrained(_ tag: LinkTag) {}

    func linkOpened(_ tag: LinkTag) {
        isOpen = true
        sendWaiting()
    }

    func linkClosed(_ tag: LinkTag, _ error: LinkError) {
        finish("the browser is gone: \(error.chain.joined(separator: ": "))")
    }

    func link(_ tag: LinkTag, received message: ByteBuffer, isText: Bool) {
        // Of what the network does only requests matter, and the rest is a lot.
        if message.starts(with: "{\"method\":\"Network."),
            !message.starts(with: "{\"method\":\"Network.requestWillBeSent\"")
        {
            return
        }
        guard let json = try? JSONDecoder().decode(JSON.self, from: Data(message.readableBytesView)) else { return }
        if let id = json["id"].int {
            let answer = waiting.removeValue(forKey: id)
            if let problem = json["error"]["message"].text {
                answer?.resume(throwing: DevTools.Failed(description: problem))
            } else {
                answer?.resume(returning: json["result"])
            }
        } else if let method = json["method"].text {
            heard(json["sessionId"].text, method, json["params"])
        }
    }
}

extension Link {
    fileprivate static func open(
        options: LinkOptions, _ target: LinkTarget, on loop: any EventLoop, delegate: any LinkDelegate
    ) -> Link {
        open(target, options: options, tag: LinkTag(slot: 0, generation: 1), delegate: delegate, on: loop)
    }
}

extension ByteBuffer {
    fileprivate func starts(with text: String) -> Bool { readableBytesView.starts(with: text.utf8) }
}
