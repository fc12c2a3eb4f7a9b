import HoldfastCore
import HoldfastStore

/// Other credentials, as far as the lane has to do with them: who may log in, and what is used from then on.
extension Lane {
    /// A session asks for another credential. Asking again while it waits or logs in changes nothing.
    func orderRenewal(_ index: Int) {
        guard !isDraining, let account = slots[index].account else { return }
        tellGate(.renew(key(index), endpoint: account.endpoint))
    }

    /// What the desk needs for a login; nil if the account needs none now.
    func loginOrder(_ key: AccountKey) -> LoginOrder? {
        let now = observe()
        let index = Int(key.slot)
        guard index < slots.count, let account = slots[index].account, !slots[index].isLeaving, !isDraining,
            slots[index].session.isEnabled, let credentials = slots[index].credentials
        else { return nil }
        var record = slots[index].session.memory.renewal
        guard record.mayStart(at: now.wall, slots[index].session.settings.recovery) else {
            // Too early, for instance because a token lives shorter than the cooldown lasts.
            carryOut(slots[index].session.renewalEnded(.tryLater, at: now), on: index, at: now)
            settle(index)
            return nil
        }
        record.start(at: now.wall)
        return LoginOrder(
            key: key, account: account, credentials: credentials, held: slots[index].held, record: record)
    }

    /// The login is written down. Returns whether the account is still there.
    func loginStarted(_ order: LoginOrder) -> Bool {
        let now = observe()
        guard let index = find(order.key.slot, id: order.account.id) else { return false }
        slots[index].session.renewalStarted(at: now)
        changedMemories.insert(UInt32(index))
        return true
    }

    func loginEnded(_ order: LoginOrder, _ reply: LoginReply) {
        let now = observe()
        guard let index = find(order.key.slot, id: order.account.id) else {
            counters.renewals[reply.outcome] &+= 1
            return
        }
        let reply = isInForce(order, index) ? reply : .superseded
        counters.renewals[reply.outcome] &+= 1
        if reply.outcome == .renewed {
            var values = slots[index].credentials ?? order.credentials
            if let token = reply.token { values.token = token }
            if let cookies = reply.cookies { values.cookies = cookies }
            values.obtainedAt = now.wall
            values.lifetime = reply.lifetime
            slots[index].held = HeldCredentials(values)
        }
        slots[index].lastLogin = LastLogin(at: now.wall, outcome: reply.outcome, reason: reply.reason)
        noteLogin(reply, index, at: now)
        carryOut(slots[index].session.renewalEnded(reply.renewal, at: now), on: index, at: now)
        settle(index)
        updateRow(index, at: now)
    }

    /// Whether the credentials of a login are still those of the account.
    private func isInForce(_ order: LoginOrder, _ index: Int) -> Bool {
        guard slots[index].held === order.held, let account = slots[index].account else { return false }
        return Credentials(declaredBy: account.configuration) == Credentials(declaredBy: order.account.configuration)
    }

    /// A person has given the account other secrets: the running session uses them (K4).
    func take(_ secrets: [SecretKind: Secret], _ index: Int) {
        let now = observe()
        guard var values = slots[index].credentials else { return }
        for (kind, secret) in secrets { values[kind] = secret }
        if secrets[.token] != nil || secrets[.cookies] != nil {
            values.obtainedAt = now.wall
            values.lifetime = nil
            slots[index].session.tokenObtained(at: now.wall, lifetime: nil, now: now)
        }
        slots[index].held = HeldCredentials(values)
        carryOut(slots[index].session.credentialChanged(at: now), on: index, at: now)
        settle(index)
        updateRow(index, at: now)
    }
}

/// How the last login of an account went.
final class LastLogin: Sendable {
    let at: WallTime
    let outcome: ProviderOutcome
    let reason: String

    init(at: WallTime, outcome: ProviderOutcome, reason: String) {
        self.at = at
        self.outcome = outcome
        self.reason = reason
    }
}
