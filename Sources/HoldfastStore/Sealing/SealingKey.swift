import Crypto
public import Foundation
public import HoldfastCore

/// The key that secrets are sealed with at rest (K1): 256 bits, from the configuration, the environment or a file; never
/// from the store itself, so that a copy of the store alone reveals nothing.
public struct SealingKey: Sendable {
    /// Names the key in every record sealed with it. Says nothing about the key.
    public let id: String
    let key: SymmetricKey

    /// - Parameter base64: 32 bytes in base64.
    public init(base64: Secret) throws(SealingError) {
        let bytes = base64.withRevealed { text in
            Data(base64Encoded: text.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        guard let bytes, bytes.count == Self.lengthBytes else { throw .unusableKey }
        self.init(bytes)
    }

    /// Reads the key from a file that holds it in base64.
    public init(file path: String) throws(SealingError) {
        guard let bytes = FileManager.default.contents(atPath: path), bytes.count < 1024 else {
            throw .unreadableKeyFile(path: path)
        }
        do {
            try self.init(base64: Secret(String(decoding: bytes, as: UTF8.self)))
        } catch {
            throw .unusableKeyFile(path: path)
        }
    }

    private init(_ bytes: Data) {
        key = SymmetricKey(data: bytes)
        id = SHA256.hash(data: bytes).prefix(4).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    /// A new key from the system's source of randomness, in base64.
    public static func generate() -> Secret {
        let key = SymmetricKey(size: .bits256)
        return Secret(key.withUnsafeBytes { Data($0).base64EncodedString() })
    }

    public static let lengthBytes = 32
}

/// The key in use and the ones before it, which still open what they sealed until it is sealed anew.
public struct KeyRing: Sendable {
    public let current: SealingKey
    private let byID: [String: SealingKey]

    public init(current: SealingKey, former: [SealingKey] = []) {
        self.current = current
        byID = Dictionary((former + [current]).map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
    }

    /// Seals a secret with AES-GCM. The account and the kind are authenticated with it, so that a record cannot be put
    /// in the place of another.
    public func seal(_ secret: Secret, account: String, kind: SecretKind) throws(SealingError) -> SealedSecret {
        let box = secret.withRevealed { text in
            try? AES.GCM.seal(
                Data(text.utf8), using: current.key, authenticating: Self.context(account, kind))
        }
        guard let combined = box?.combined else { throw .unusableKey }
        return SealedSecret(keyID: current.id, bytes: combined)
    }

    /// Opens a sealed secret with the key it names.
    public func open(_ sealed: SealedSecret, account: String, kind: SecretKind) throws(SealingError) -> Secret {
        guard let key = byID[sealed.keyID] else {
            throw .otherKey(needed: sealed.keyID, given: current.id)
        }
        guard let box = try? AES.GCM.SealedBox(combined: sealed.bytes),
            let bytes = try? AES.GCM.open(box, using: key.key, authenticating: Self.context(account, kind))
        else { throw .tampered(account: account, kind: kind) }
        return Secret(String(decoding: bytes, as: UTF8.self))
    }

    /// A fingerprint by which a change of a configured secret is seen without keeping the secret: an HMAC, since a bare
    /// hash of a short password could be guessed.
    public func fingerprint(of secret: Secret) -> String {
        let code = secret.withRevealed { text in
            HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: current.key)
        }
        return Data(code).base64EncodedString()
    }

    /// A short text by which it is seen that something has changed: of `ring`'s key if there is one. Without a key it says
    /// so little (16 bits) that a secret cannot be found from it.
    ///
    /// - Parameter bytes: how many bytes of a hash to give without a key, for what is no secret.
    public static func mark(of secret: Secret, ring: KeyRing?, bytes: Int = 2) -> String {
        if let ring { return ring.fingerprint(of: secret) }
        let hash = secret.withRevealed { SHA256.hash(data: Data($0.utf8)) }
        return Data(hash.prefix(bytes)).base64EncodedString()
    }

    private static func context(_ account: String, _ kind: SecretKind) -> Data {
        Data("holdfast/1/\(kind.rawValue)/\(account)".utf8)
    }
}

/// What a sealed secret is for.
public enum SecretKind: String, Sendable, Hashable, CaseIterable {
    /// What the dialect registers with.
    case token
    /// What the upgrade request carries.
    case cookies
    /// What a provider logs in with.
    case user
    case password
    /// The whole declaration of an account that was added at run time, if there is anything secret in it.
    case declaration

    /// The ones that are used by themselves.
    public static let credentials: [SecretKind] = [.token, .cookies, .user, .password]
}

/// A secret as it lies in the store.
public struct SealedSecret: Sendable, Hashable {
    public var keyID: String
    public var bytes: Data

    public init(keyID: String, bytes: Data) {
        self.keyID = keyID
        self.bytes = bytes
    }
}

/// Why a secret cannot be sealed or opened.
public enum SealingError: Error, Sendable, Hashable, CustomStringConvertible {
    case unusableKey
    case unreadableKeyFile(path: String)
    case unusableKeyFile(path: String)
    case otherKey(needed: String, given: String)
    /// There are sealed secrets, and no key.
    case missing(needed: String)
    /// Something secret is to be kept, and there is no key.
    case noKey
    case tampered(account: String, kind: SecretKind)

    public var description: String {
        switch self {
        case .unusableKey:
            "the store's key is not 32 bytes in base64; `holdfast key new` makes one"
        case .unreadableKeyFile(let path):
            "the key file \(path) cannot be read; check the path and its permissions"
        case .unusableKeyFile(let path):
            "the key file \(path) does not hold 32 bytes in base64; `holdfast key new` makes such a key"
        case .otherKey(let needed, let given):
            """
            the store was sealed with key \(needed) and this is key \(given); put that key \
            into store.key; to change it, `holdfast key rotate` while it is there
            """
        case .missing(let needed):
            "the store holds secrets sealed with key \(needed), and no key is given; set store.key"
        case .noKey:
            "secrets are stored sealed only, and no key is given; `holdfast key new` makes one for store.key"
        case .tampered(let account, let kind):
            "the stored \(kind.rawValue) of account \(account) is damaged or belongs to another account; set it again"
        }
    }
}
