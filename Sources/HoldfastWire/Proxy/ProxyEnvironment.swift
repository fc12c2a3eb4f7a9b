import NIOCore

/// The proxy that the environment names, as other programs read it: `https_proxy` for `wss`, `http_proxy` for `ws`, else
/// `all_proxy`, each in small or capital letters; none for hosts in `no_proxy`.
public enum ProxyEnvironment {
    /// - Parameters:
    ///   - url: of the gateway.
    ///   - environment: the process's variables.
    /// - Throws: `InvalidLinkTarget` if the URL, or the proxy's, cannot be used.
    public static func proxy(for url: String, in environment: [String: String]) throws(InvalidLinkTarget) -> Proxy? {
        func value(_ name: String) -> String? {
            let text = environment[name] ?? environment[name.uppercased()]
            return text?.isEmpty == true ? nil : text
        }
        let target = try WebSocketURL(url)
        guard let proxy = value(target.scheme == .wss ? "https_proxy" : "http_proxy") ?? value("all_proxy"),
            !isExcluded(target.host, port: target.port, by: value("no_proxy") ?? "")
        else { return nil }
        return try Proxy(url: proxy)
    }

    /// Whether a list such as `localhost,.internal,10.0.0.0/8` holds a host: a name stands for itself and all below it, with or
    /// without a dot before it; an address for itself or, with a length, for its network; `*` for everything. A port may follow.
    static func isExcluded(_ host: String, port: Int, by list: String) -> Bool {
        let address = bytes(host)
        return list.split { $0 == "," || $0 == " " }.contains { item in
            if item == "*" { return true }
            var pattern = item.lowercased()
            if let slash = pattern.firstIndex(of: "/") {
                guard let address, let network = bytes(String(pattern[..<slash])),
                    let length = Int(pattern[slash...].dropFirst())
                else { return false }
                return isInside(address, network, length: length)
            }
            if bytes(pattern) == nil, let colon = pattern.lastIndex(of: ":"), !pattern.hasSuffix("]") {
                guard Int(pattern[colon...].dropFirst()) == port else { return false }
                pattern = String(pattern[..<colon])
            }
            if pattern.hasPrefix("["), pattern.hasSuffix("]") { pattern = String(pattern.dropFirst().dropLast()) }
            if let address { return address == bytes(pattern) }
            let name = pattern.drop { $0 == "." || $0 == "*" }
            return !name.isEmpty && (host == name || host.hasSuffix("." + name))
        }
    }

    private static func isInside(_ address: [UInt8], _ network: [UInt8], length: Int) -> Bool {
        guard address.count == network.count, (0...address.count * 8).contains(length) else { return false }
        return zip(address, network).enumerated().allSatisfy { index, pair in
            let bits = min(max(length - index * 8, 0), 8)
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            return pair.0 & mask == pair.1 & mask
        }
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        switch try? SocketAddress(ipAddress: text, port: 0) {
        case .v4(let address): withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
        case .v6(let address): withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
        default: nil
        }
    }
}
