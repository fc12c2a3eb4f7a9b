@testable import HoldfastCore

/// A gate with three accounts at one endpoint and one at another, and its judge: who waits, who goes, in which order, is
/// counted here a second time, and every promise of the gate is looked at after every step.
struct CheckedGate {
    enum Step: Hashable, CustomStringConvertible {
        case request(Int)
        case giveBack(Int, AttemptOutcome)
        case giveBackStale(Int)
        case forget(Int)
        case grants
        /// Time passes to the gate's own deadline.
        case deadline
        case aMoment
        case unobserved
        case resetBreaker(Int)

        static let all: [Step] = {
            var steps: [Step] = [.grants, .deadline, .aMoment, .unobserved, .resetBreaker(0)]
            for account in 0..<CheckedGate.endpointOf.count {
                steps += [.request(account), .forget(account), .giveBackStale(account)]
                steps += [AttemptOutcome.succeeded, .endpointFailed, .abandoned].map { .giveBack(account, $0) }
            }
            return steps
        }()

        var description: String {
            switch self {
            case .request(let account): "\(account) asks"
            case .giveBack(let account, let outcome): "\(account) gives back: \(outcome)"
            case .giveBackStale(let account): "\(account) gives back an older ticket"
            case .forget(let account): "\(account) is forgotten"
            case .grants: "grants"
            case .deadline: "deadline"
            case .aMoment: "a moment"
            case .unobserved: "we stood still"
            case .resetBreaker(let endpoint): "breaker \(endpoint) reset"
            }
        }
    }

    enum Place: Hashable { case unknown, idle, waiting, granted }

    static let endpointOf = [0, 0, 0, 1]
    static let settings: GateSettings = {
        var settings = GateSettings()
        settings.admission.connectsPerSecond = 1
        settings.admission.burst = 2
        settings.admission.concurrent = 2
        settings.admission.fleet.connectsPerSecond = 4
        settings.admission.fleet.concurrent = 3
        settings.breaker.minAttempts = 2
        settings.breaker.closeAfter = 2
        settings.breaker.window = .seconds(6)
        settings.breaker.probeEvery = .seconds(2)
        settings.grantLife = .seconds(8)
        return settings
    }()

    private(set) var keeper: GateKeeper
    private(set) var complaints: [String] = []
    private var now = Instant(nanoseconds: 1_000_000_000_000)
    private var places = endpointOf.map { _ in Place.unknown }
    private var generations = endpointOf.map { _ in UInt32(0) }
    /// Who waits, in the order in which they asked.
    private var queue: [Int] = []
    private let endpoints: [EndpointID]

    init() {
        var keeper = GateKeeper(Self.settings)
        endpoints = ["ws://a:80", "ws://b:80"].map { keeper.endpoint(named: $0) }
        self.keeper = keeper
    }

    private func ticket(_ account: Int, _ generation: UInt32) -> Ticket {
        Ticket(AccountKey(lane: 0, slot: UInt32(account)), generation: generation)
    }

    /// False if the step makes no sense here.
    mutating func take(_ step: Step) -> Bool {
        switch step {
        case .request(let account):
            guard places[account] == .unknown || places[account] == .idle else { return false }
            generations[account] += 1
            keeper.request(ticket(account, generations[account]), endpoints[Self.endpointOf[account]], at: now)
            places[account] = .waiting
            queue.append(account)
        case .giveBack(let account, let outcome):
            guard places[account] == .granted || places[account] == .waiting else { return false }
            keeper.giveBack(ticket(account, generations[account]), outcome, at: now)
            leave(account, as: .idle)
        case .giveBackStale(let account):
            guard generations[account] > 0 else { return false }
            keeper.giveBack(ticket(account, generations[account] - 1), .endpointFailed, at: now)
        case .forget(let account):
            guard places[account] != .unknown else { return false }
            keeper.forget(ticket(account, 0).account, at: now)
            leave(account, as: .unknown)
        case .grants:
            grant()
        case .deadline:
            guard let deadline = keeper.nextDeadline, deadline > now else { return false }
            now = deadline
            grant()
        case .aMoment:
            now = now + .milliseconds(400)
        case .unobserved:
            now = now + .seconds(30)
            keeper.unobserved(for: .seconds(30))
        case .resetBreaker(let endpoint):
            keeper.resetBreaker(of: endpoints[endpoint])
        }
        judge()
        return true
    }

