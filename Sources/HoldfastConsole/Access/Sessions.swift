import Crypto
import HoldfastCore
import Synchronization

/// Who has signed in with a token and holds a cookie for it. In memory: a restart of the process signs everybody out.
///
/// What a browser holds is 256 random bits; what is kept here is their hash, so that neither the time a look-up takes nor a
/// copy of the memory's text gives a session away.
final class Sessions: Sendable {
    struct Entry: Sendable {
        var caller: Caller
        var expires: WallTime
    }

    static let cookie = "holdfast_session"
    static let lifetime = Duration.seconds(12 * 3_600)

    private let entries = Mutex<[SHA256Digest: Entry]>([:])
    private let limit: Int

    /// - Parameter limit: how many there may be; beyond it the one that would end first goes.
    init(limit: Int) {
        self.limit = limit
    }

    /// - Returns: the text for the cookie.
    func begin(for caller: Caller, at now: WallTime) -> (text: String, entry: Entry) {
        let text = SymmetricKey(size: .bits256).withUnsafeBytes { bytes in
            bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        }
        var caller = caller
        caller.expires = now + Self.lifetime
        let entry = Entry(caller: caller, expires: now + Self.lifetime)
        entries.withLock { entries in
            if entries.count >= limit {
                entries = entries.filter { $0.value.expires > now }
                if entries.count >= limit, let first = entries.min(by: { $0.value.expires < $1.value.expires }) {
                    entries.removeValue(forKey: first.key)
                }
            }
            entries[Self.digest(text)] = entry
        }
        return (text, entry)
    }

    /// Nil if there is no such session, or no longer.
    func caller(_ text: String, at now: WallTime) -> Caller? {
        entries.withLock { entries in
            let key = Self.digest(text)
            guard let entry = entries[key] else { return nil }
            guard entry.expires > now else {
                entries.removeValue(forKey: key)
                return nil
            }
            return entry.caller
        }
    }

    func end(_ text: String) {
        _ = entries.withLock { $0.removeValue(forKey: Self.digest(text)) }
    }

    var count: Int { entries.withLock { $0.count } }

    private static func digest(_ text: String) -> SHA256Digest { SHA256.hash(data: Array(text.utf8)) }
}
