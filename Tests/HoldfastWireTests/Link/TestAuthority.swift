import Crypto
import Foundation
import NIOSSL
import X509

/// Issues certificates for the servers of tests, and writes its own to a file for clients to trust.
struct TestAuthority {
    let caFile: String
    private let key = P256.Signing.PrivateKey()
    private let name: DistinguishedName

    init() throws {
        name = try DistinguishedName { CommonName("Holdfast tests \(UUID())") }
        let issuer = Certificate.PrivateKey(key)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: issuer.publicKey,
            notValidBefore: .now - 86_400, notValidAfter: .now + 86_400, issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: issuer)
        let file = FileManager.default.temporaryDirectory.appending(path: "holdfast-ca-\(UUID()).pem")
        try certificate.serializeAsPEM().pemString.write(to: file, atomically: true, encoding: .utf8)
        caFile = file.path()
    }

    /// A server's context, with a certificate for these names.
    ///
    /// - Parameter validUntil: the end of a certificate's day of life, counted from now in seconds.
    func serverContext(
        names: [GeneralName] = [.dnsName("localhost")], validUntil: TimeInterval = 43_200,
        _ change: (inout TLSConfiguration) -> Void = { _ in }
    ) throws -> NIOSSLContext {
        let (pem, key) = try issue(names: names, validUntil: validUntil)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: Array(pem.utf8), format: .pem))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
        change(&configuration)
        return try NIOSSLContext(configuration: configuration)
    }

    /// A context of a server that wants a certificate of this authority from its clients.
    func demandingContext(maximumVersion: TLSVersion? = nil) throws -> NIOSSLContext {
        try serverContext {
            $0.certificateVerification = .noHostnameVerification
            $0.trustRoots = .file(caFile)
            $0.maximumTLSVersion = maximumVersion
        }
    }

    /// Files with a certificate for a client and its key.
    func clientFiles() throws -> (certificate: String, key: String) {
        let (pem, key) = try issue(names: [.dnsName("client")], validUntil: 43_200)
        let (certificateFile, keyFile) = (caFile + ".client", caFile + ".key")
        try pem.write(toFile: certificateFile, atomically: true, encoding: .utf8)
        try key.write(toFile: keyFile, atomically: true, encoding: .utf8)
        return (certificateFile, keyFile)
    }

    private func issue(names: [GeneralName], validUntil: TimeInterval) throws -> (certificate: String, key: String) {
        let serverKey = P256.Signing.PrivateKey()
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PrivateKey(serverKey).publicKey,
            notValidBefore: .now + validUntil - 86_400, notValidAfter: .now + validUntil, issuer: name,
            subject: try DistinguishedName { CommonName("server") }, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions { SubjectAlternativeNames(names) },
            issuerPrivateKey: Certificate.PrivateKey(key))
        return (try certificate.serializeAsPEM().pemString, serverKey.pemRepresentation)
    }

    func remove() {
        for end in ["", ".client", ".key"] { try? FileManager.default.removeItem(atPath: caFile + end) }
    }
}