    private mutating func leave(_ account: Int, as place: Place) {
        queue.removeAll { $0 == account }
        places[account] = place
    }

    private mutating func grant() {
        let before = endpoints.map { keeper.status(of: $0)?.breaker ?? .closed }
        let out = places.count { $0 == .granted }
        let granted = keeper.grants(at: now)
        // What had been out for longer than a grant lives is taken back first.
        let stillOut = keeper.handshaking - granted.count
        if stillOut < out { forgetExpired() }
        for ticket in granted {
            let account = Int(ticket.account.slot)
            let endpoint = Self.endpointOf[account]
            if places[account] != .waiting { complaints.append("\(account) did not wait, and is granted") }
            if ticket.generation != generations[account] { complaints.append("\(account) is granted an older attempt") }
            if queue.first(where: { Self.endpointOf[$0] == endpoint }) != account {
                complaints.append("\(account) overtakes another")
            }
            leave(account, as: .granted)
            if before[endpoint] != .closed,
                granted.count(where: { Self.endpointOf[Int($0.account.slot)] == endpoint }) > 1
            {
                complaints.append("two probes at a time at \(endpoint)")
            }
        }
    }

    /// The gate's own list says which grants it took back; the judge only believes that there were so many.
    private mutating func forgetExpired() {
        for account in places.indices where places[account] == .granted {
            if let index = keeper.book.find(ticket(account, 0).account), keeper.book[index].place == .idle {
                places[account] = .idle
            }
        }
    }

    private mutating func judge() {
        let waiting = places.count { $0 == .waiting }
        let granted = places.count { $0 == .granted }
        if keeper.waiting != waiting { complaints.append("\(keeper.waiting) wait, and should be \(waiting)") }
        if keeper.handshaking != granted {
            complaints.append("\(keeper.handshaking) are out, and should be \(granted)")
        }
        if granted > Self.settings.admission.fleet.concurrent { complaints.append("too many handshakes in the fleet") }
        for (number, endpoint) in endpoints.enumerated() {
            guard let status = keeper.status(of: endpoint) else { continue }
            let all = places.indices.count { Self.endpointOf[$0] == number && places[$0] != .unknown }
            if status.handshaking > Self.settings.admission.concurrent { complaints.append("too many at \(number)") }
            if status.accounts != all { complaints.append("\(status.accounts) accounts at \(number), not \(all)") }
            if status.failing > all { complaints.append("more fail at \(number) than there are") }
        }
        if waiting > 0, granted == 0, keeper.nextDeadline == nil { complaints.append("somebody waits for nothing") }
    }

    /// From here on all goes well: everybody who waits must come to their turn. Nil if they do.
    func starving() -> String? {
        var well = self
        for _ in 0..<200 {
            for account in well.places.indices where well.places[account] == .granted {
                _ = well.take(.giveBack(account, .succeeded))
            }
            guard well.places.contains(.waiting) else { return nil }
            if !well.take(.deadline) { _ = well.take(.grants) }
        }
        return "\(well.queue) wait for ever"
    }

    /// What tells one state from another: places, the order of waiting, breakers, and how far off the next deadline is.
    var key: Key {
        let distance = keeper.nextDeadline.map { deadline in
            [.zero, .milliseconds(500), .seconds(1), .seconds(2), .seconds(6)].count { deadline.since(now) > $0 }
        }
        let statuses = keeper.statuses
        return Key(
            places: places, queue: queue, breakers: statuses.map(\.breaker), failing: statuses.map(\.failing),
            distance: distance, ringing: keeper.ring.count, isCrowded: keeper.isCrowded)
    }

    struct Key: Hashable {
        var places: [Place]
        var queue: [Int]
        var breakers: [EndpointBreaker.State]
        var failing: [Int]
        var distance: Int?
        var ringing: Int
        var isCrowded: Bool
    }
}
