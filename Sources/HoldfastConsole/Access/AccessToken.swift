import Crypto

/// What a caller may do. Each role may do what the one before it may.
public enum Role: String, Sendable, Comparable, CaseIterable {
    /// Reads everything there is to see.
    case viewer
    /// Acts on accounts, too.
    case `operator`
    /// Changes what is configured, too.
    case admin

    public static func < (left: Role, right: Role) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        }
    }
}

/// One entry of `server.tokens`: who may come in, and as what. Only the hash of the token is known here.
public struct AccessToken: Sendable, Hashable {
    /// Shown in the audit log.
    public var name: String
    public var role: Role
    /// SHA-256 of the token's UTF-8 bytes.
    private var digest: [UInt8]

    /// - Parameter hash: `sha256:` and 64 hexadecimal digits.
    /// - Returns: nil if `hash` is not of that form.
    public init?(name: String, role: Role, hash: String) {
        let prefix = "sha256:"
        guard hash.hasPrefix(prefix) else { return nil }
        let digits = Array(hash.utf8.dropFirst(prefix.utf8.count))
        guard digits.count == 2 * SHA256.byteCount else { return nil }
        var digest: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = hexadecimalValue(digits[index]), let low = hexadecimalValue(digits[index + 1]) else {
                return nil
            }
            digest.append(high << 4 | low)
        }
        self.name = name
        self.role = role
        self.digest = digest
    }

    /// The first of `tokens` that `presented` belongs to.
    ///
    /// What is compared are hashes, and every byte of every one of them, so the time taken tells nothing about how much of
    /// a guess was right, nor which entry was meant.
    static func matching(_ presented: String, among tokens: [AccessToken]) -> AccessToken? {
        let digest = SHA256.hash(data: Array(presented.utf8))
        var found: AccessToken?
        for token in tokens {
            var difference: UInt8 = 0
            for (left, right) in zip(token.digest, digest) { difference |= left ^ right }
            if difference == 0, found == nil { found = token }
        }
        return found
    }
}
