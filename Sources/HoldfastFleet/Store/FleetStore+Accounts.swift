import FoundationEssentials
import HoldfastCore
import HoldfastStore
import HoldfastWire

/// What is known of an account beside its declaration, when it comes to its lane.
struct Recollection: Sendable {
    var isEnabled: Bool
    var memory = SessionMemory()
    var credentials: Credentials
}

/// Who owns a setting (K5): the configuration declares; what a person did at run time, and what a provider got, holds until
/// the declared value itself changes. Of a declared secret only a fingerprint is kept to see that.
extension FleetStore {
    /// Accounts as they are to run, with what is known of each.
    struct Plan: Sendable {
        var accounts: [AccountConfiguration]
        var known: [String: Recollection] = [:]
    }

    /// Puts together what is declared and what is stored. Accounts that were not known before are made known.
    ///
    /// - Throws: `FleetError.declaredTwice` if an account that was added at run time is in the configuration as well.
    func plan(_ configuration: FleetConfiguration) async throws -> Plan {
        try? await flush()
        let stored = Dictionary(try await register.accounts().map { ($0.id, $0) }) { first, _ in first }
        let secrets = Dictionary(grouping: try await register.secrets(), by: \.account)
        let ids = Set(configuration.accounts.map(\.id))
        let added = stored.values.filter { $0.declaration != nil }.sorted { $0.id < $1.id }
        let twice = added.map(\.id).filter(ids.contains)
        guard twice.isEmpty else { throw FleetError.declaredTwice(twice) }
        var plan = Plan(accounts: configuration.accounts)
        for account in added {
            if let own = declared(account, secrets[account.id] ?? [], configuration) { plan.accounts.append(own) }
        }
        let unknown = plan.accounts.filter { stored[$0.id]?.isRemoved != false }
        if !unknown.isEmpty {
            try await register.add(unknown.map { StoredAccount(id: $0.id, device: $0.dialect.device ?? "") })
        }
        for index in plan.accounts.indices {
            let id = plan.accounts[index].id
            if let device = stored[id]?.device { plan.accounts[index].dialect.keepDevice(device, of: id) }
            plan.known[id] = recollection(of: plan.accounts[index], stored[id], secrets[id] ?? [])
        }
        return plan
    }

    /// The declaration of an account that was added at run time. One that cannot be read any more, for instance because its
    /// provider is gone from the configuration, is told and left out until it can.
    private func declared(
        _ account: StoredAccount, _ secrets: [StoredSecret], _ configuration: FleetConfiguration
    ) -> AccountConfiguration? {
        guard let reader = configuration.declarationReader, var text = account.declaration else { return nil }
        do {
            if let sealed = secrets.first(where: { $0.kind == .declaration }), let ring {
                text = try ring.open(sealed.sealed, account: account.id, kind: .declaration).withRevealed(\.self)
            }
            var own = try reader(text)
            own.origin = .store
            return own
        } catch {
            logger.error(
                "an account of the store cannot run under this configuration",
                metadata: ["account": "\(account.id)", "problem": "\(error)"])
            return nil
        }
    }

    func recollection(
        of account: AccountConfiguration, _ stored: StoredAccount?, _ secrets: [StoredSecret]
    ) -> Recollection {
        var known = Recollection(isEnabled: account.isEnabled, credentials: Credentials(declaredBy: account))
        for secret in secrets { take(secret, of: account, into: &known.credentials) }
        guard let stored else { return known }
        if let override = stored.enabled, override.declared == account.isEnabled { known.isEnabled = override.value }
        known.memory = stored.memory
        // The clock may have been set back since.
        let now = ProcessClock.wall
        known.memory.renewal.startedAt = stored.memory.renewal.startedAt.map { min($0, now) }
        known.memory.restarts = stored.memory.restarts.map { min($0, now) }
        if let quarantine = known.memory.quarantine, quarantine != .person,
            stored.quarantineDeclared != mark(of: account)
        {
            known.memory.quarantine = nil
            known.memory.rung = .none
        }
        if known.memory.renewal.needsPerson, stored.quarantineDeclared != mark(of: account) {
            known.memory.renewal.needsPerson = false
        }
        return known
    }

