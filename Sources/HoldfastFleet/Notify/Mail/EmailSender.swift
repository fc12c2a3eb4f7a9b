import Glibc
import HoldfastCore
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// Hands a mail to a server: one connection for each, since there are few.
struct EmailSender: NotificationSender {
    let configuration: EmailChannel
    let timeout: Duration

    func send(_ notification: AlertNotification, _ text: NotificationText) async throws(ChannelFailure) {
        let message = MailMessage(notification, text, from: configuration.from, to: configuration.to)
        let conversation = SMTPConversation(configuration, message, name: Self.ownName)
        let tls = try await tlsContext()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let done = loop.makePromise(of: Void.self)
        let (host, limit) = (configuration.host, TimeAmount(timeout))
        let isImplicit = configuration.security == .implicit
        ClientBootstrap(group: loop)
            .connectTimeout(limit)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = SMTPHandler(conversation, tls, host: host, done, within: limit)
                    if isImplicit, let first = try handler.makeTLS() {
                        try channel.pipeline.syncOperations.addHandler(first)
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: configuration.host, port: configuration.port)
            .whenFailure { error in
                done.fail(
                    ChannelFailure.later(
                        "no connection to the mail server: \(NotificationText.oneLine(PlainReason.of(error)))"))
            }
        do {
            try await withTaskCancellationHandler {
                try await done.futureResult.get()
            } onCancel: {
                // The connection ends by its deadline at the latest.
                done.fail(ChannelFailure.later("broken off"))
            }
        } catch let failure as ChannelFailure {
            throw failure
        } catch {
            throw .later("\(error)")
        }
    }

    /// Made anew for each mail, so that changed certificates are seen; off the event loops, since it reads files.
    private func tlsContext() async throws(ChannelFailure) -> NIOSSLContext? {
        guard configuration.security != .none else { return nil }
        let file = configuration.caFile
        do {
            return try await NIOThreadPool.singleton.runIfActive {
                try NIOSSLContext(configuration: .client(trusting: file))
            }
        } catch {
            throw .refused("the certificates to trust cannot be read")
        }
    }

    /// The name of this machine, or, where it is none, what RFC 5321 §4.1.3 has for those without.
    static var ownName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "[127.0.0.1]" }
        let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let isName =
            !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0)) }
        return isName ? text : "[127.0.0.1]"
    }
}

/// Carries out a conversation on a socket.
private final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var conversation: SMTPConversation
    private let tls: NIOSSLContext?
    private let host: String
    private let done: EventLoopPromise<Void>
    private let limit: TimeAmount
    private var deadline: Scheduled<Void>?
    private var replies = SMTPReplyParser()
    /// STARTTLS was agreed on.
    private var isUpgrading = false
    private var isOver = false

    init(
        _ conversation: SMTPConversation, _ tls: NIOSSLContext?, host: String, _ done: EventLoopPromise<Void>,
        within limit: TimeAmount
    ) {
        self.conversation = conversation
        self.tls = tls
        self.host = host
        self.done = done
        self.limit = limit
    }

    func makeTLS() throws -> NIOSSLClientHandler? {
        guard let tls else { return nil }
        // A name is checked against the certificate; of an address, the address.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : host)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: limit) {
            let (handler, context) = bound.value
            handler.end(context, .failure(.later("the mail server did not answer in time")))
        }
    }

    /// Of several addresses all but one come to nothing: their deadlines must not be that of the one.
    func handlerRemoved(context: ChannelHandlerContext) {
        isOver = true
        deadline?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard !isOver else { return }
        do throws(SMTPReplyParser.Mistake) {
            let found = try replies.take(bytes.readableBytesView)
            for (index, reply) in found.enumerated() where !isOver {
                let isLast = index == found.count - 1 && !replies.isInTheMiddle
                carryOut(conversation.take(reply), isLast: isLast, context)
            }
        } catch {
            end(context, .failure(.refused("what answers is no mail server")))
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // After a handshake before the greeting the server speaks first.
        if case .handshakeCompleted? = event as? TLSUserEvent, isUpgrading {
            carryOut(conversation.encrypted(), isLast: true, context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let reason = error is NIOSSLError || error is BoringSSLError ? "TLS with the mail server failed" : "it broke"
        end(context, .failure(.later("\(reason): \(NotificationText.oneLine("\(error)"))")))
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context, .failure(.later("the mail server closed the connection")))
    }

    private func carryOut(_ action: SMTPConversation.Action, isLast: Bool, _ context: ChannelHandlerContext) {
        switch action {
        case .send(let line): write(Array("\(line)\r\n".utf8), context)
        case .sendBody: write(conversation.body, context)
        case .encrypt:
            // What comes in the clear behind the answer to STARTTLS was put there by somebody between (CVE-2011-0411).
            guard isLast else { return end(context, .failure(.refused("the mail server speaks out of turn"))) }
            isUpgrading = true
            do {
                guard let handler = try makeTLS() else { return end(context, .failure(.refused("no TLS"))) }
                try context.pipeline.syncOperations.addHandler(handler, position: .first)
            } catch {
                end(context, .failure(.later("TLS with the mail server failed: \(error)")))
            }
        case .delivered:
            write(Array("QUIT\r\n".utf8), context)
            end(context, .success(()))
        case .failed(let failure):
            write(Array("QUIT\r\n".utf8), context)
            end(context, .failure(failure))
        }
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func end(_ context: ChannelHandlerContext, _ result: Result<Void, ChannelFailure>) {
        guard !isOver else { return }
        isOver = true
        deadline?.cancel()
        done.completeWith(result.mapError { $0 as any Error })
        context.close(promise: nil)
    }
}
