import NIOCore
import NIOSSL

/// The hosts that a certificate is for (RFC 9525 §6): the names and addresses of its subjectAltName, and no common name.
///
/// It is checked here, and not by the TLS library, because the library also accepts a certificate for the address that the
/// socket is connected to. That is not what was asked for: behind a proxy it is the proxy's, and otherwise it is whatever
/// the name was looked up to be, so whoever can forge that answer could show a certificate for an address of his own.
struct CertificateNames {
    private var names: [[UInt8]] = []
    private var addresses: [[UInt8]] = []

    init(_ certificate: NIOSSLCertificate) {
        for name in certificate._subjectAlternativeNames() {
            switch name.nameType {
            case .dnsName: names.append(Array(name.contents))
            case .ipAddress: addresses.append(Array(name.contents))
            default: break
            }
        }
    }

    init(names: [String], addresses: [[UInt8]]) {
        self.names = names.map { Array($0.utf8) }
        self.addresses = addresses
    }

    /// - Parameter host: a name or an address, as in a URL.
    func match(_ host: String) -> Bool {
        if let address = Self.bytes(ofAddress: host) { return addresses.contains(address) }
        let host = Self.labels(Array(host.utf8))
        return names.contains { Self.isMatch(Self.labels($0), host) }
    }

    /// The same labels, in any case of letters; `*` stands for the whole first label (RFC 9525 §6.3), but not before a
    /// single label: nobody owns all of `.org`.
    private static func isMatch(_ pattern: [ArraySlice<UInt8>], _ host: [ArraySlice<UInt8>]) -> Bool {
        guard pattern.count == host.count, !pattern.contains(where: \.isEmpty) else { return false }
        let hasWildcard = pattern.first?.elementsEqual([UInt8(ascii: "*")]) == true
        if hasWildcard, pattern.count < 3 { return false }
        let fixed = hasWildcard ? 1 : 0
        return zip(pattern, host).dropFirst(fixed).allSatisfy { $0.elementsEqual($1) }
    }

    /// In lower case; a dot at the end says nothing.
    private static func labels(_ name: [UInt8]) -> [ArraySlice<UInt8>] {
        let name = name.last == UInt8(ascii: ".") ? name.dropLast() : name[...]
        let lowercased = name.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        return lowercased.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    }

    private static func bytes(ofAddress text: String) -> [UInt8]? {
        switch try? SocketAddress(ipAddress: text, port: 0) {
        case .v4(let address): withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
        case .v6(let address): withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
        case .unixDomainSocket, nil: nil
        }
    }
}