    /// A stored secret is in force while the declared one is what it was.
    private func take(_ secret: StoredSecret, of account: AccountConfiguration, into credentials: inout Credentials) {
        guard let ring, secret.kind != .declaration,
            secret.declared == fingerprint(Credentials(declaredBy: account)[secret.kind])
        else { return }
        do {
            credentials[secret.kind] = try ring.open(secret.sealed, account: account.id, kind: secret.kind)
        } catch {
            logger.error("a stored secret cannot be used", metadata: ["account": "\(account.id)", "error": "\(error)"])
            return
        }
        guard secret.kind == .token || secret.kind == .cookies else { return }
        credentials.obtainedAt = secret.obtainedAt
        credentials.lifetime = secret.lifetime
    }

    private func fingerprint(_ secret: Secret?) -> String? {
        secret.flatMap { secret in ring?.fingerprint(of: secret) }
    }

    /// Stands for everything declared that a quarantine can be about: a change of it is a reason to try again.
    func mark(of account: AccountConfiguration) -> String { mark(of: account, ring: ring) }

    func mark(of account: AccountConfiguration, ring: KeyRing?) -> String {
        let declared = Credentials(declaredBy: account)
        let target = account.target
        let parts =
            [target.endpoint, target.requestTarget] + target.headers.map { "\($0.name)=\($0.value)" }
            + SecretKind.credentials.map { kind in declared[kind]?.withRevealed(\.self) ?? "" }
        return KeyRing.mark(of: Secret(parts.joined(separator: "\n")), ring: ring)
    }

    // MARK: What changes at run time

    /// Keeps the declaration of an account that is added at run time: sealed as a whole if anything in it could be a secret,
    /// and beside that in the clear what could not.
    ///
    /// - Returns: the account as it is known from before: with its device, and when it logged in last.
    func keep(_ declaration: String, of account: AccountConfiguration) async throws -> StoredAccount? {
        let (open, isWhole) = Declaration.withoutSecrets(declaration)
        if !isWhole {
            guard let ring else { throw SealingError.noKey }
            let sealed = try ring.seal(Secret(declaration), account: account.id, kind: .declaration)
            try await register.set([
                StoredSecret(
                    account: account.id, kind: .declaration, sealed: sealed, declared: nil,
                    obtainedAt: ProcessClock.wall, lifetime: nil)
            ])
        }
        try await register.add([
            StoredAccount(id: account.id, declaration: open, device: account.dialect.device ?? "")
        ])
        return try await register.account(account.id)
    }

    func noteEnabled(_ isEnabled: Bool, of account: Account) {
        let declared = account.configuration.isEnabled
        register.noteEnabled(StoredAccount.Override(value: isEnabled, declared: declared), of: account.id)
    }

    func note(_ memory: SessionMemory, of account: Account) {
        let isBlocked = memory.quarantine != nil || memory.renewal.needsPerson
        let declared = isBlocked ? mark(of: account.configuration) : nil
        register.noteMemory(memory, of: account.id, declared: declared)
    }

    /// Seals and keeps secrets of an account. Returns when they are durable.
    ///
    /// - Parameter isWanted: asked in the moment of writing; if it says no, nothing is kept.
    /// - Throws: `SealingError.noKey` if there is no key to seal them with.
    func keep(
        _ secrets: [SecretKind: Secret], of account: AccountConfiguration, obtainedAt: WallTime,
        lifetime: Duration? = nil, if isWanted: @escaping @Sendable () -> Bool = { true }
    ) async throws {
        guard !secrets.isEmpty else { return }
        guard let ring else { throw SealingError.noKey }
        let declared = Credentials(declaredBy: account)
        try await register.set(
            try secrets.sorted { $0.key.rawValue < $1.key.rawValue }.map { kind, secret in
                StoredSecret(
                    account: account.id, kind: kind,
                    sealed: try ring.seal(secret, account: account.id, kind: kind),
                    declared: fingerprint(declared[kind]), obtainedAt: obtainedAt, lifetime: lifetime)
            }, if: isWanted)
    }
}
