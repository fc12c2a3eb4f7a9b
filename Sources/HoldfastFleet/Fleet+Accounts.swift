public import HoldfastCore
public import HoldfastStore

extension Fleet {
    /// Adds an account to the running fleet; it is kept in the store, secrets sealed.
    ///
    /// - Parameter declaration: a JSON object with the keys that an account has in a configuration.
    @discardableResult
    public func add(_ declaration: String, by hand: Hand = .program) async throws(CommandRefusal) -> AccountView {
        let answer = await changes.run { () async -> Result<AccountView, CommandRefusal> in
            do throws(CommandRefusal) { return .success(try await self.addNow(declaration)) } catch {
                return .failure(error)
            }
        }
        switch answer {
        case .success(let view):
            try await audit("add", account: view.id, by: hand)
            return view
        case .failure(let refusal):
            try? await audit("add", account: idOf(declaration), detail: "refused: \(refusal.code)", by: hand)
            throw refusal
        }
    }

    /// The id in a declaration, as far as one can be read in what was refused.
    private func idOf(_ declaration: String) -> String? { JSONTree(declaration.utf8)?["id"]?.plain }

    private func addNow(_ declaration: String) async throws(CommandRefusal) -> AccountView {
        let (engine, reader) = state.withLock { ($0.engine, $0.declarationReader) }
        guard let engine, runningLanes != nil else { throw .notRunning }
        guard let store = engine.control.store, let reader else { throw .noStore }
        var account: AccountConfiguration
        do throws(InvalidDeclaration) { account = try reader(declaration) } catch {
            throw .invalid(error.problems)
        }
        account.origin = .store
        guard roster.find(account.id) == nil else { throw .exists }
        guard endpoints.hasRoom(for: account.target.endpoint) else {
            throw .invalid([
                "url: the fleet has had \(EndpointTable.limit) endpoints since it was started, and remembers no more of them"
            ])
        }
        var known: Recollection?
        do {
            if let stored = try await store.keep(declaration, of: account) {
                account.dialect.keepDevice(stored.device, of: account.id)
                known = store.recollection(of: account, stored, [])
            }
        } catch SealingError.noKey {
            throw .noKey
        } catch {
            throw .storeDown("\(error)")
        }
        let isAdded = roster.add(account, known: known) { arrival, lane in
            engine.lanes[lane].deliver(added: [arrival], changed: [], removed: [])
        }
        guard isAdded, let view = await self.account(account.id) else { throw .exists }
        return view
    }

    /// Removes an account that was added to the running fleet, with its secrets. Its timeline stays until it is old.
    public func remove(_ id: String, by hand: Hand = .program) async throws(CommandRefusal) {
        let refusal = await changes.run { () async -> CommandRefusal? in
            do throws(CommandRefusal) { try await self.removeNow(id) } catch { return error }
            return nil
        }
        if let refusal {
            try? await audit("remove", account: id, detail: "refused: \(refusal.code)", by: hand)
            throw refusal
        }
        try await audit("remove", account: id, by: hand)
    }

    private func removeNow(_ id: String) async throws(CommandRefusal) {
        guard let engine = state.withLock({ $0.engine }), runningLanes != nil else { throw .notRunning }
        guard let entry = roster.find(id) else { throw .notFound }
        guard entry.account.configuration.origin == .store, let store = engine.control.store else { throw .declared }
        try await engine.desk.whileChanging(entry.key) { () async throws(CommandRefusal) in
            do {
                try await store.register.remove(id, at: ProcessClock.wall)
            } catch {
                throw .storeDown("\(error)")
            }
            roster.remove(id) { slot, lane in engine.lanes[lane].deliver(added: [], changed: [], removed: [slot]) }
            await engine.lanes[Int(entry.key.lane)].onLoop { _ in }
            await engine.messages.forget(id)
        }
    }

    /// Gives an account other secrets than the declared ones; the running session uses them from now on (K4). They hold until
    /// the declared ones are changed. Returns when they are durable.
    @discardableResult
    public func setCredential(
        _ secrets: [SecretKind: Secret], of id: String, by hand: Hand = .program
    ) async throws(CommandRefusal) -> AccountView {
        let kinds = secrets.keys.map(\.rawValue).sorted().joined(separator: ", ")
        let view: AccountView
        do throws(CommandRefusal) {
            view = try await setCredentialNow(secrets.filter { SecretKind.credentials.contains($0.key) }, of: id)
        } catch {
            try? await audit("set-credential", account: id, detail: "\(kinds); refused: \(error.code)", by: hand)
            throw error
        }
        try await audit("set-credential", account: id, detail: kinds, by: hand)
        return view
    }

    private func setCredentialNow(
        _ secrets: [SecretKind: Secret], of id: String
    ) async throws(CommandRefusal) -> AccountView {
        guard let engine = state.withLock({ $0.engine }), runningLanes != nil else { throw .notRunning }
        guard let entry = roster.find(id) else { throw .notFound }
        return try await engine.desk.whileChanging(entry.key) { () async throws(CommandRefusal) in
            try await put(secrets, entry, engine)
        }
    }

    private func put(
        _ secrets: [SecretKind: Secret], _ entry: Directory.Entry, _ engine: Engine
    ) async throws(CommandRefusal) -> AccountView {
        if let store = engine.control.store {
            do {
                try await store.keep(secrets, of: entry.account.configuration, obtainedAt: ProcessClock.wall)
            } catch SealingError.noKey {
                throw .noKey
            } catch {
                throw .storeDown("\(error)")
            }
        }
        let view = await engine.lanes[Int(entry.key.lane)].onLoop { lane -> AccountView? in
            guard let index = lane.find(entry.key.slot, id: entry.account.id) else { return nil }
            lane.take(secrets, index)
            return lane.view(index)
        }
        guard let view = view ?? nil else { throw .notFound }
        return view
    }

    /// The declarations of accounts that were added to the running fleet, without anything that could be a secret, in the
    /// order of their ids.
    ///
    /// - Returns: JSON objects.
    public func declarations(after cursor: String? = nil, limit: Int) async throws -> [(id: String, text: String)] {
        guard let store = state.withLock({ $0.store }) else { return [] }
        return try await store.register.declarations(after: cursor, limit: limit)
    }
}
