import Foundation
import HoldfastCore
import NIOCore
import NIOSSL
import SwiftASN1
import Testing
import X509

@testable import HoldfastWire

@Suite("A link over TLS", .timeLimit(.minutes(3)))
struct LinkTLSTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    /// A server, and a link to it under the name `localhost` that trusts the authority.
    private func pair(
        names: [GeneralName] = [.dnsName("localhost")],
        validUntil: TimeInterval = 43_200,
        host: String = "localhost",
        tls: TLSSettings? = nil,
        react: @escaping TestClient.Reaction = { _, _ in }
    ) async throws -> (TestServer, TestClient) {
        let context = try authority.serverContext(names: names, validUntil: validUntil)
        let server = try await TestServer.start(tls: context)
        let target = try LinkTarget(
            url: "wss://\(host):\(server.port)/", tls: tls ?? TLSSettings(caFile: authority.caFile))
        return (server, try await TestClient.open(target, react: react))
    }

    @Test("the phases come in their order, then messages both ways, and a close")
    func echo() async throws {
        let (server, client) = try await pair()
        for phase in [Phase.resolve, .connect, .tls, .upgrade] {
            #expect(try await client.reports.next() == .entered(phase))
        }
        #expect(try await client.reports.next() == .opened)
        try await client.send("a")
        #expect(try await server.said() == .message(ByteBuffer(string: "a"), isText: true))
        let payload = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
        try await server.write(frame(0x82, payload))
        #expect(try await client.message() == .message(ByteBuffer(bytes: payload), isText: false))
        try await client.with { $0.close(code: 1000) }
        #expect(try await server.said() == .close(CloseFrame(code: 1000)))
        try await server.write(frame(0x88, [0x03, 0xE8]))
        try await server.close()
        #expect(try await client.end().cause == .closed(code: 1000))
        try await server.stop()
        authority.remove()
    }

    @Test("an address stands in its certificate as an address")
    func address() async throws {
        let loopback = GeneralName.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))
        let (server, client) = try await pair(names: [loopback], host: "127.0.0.1")
        #expect(try await client.reports.next { $0 == .opened || $0.cause != nil } == .opened)
        try await server.stop()
        authority.remove()
    }

    @Test("a name is not proven by a certificate for the address it was looked up to be")
    func nameByAddress() async throws {
        let loopback = GeneralName.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))
        let (server, client) = try await pair(names: [loopback], host: "localhost")
        #expect(try await client.end().cause == .certificate(.wrongHost))
        let next = try await server.events.next { event in
            if case .request = event { true } else { event == .closed || event == .inputClosed }
        }
        // The request, with its cookies and tokens, has not left.
        #expect(next == .closed || next == .inputClosed)
        try await server.stop()
        authority.remove()
    }

    @Test("the certificate may be for the server name of the settings")
    func serverName() async throws {
        let tls = TLSSettings(caFile: authority.caFile, serverName: "gateway.test")
        let (server, client) = try await pair(names: [.dnsName("gateway.test")], host: "127.0.0.1", tls: tls)
        #expect(try await client.reports.next { $0 == .opened || $0.cause != nil } == .opened)
        try await server.stop()
        authority.remove()
    }

    @Test("a certificate of somebody we do not trust")
    func untrusted() async throws {
        let other = try TestAuthority()
        let (server, client) = try await pair(tls: TLSSettings(caFile: other.caFile))
        #expect(try await client.end().cause == .certificate(.untrusted))
        try await server.stop()
        other.remove()
        authority.remove()
    }

    @Test("a certificate of an unknown authority is not trusted by the system's roots")
    func untrustedBySystem() async throws {
        let (server, client) = try await pair(tls: TLSSettings())
        #expect(try await client.end().cause == .certificate(.untrusted))
        try await server.stop()
        authority.remove()
    }

    @Test("a certificate that is no longer or not yet valid", arguments: [-3600, 86_400 + 3600] as [TimeInterval])
    func outOfTime(validUntil: TimeInterval) async throws {
        let (server, client) = try await pair(validUntil: validUntil)
        #expect(try await client.end().cause == .certificate(.expired))
        try await server.stop()
        authority.remove()
    }

    @Test("a certificate for another host", arguments: ["localhost", "127.0.0.1"])
    func wrongHost(host: String) async throws {
        let (server, client) = try await pair(names: [.dnsName("other.test")], host: host)
        let error = try await client.end()
        #expect(error.cause == .certificate(.wrongHost))
        #expect(error.chain.first?.hasPrefix("agreeing on TLS with wss://\(host)") == true)
        try await server.stop()
        authority.remove()
    }

    @Test("a file of certificates that cannot be read")
    func missingFile() async throws {
        let (server, client) = try await pair(tls: TLSSettings(caFile: "/nowhere/ca.pem"))
        let error = try await client.end()
        #expect(error.cause == .certificate(.other))
        #expect(error.description.contains("/nowhere/ca.pem"))
        try await server.stop()
        authority.remove()
    }

    @Test("a server that wants to know who we are is shown our certificate", arguments: [TLSVersion.tlsv12, .tlsv13])
    func clientCertificate(version: TLSVersion) async throws {
        let server = try await TestServer.start(tls: try authority.demandingContext(maximumVersion: version))
        let files = try authority.clientFiles()
        let tls = TLSSettings(caFile: authority.caFile, certificateFile: files.certificate, keyFile: files.key)
        #expect(TLSContexts.problem(with: tls) == nil)
        let client = try await TestClient.open(try LinkTarget(url: "wss://localhost:\(server.port)/", tls: tls))
        #expect(try await client.reports.next { $0 == .opened || $0.cause != nil } == .opened)
        try await server.stop()
        authority.remove()
    }

    @Test("a server that does not get a certificate it accepts", arguments: [false, true])
    func clientCertificateRefused(hasOne: Bool) async throws {
        let server = try await TestServer.start(tls: try authority.demandingContext())
        let other = try TestAuthority()
        let files = try other.clientFiles()
        var tls = TLSSettings(caFile: authority.caFile)
        if hasOne { (tls.certificateFile, tls.keyFile) = (files.certificate, files.key) }
        let client = try await TestClient.open(try LinkTarget(url: "wss://localhost:\(server.port)/", tls: tls))
        #expect(try await client.end().cause == .certificate(.ours))
        try await server.stop()
        other.remove()
        authority.remove()
    }

    @Test("TLS 1.2 does not say that a certificate is missing, so both that and the ciphers are named")
    func clientCertificateMissing() async throws {
        let server = try await TestServer.start(tls: try authority.demandingContext(maximumVersion: .tlsv12))
        let tls = TLSSettings(caFile: authority.caFile)
        let client = try await TestClient.open(try LinkTarget(url: "wss://localhost:\(server.port)/", tls: tls))
        let error = try await client.end()
        #expect(error.cause == .tlsFailed)
        #expect(error.description.contains("tls.certificate") && error.description.contains("cipher"), "\(error)")
        try await server.stop()
        authority.remove()
    }

    @Test("a server that is too old for us")
    func minimumVersion() async throws {
        let server = try await TestServer.start(tls: try authority.serverContext { $0.maximumTLSVersion = .tlsv12 })
        let tls = TLSSettings(caFile: authority.caFile, minimumVersion: .v13)
        let client = try await TestClient.open(try LinkTarget(url: "wss://localhost:\(server.port)/", tls: tls))
        let error = try await client.end()
        #expect(error.cause == .tlsFailed)
        #expect(error.description.contains("min_version"))
        try await server.stop()
        authority.remove()
    }

    @Test("files that cannot be used are found out before they are used")
    func problems() throws {
        let (files, others) = (try authority.clientFiles(), try TestAuthority())
        let foreign = try others.clientFiles()
        #expect(TLSContexts.problem(with: TLSSettings()) == nil)
        #expect(TLSContexts.problem(with: TLSSettings(caFile: authority.caFile)) == nil)
        for bad in [
            TLSSettings(caFile: "/nowhere"), TLSSettings(caFile: files.key),
            TLSSettings(certificateFile: files.certificate), TLSSettings(keyFile: files.key),
            TLSSettings(certificateFile: files.certificate, keyFile: foreign.key),
            TLSSettings(certificateFile: files.key, keyFile: files.key),
            TLSSettings(certificateFile: files.certificate, keyFile: "/nowhere"),
        ] {
            #expect(TLSContexts.problem(with: bad) != nil, "\(bad)")
        }
        others.remove()
        authority.remove()
    }

    @Test("links with the same settings share one context; another name needs no other, changed files do")
    func sharing() async throws {
        let contexts = TLSContexts()
        let loop = TestClient.newLoop()
        var made: [NIOSSLContext] = []
        for settings in [
            TLSSettings(caFile: authority.caFile), TLSSettings(caFile: authority.caFile, serverName: "a.test"),
            TLSSettings(caFile: authority.caFile, revision: "2"), TLSSettings(caFile: authority.caFile),
        ] {
            let promise = loop.makePromise(of: NIOSSLContext.self)
            loop.execute {
                let answer = contexts.context(for: settings, on: loop) { promise.completeWith($0) }
                if case .known(let result) = answer { promise.completeWith(result) }
            }
            made.append(try await promise.futureResult.get())
        }
        #expect(made[0] === made[1] && made[0] === made[3] && made[0] !== made[2])
        #expect(contexts.counts.made == 2)
        authority.remove()
    }

    @Test("a peer that does not speak TLS")
    func plainPeer() async throws {
        let server = try await TestServer.start()
        let client = try await TestClient.open(try LinkTarget(url: "wss://localhost:\(server.port)/"))
        try await server.hasReadSomething()
        try await server.write(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
        let error = try await client.end()
        #expect(error.cause == .tlsFailed)
        #expect(error.chain.last == "WRONG_VERSION_NUMBER")
        try await server.stop()
        authority.remove()
    }

    @Test("the peer ends or resets the connection within the TLS handshake", arguments: [false, true])
    func endWithinHandshake(resets: Bool) async throws {
        let server = try await TestServer.start()
        let client = try await TestClient.open(try LinkTarget(url: "wss://localhost:\(server.port)/"))
        // Only then do the two ends differ: a socket closed with unread bytes sends a reset, too.
        try await server.hasReadSomething()
        if resets { try await server.reset() } else { try await server.close() }
        #expect(try await client.end().cause == (resets ? .reset : .endOfStream))
        try await server.stop()
        authority.remove()
    }

    @Test("the stream ends without TLS's farewell")
    func uncleanEnd() async throws {
        let (server, client) = try await pair()
        try await client.opened()
        try await server.close()
        #expect(try await client.end().cause == .endOfStream)
        try await server.stop()
        authority.remove()
    }

    @Test("abort closes the socket at once, within the TLS handshake too", arguments: [false, true])
    func abort(isOpen: Bool) async throws {
        let (server, client) = try await pair()
        _ = try await client.reports.next { $0 == (isOpen ? .opened : .entered(.tls)) }
        let isActive = try await client.with { link in
            let channel = link.context?.channel
            link.abort()
            return channel?.isActive ?? false
        }
        #expect(!isActive)
        _ = try await server.events.next { $0 == .failed(errno: 104) || $0 == .closed || $0 == .inputClosed }
        #expect(client.reports.pending.allSatisfy { $0 == .entered(.upgrade) || $0 == .opened })
        try await server.stop()
        authority.remove()
    }

    @Test("a violation is answered through TLS before the connection is dropped")
    func violation() async throws {
        let (server, client) = try await pair()
        try await client.opened()
        try await server.write(frame(0x83))
        #expect(try await server.said() == .close(CloseFrame(code: 1002, reason: "reserved_opcode")))
        #expect(try await client.end().cause == .violation(.reservedOpcode))
        try await server.stop()
        authority.remove()
    }

    @Test("a paused link goes on where it stopped")
    func pausing() async throws {
        let (server, client) = try await pair { report, link in
            if report == .text("a") { link.pauseReading() }
        }
        try await client.opened()
        try await server.write(frame(0x81, [0x61]) + frame(0x81, [0x62]))
        #expect(try await client.reports.next() == .text("a"))
        try await server.say("c")
        try await client.with { $0.resumeReading() }
        #expect(try await client.reports.next() == .text("b"))
        #expect(try await client.reports.next() == .text("c"))
        try await server.stop()
        authority.remove()
    }
}
