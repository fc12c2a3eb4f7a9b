public import HoldfastCore
import HoldfastStore
public import Logging

extension Fleet {
    /// Seals every secret of a store anew with another key. No fleet may have the store open; the configuration has to name the
    /// other key before the next one starts.
    ///
    /// - Parameters:
    ///   - configuration: with the key that has been used so far.
    ///   - key: 32 bytes in base64.
    /// - Returns: how many secrets were sealed anew.
    /// - Throws: `StoreLockError`, `StoreError` or `SealingError`. Then everything is as it was.
    public static func rotateKey(
        of configuration: FleetConfiguration, to key: Secret, logger: Logger
    ) async throws -> Int {
        guard let folder = configuration.storePath else { return 0 }
        let new = KeyRing(current: try SealingKey(base64: key))
        let store = try await FleetStore(folder: folder, key: configuration.storeKey, logger: logger)
        do {
            let count = try await store.rotate(to: new, configuration)
            await store.close()
            return count
        } catch {
            await store.close()
            throw error
        }
    }
}

extension FleetStore {
    /// Everything that depends on the key changes in one transaction. By the fingerprints of what is declared, which depend on
    /// the key, one sees whether a stored secret is still in force (K5): those that were right stay right, and the others stay
    /// wrong.
    func rotate(to new: KeyRing, _ configuration: FleetConfiguration) async throws -> Int {
        let accounts = try await plan(configuration).accounts
        let declared = Dictionary(accounts.map { ($0.id, $0) }) { first, _ in first }
        var renewed: [StoredSecret] = []
        for var secret in try await register.secrets() {
            guard let ring else { throw SealingError.missing(needed: secret.sealed.keyID) }
            let plain = try ring.open(secret.sealed, account: secret.account, kind: secret.kind)
            secret.sealed = try new.seal(plain, account: secret.account, kind: secret.kind)
            let value = declared[secret.account].flatMap { Credentials(declaredBy: $0)[secret.kind] }
            if let value, secret.declared == ring.fingerprint(of: value) {
                secret.declared = new.fingerprint(of: value)
            }
            renewed.append(secret)
        }
        var marks: [String: String] = [:]
        for stored in try await register.accounts() where stored.quarantineDeclared != nil {
            guard let account = declared[stored.id], stored.quarantineDeclared == mark(of: account) else { continue }
            marks[stored.id] = mark(of: account, ring: new)
        }
        try await register.set(renewed, marks: marks)
        return renewed.count
    }
}
