/// What the gate keeps for one endpoint.
struct EndpointGate: Sendable {
    let name: String
    var bucket: TokenBucket
    var breaker = EndpointBreaker()
    var queue = TicketBook.List()
    var handshaking = 0
    var accounts = EndpointBreaker.Accounts(all: 0, failing: 0)
    /// It stands in the ring of those whose turn comes.
    var isInRing = false
    /// When its turn is looked at again, where an alarm is set for that.
    var turnAt: Instant?
    var hasSettleAlarm = false

    init(name: String, settings: AdmissionSettings) {
        self.name = name
        bucket = TokenBucket(perSecond: settings.connectsPerSecond, burst: settings.burst)
    }
}

extension Array<EndpointGate> {
    subscript(_ id: EndpointID) -> EndpointGate {
        get { self[Int(id.index)] }
        _modify { yield &self[Int(id.index)] }
    }
}
