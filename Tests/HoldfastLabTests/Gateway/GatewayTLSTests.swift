import FoundationEssentials
import NIOCore
import NIOSSL
import Testing

@testable import HoldfastLab

@Suite("A gateway with TLS")
struct GatewayTLSTests {
    @Test("sessions work as without it, and its faults go beneath it")
    func sessions() async throws {
        let (gateway, certificate) = try await start()
        #expect(gateway.url == "wss://127.0.0.1:\(gateway.port)")
        for (fault, ends) in [
            (Fault(.eof), [RawClient.Event.end]), (Fault(.reset), [.reset]), (Fault(.close), [.close(1000)]),
        ] {
            let client = try await RawClient.connect(to: gateway, path: "/shop-1", trusting: certificate)
            try #require(await client.next() == .answer(status: 101, retryAfter: nil))
            try await client.register()
            #expect(await client.next() == .registered)
            try await gateway.setFaults([fault])
            for end in ends { #expect(await client.next() == end) }
            try await gateway.clearFaults()
            try? await client.drop()
            #expect(await gateway.wait { $0.live == 0 })
        }
        await gateway.shutdown()
    }

    @Test("files that are not there are an error")
    func missingFiles() async throws {
        await #expect(throws: (any Error).self) {
            try await Gateway.start(Gateway.Configuration(tls: .init(certificateFile: "/none", keyFile: "/none")))
        }
    }

    private func start() async throws -> (Gateway, NIOSSLCertificate) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "holdfast-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = [("certificate.pem", Self.certificate), ("key.pem", Self.key)].map { name, text in
            (folder.appending(path: name), text)
        }
        for (file, text) in files { try Data(text.utf8).write(to: file) }
        let gateway = try await Gateway.start(
            Gateway.Configuration(tls: .init(certificateFile: files[0].0.path, keyFile: files[1].0.path)))
        return (gateway, try NIOSSLCertificate(bytes: Array(Self.certificate.utf8), format: .pem))
    }

    // Made for this test, for localhost and 127.0.0.1, and used nowhere else.

    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAUGgAwIBAgIUDxy16EXnAIFpkQRgDX6AYWHp6BMwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTIxMTQwOFoYDzIxMjYxMDI4
        MjExNDA4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAATl05n8Y+8VvV9gK9cmaWw2ffygLrKcmDssvtPW/BbsA6HPKeI3najN
        T8sU4tMFTREnhQ6FUDy0yR3mxPP+hODso28wbTAdBgNVHQ4EFgQUz4ZlyKGKuW12
        o/b+7rk6dHAOyO4wHwYDVR0jBBgwFoAUz4ZlyKGKuW12o/b+7rk6dHAOyO4wDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSAAwRQIhAOReTDuM2dR//DBdHUxKni1Wa5LG7rwvilJ0Op/giw+AAiBg
        NpnACyMzJbPtcdTnwcrJFZIyBEMD5nC40FmTBLxs8g==
        -----END CERTIFICATE-----
        """

    private static let key = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIFk9vTESL7IGlrL4cmT4blJaz4du3MAaB7jFPs9DUViEoAoGCCqGSM49
        AwEHoUQDQgAE5dOZ/GPvFb1fYCvXJmlsNn38oC6ynJg7LL7T1vwW7AOhzyniN52o
        zU/LFOLTBU0RJ4UOhVA8tMkd5sTz/oTg7A==
        -----END EC PRIVATE KEY-----
        """
}
