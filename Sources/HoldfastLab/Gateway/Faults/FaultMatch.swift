/// Which accounts a fault is for: one, all, or a stable share of all.
public struct FaultMatch: Hashable, Sendable {
    /// The name that stands for every account.
    public static let everyone = "*"

    /// One account's name, or `*` for all of them.
    public var account: String
    /// The share of the matched accounts, 0 to 1. Chosen by a hash of the account's name alone: the same accounts each time and
    /// in every process, and a smaller share is contained in a larger one.
    public var share: Double

    public init(account: String = FaultMatch.everyone, share: Double = 1) {
        self.account = account
        self.share = share
    }

    /// Whether nobody can escape: all accounts, all of each, even those whose name is not known yet.
    public var coversEveryone: Bool { account == Self.everyone && share >= 1 }

    /// Whether the match covers the account; nil is a session whose account is not known yet.
    func covers(_ account: String?) -> Bool {
        guard let account else { return coversEveryone }
        return (self.account == Self.everyone || self.account == account)
            && (share >= 1 || Self.position(of: account) < share)
    }

    /// Where in 0 ..< 1 the account's name falls.
    static func position(of account: String) -> Double {
        Double(hash(of: account) >> 11) / Double(UInt64(1) << 53)
    }

    /// FNV-1a over the bytes, then the finalizer of MurmurHash3, because FNV alone leaves names that differ only at their end
    /// close together. Swift's own `Hasher` differs from run to run.
    static func hash(of text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
        hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return hash ^ (hash >> 33)
    }
}
