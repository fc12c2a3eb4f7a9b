import HoldfastCore
import NIOCore

/// Which address is tried next, and when (RFC 8305, "happy eyeballs"), as a value: told what happened and when, it says what to
/// do. IPv6 first, then the families in turn; a new try 250 ms after the last one, or at once when one fails; those under way
/// go on, and the first that connects wins.
struct AddressRace {
    /// How long the answer for IPv6 is waited for when that for IPv4 is there (RFC 8305 §3).
    static let resolutionDelay: Duration = .milliseconds(50)
    /// How long a try has before the next one begins beside it (RFC 8305 §5).
    static let attemptDelay: Duration = .milliseconds(250)
    /// The most addresses that one attempt tries, and so the most sockets it has at once.
    static let addressLimit = 8

    enum Step: Hashable {
        case connect(SocketAddress)
        /// Nothing to do before that time, or before something happens.
        case wait(until: Instant?)
        /// No try is under way, and no address is left.
        case exhausted
    }

    private struct Side {
        var addresses: ArraySlice<SocketAddress> = []
        var answeredAt: Instant?
    }

    private var v6 = Side()
    private var v4 = Side()
    private var isV4Next = false
    private var hasBegun = false
    private var mayStartAt = Instant(nanoseconds: .min)
    private var open = 0
    private var tried = 0

    /// The addresses of a family are known: possibly none. Only its first answer counts.
    mutating func learned(_ addresses: [SocketAddress], of family: AddressFamily, at now: Instant) {
        let side = Side(addresses: addresses.prefix(Self.addressLimit)[...], answeredAt: now)
        switch family {
        case .v6: if v6.answeredAt == nil { v6 = side }
        case .v4: if v4.answeredAt == nil { v4 = side }
        }
    }

    /// Nothing is known of this family yet.
    func awaits(_ family: AddressFamily) -> Bool {
        switch family {
        case .v6: v6.answeredAt == nil
        case .v4: v4.answeredAt == nil
        }
    }

    /// A try has failed: the next one need not wait.
    mutating func failed(at now: Instant) {
        open -= 1
        mayStartAt = now
    }

    /// What to do now. After `connect` ask again.
    mutating func next(at now: Instant) -> Step {
        if !hasBegun {
            if v6.answeredAt == nil {
                guard let since = v4.answeredAt, !v4.addresses.isEmpty else { return idle }
                let begin = since + Self.resolutionDelay
                guard now >= begin else { return .wait(until: begin) }
            }
            hasBegun = true
        }
        guard tried < Self.addressLimit, !(v6.addresses.isEmpty && v4.addresses.isEmpty) else { return idle }
        guard now >= mayStartAt else { return .wait(until: mayStartAt) }
        guard let address = pop() else { return idle }
        tried += 1
        open += 1
        mayStartAt = now + Self.attemptDelay
        return .connect(address)
    }

    private var idle: Step {
        let mayLearnMore = tried < Self.addressLimit && (v6.answeredAt == nil || v4.answeredAt == nil)
        return open == 0 && !mayLearnMore ? .exhausted : .wait(until: nil)
    }

    private mutating func pop() -> SocketAddress? {
        let takesV4 = v6.addresses.isEmpty || isV4Next && !v4.addresses.isEmpty
        isV4Next = !takesV4
        return takesV4 ? v4.addresses.popFirst() : v6.addresses.popFirst()
    }
}
