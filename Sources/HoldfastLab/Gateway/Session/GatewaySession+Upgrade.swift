import HoldfastCore
import HoldfastWire
import NIOCore

/// A proper request for an upgrade.
struct UpgradeRequest {
    var key: String
    /// The last part of the URL's path; nil if there is none.
    var account: String?
    /// What the client offers, the preferred one first.
    var extensions: [WebSocketExtension]

    init(_ upgrade: ServerHandshake.Upgrade) {
        key = upgrade.key
        extensions = upgrade.extensions
        let path = upgrade.target.prefix { $0 != "?" && $0 != "#" }
        let last = path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        account = last.isEmpty || last.utf8.count > FaultTerms.maxNameBytes ? nil : last
    }
}

extension GatewaySession {
    /// The head of the request has arrived.
    func received(_ head: HTTPHead) {
        switch ServerHandshake.read(head) {
        case .refuse(let status, let why): refuse(status: status, why: why)
        case .upgrade(let upgrade):
            let request = UpgradeRequest(upgrade)
            self.request = request
            stage = .held
            connect = lane.core.ledger.connect(account: request.account, at: .now(), outcome: .unanswered)
            answerRequest()
        }
    }

    /// Answers the request as the faults want it. Also called when they change while it waits.
    func answerRequest() {
        guard let request else { return }
        let standing = lane.plan.first(for: request.account)
        switch standing?.fault.kind {
        case .refuse:
            outcome(.refused)
            faultTimer = after(standing?.fault.terms.delay ?? .zero) { $0.reset() }
        case .upgradeStatus:
            guard let fault = standing?.fault else { return }
            outcome(.status(fault.effectiveStatus))
            faultTimer = after(fault.terms.delay) { session in
                session.refuse(
                    status: fault.effectiveStatus, why: "the gateway was told to refuse",
                    retryAfterSeconds: fault.terms.retryAfterSeconds)
            }
        case .blackhole where standing?.fault.terms.delay == .zero:
            beSilent()
        default:
            accept(request)
        }
    }

    /// Answers an upgrade with an HTTP status and closes.
    func refuse(status: Int, why: String, retryAfterSeconds: Int? = nil) {
        var fields = [(name: "Content-Type", value: "text/plain; charset=utf-8")]
        if let retryAfterSeconds { fields.append((name: "Retry-After", value: String(retryAfterSeconds))) }
        var answer = ServerHandshake.refuse(status: status, fields: fields, body: why + "\n")
        lane.output.writeBuffer(&answer)
        end()
    }

    private func outcome(_ outcome: GatewayStatistics.Connect.Outcome) {
        if let connect { lane.core.ledger.answered(connect, outcome: outcome) }
    }

    /// Accepts the upgrade, after all other sessions of the account have been looked at: one whose client has closed it is
    /// no second socket, even if its loop has not heard of it yet.
    private func accept(_ request: UpgradeRequest) {
        self.request = nil
        guard let name = request.account else { return open(request, nil) }
        guard let account = lane.core.accounts.account(named: name) else {
            outcome(.status(503))
            return refuse(status: 503, why: "too many different accounts")
        }
        lookAtOthers(of: account, request, again: Self.looks)
    }

    /// The end of a socket may come to this machine's own stack a little later than the begin of the next one: they are worked
    /// off by different processors. So a session that still seems to live is looked at more than once.
    private func lookAtOthers(of account: Account, _ request: UpgradeRequest, again: Int) {
        let others = account.live
        guard !others.isEmpty, again > 0 else { return open(request, account) }
        let looks = others.compactMap { other in lane.core.with(other) { $0.leaveIfClientIsGone() } }
        EventLoopFuture.andAllComplete(looks, on: lane.loop).assumeIsolated().whenComplete { [weak self] _ in
            guard let self, self.stage == .held else { return }
            if account.live.isEmpty {
                self.open(request, account)
            } else {
                _ = self.after(Self.untilNextLook) { session in
                    guard session.stage == .held else { return }
                    session.lookAtOthers(of: account, request, again: again - 1)
                }
            }
            self.flush()
        }
    }

    private static let looks = 4
    private static let untilNextLook = Duration.milliseconds(25)

    private func open(_ request: UpgradeRequest, _ account: Account?) {
        outcome(.accepted)
        stage = .open
        isLive = true
        lane.core.ledger.opened()
        let accepted = lane.core.deflate?.accept(request.extensions)
        if let (agreement, _) = accepted {
            assembler.use(Inflation(agreement, role: .server))
            deflation = Deflation(
                agreement, role: .server, leastMessageBytes: lane.core.deflate?.leastMessageBytes ?? 0)
        }
        var answer = ServerHandshake.accept(key: request.key, extensions: accepted?.answer)
        lane.output.writeBuffer(&answer)
        if let account { belongs(to: account) }
        faultsChanged()
    }

    /// The account is known now, from the path or from the token.
    func belongs(to account: Account) {
        self.account = account
        guard let id else { return }
        lane.core.ledger.live(perAccount: account.opened(id))
    }

    /// Ends the session if its client has closed or lost its socket: then the client holds no socket any more, and only the
    /// event that says so is still on its way through this loop.
    func leaveIfClientIsGone() {
        guard isLive, let context, let socket = context.channel as? any SocketOptionProvider else { return }
        socket.getTCPInfo().assumeIsolated().whenSuccess { [weak self] info in
            if !TCPState.clientHasSocket.contains(info.tcpi_state) { self?.leaveCounts() }
        }
    }
}

/// The states of a TCP connection, as Linux numbers them (`tcp_states.h`).
private enum TCPState {
    /// Established, FIN-WAIT-1, FIN-WAIT-2: as far as we know the other side has not closed.
    static let clientHasSocket: Set<UInt8> = [1, 4, 5]
}
