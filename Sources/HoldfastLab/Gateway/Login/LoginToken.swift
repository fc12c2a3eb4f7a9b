import HoldfastCore

/// A token of the login server. It says itself whose it is and until when, so the gateway keeps no table of tokens and knows
/// them after a restart. It proves nothing: anybody can write one. That is enough for a gateway that only plays one.
///
/// `login.<user in hex>.<issued, ms>.<ttl, ms>.<serial>`
struct LoginToken: Hashable {
    var user: String
    var issued: WallTime
    var ttl: Duration
    var serial: Int

    var expires: WallTime { issued + ttl }

    private static let prefix = "login"

    init(user: String, issued: WallTime, ttl: Duration, serial: Int) {
        self.user = user
        self.issued = issued
        self.ttl = ttl
        self.serial = serial
    }

    /// Nil if the text is a token of another origin.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == Self.prefix, let user = Self.text(fromHex: parts[1]),
            let issued = Int64(parts[2]), let ttl = Int64(parts[3]), let serial = Int(parts[4])
        else { return nil }
        self.init(user: user, issued: WallTime(milliseconds: issued), ttl: .milliseconds(ttl), serial: serial)
    }

    var text: String {
        let hex = user.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(Self.prefix).\(hex).\(issued.milliseconds).\(ttl.wholeMilliseconds).\(serial)"
    }

    private static func text(fromHex hex: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = hex
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16), rest.utf8.count >= 2 else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
