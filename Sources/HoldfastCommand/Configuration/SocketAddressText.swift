import HoldfastConsole

/// A `HOST:PORT` as it is written in the configuration and on the command line. IPv6 addresses stand in brackets.
struct SocketAddressText: Hashable, Sendable {
    /// A name or an address, without brackets.
    var host: String
    /// 0 means "choose one".
    var port: Int

    static let standard = SocketAddressText(host: "127.0.0.1", port: 8080)
    static let forms = "write HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080"

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Nil if the text is no `HOST:PORT`.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(digits)
        else { return nil }
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > UInt8(ascii: " ") && $0 < 0x7F && $0 != UInt8(ascii: "/") })
        else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    /// Whether only this machine can reach it. A name other than `localhost` counts as reachable from elsewhere.
    var isLoopback: Bool { HoldfastConsole.isLoopback(host) }
}

extension SocketAddressText: CustomStringConvertible {
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
