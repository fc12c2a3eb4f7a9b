import HoldfastCore
import HoldfastWire
import NIOCore

extension GatewaySession {
    /// A whole message from the client.
    func received(_ message: ByteBuffer, isText: Bool) {
        guard isText, let frame = ClientFrame(message.readableBytesSpan) else {
            // Clients of other dialects say what they like; only their pings want an answer.
            return lane.counters.badFrames.increment()
        }
        switch frame.kind {
        case .heartbeat: heartbeat(frame, message)
        case .acknowledgement(let code): acknowledgement(frame, message, code: code)
        case .registration: registration(frame, message)
        case .send: sent(frame, message)
        case .request: answer(200, to: frame, in: message)
        }
    }

    private func heartbeat(_ frame: ClientFrame, _ message: ByteBuffer) {
        lane.counters.heartbeats.increment()
        if let tokenExpires, tokenExpires <= .now() {
            return startClosing(code: 1008, reason: "the token has expired")
        }
        if standing?.fault.kind == .mute, isFaultActive { return }
        answer(200, to: frame, in: message)
    }

    /// `{"code":…,"headers":{"mid":<as it came>}}`
    private func answer(_ code: Int, to frame: ClientFrame, in message: ByteBuffer, body: String? = nil) {
        guard
            let mid = message.getSlice(
                at: message.readerIndex + frame.mid.range.lowerBound, length: frame.mid.range.count)
        else {
            return
        }
        answer(code, mid: mid, body: body)
    }

    private func answer(_ code: Int, mid: ByteBuffer, body: String? = nil) {
        lane.payload.clear()
        lane.payload.writeStaticString(#"{"code":"#)
        lane.payload.writeJSON(Int64(code))
        lane.payload.writeStaticString(#","headers":{"mid":"#)
        lane.payload.writeImmutableBuffer(mid)
        lane.payload.writeStaticString("}")
        if let body {
            lane.payload.writeStaticString(#","body":"#)
            lane.payload.writeString(body)
        }
        lane.payload.writeStaticString("}")
        send(lane.payload, opcode: .text)
    }
}

// MARK: - Registration

extension GatewaySession {
    private func registration(_ frame: ClientFrame, _ message: ByteBuffer) {
        let token = frame.token?.string(in: message.readableBytesSpan) ?? ""
        if account == nil { name(by: token) }
        guard stage == .open, !isSilent else { return }
        let fault = standing?.fault
        if fault?.kind == .ignoreRegister { return }
        guard let refusal = refusal(of: token) else {
            isRegistered = true
            tokenExpires = LoginToken(token)?.expires
            lane.counters.registrations.increment()
            answer(200, to: frame, in: message)
            if let account, let id {
                account.uses(token, at: .now())
                account.registered(id, at: .now())
                pump()
            }
            return
        }
        lane.counters.registrationsRefused.increment()
        let range = frame.mid.range
        guard let mid = message.getSlice(at: message.readerIndex + range.lowerBound, length: range.count) else {
            return
        }
        let reason = #"{"reason":"registration refused"}"#
        guard let fault, fault.kind == .rejectRegister else { return answer(refusal, mid: mid, body: reason) }
        faultTimer = after(fault.terms.delay) { $0.answer(refusal, mid: mid, body: reason) }
    }

    /// A session without an account in its path is known by its token; one of our own login server names its user.
    private func name(by token: String) {
        let name = LoginToken(token)?.user ?? token
        guard !name.isEmpty, name.utf8.count <= FaultTerms.maxNameBytes,
            let account = lane.core.accounts.account(named: name)
        else { return }
        if let connect { lane.core.ledger.named(connect, account: name) }
        belongs(to: account)
        faultsChanged()
    }

    /// The code that a registration with this token is refused with; nil if it is accepted.
    private func refusal(of token: String) -> Int? {
        if let standing, standing.fault.kind == .rejectRegister { return standing.fault.effectiveCode }
        guard !token.isEmpty else { return 401 }
        if let expires = LoginToken(token)?.expires, expires <= .now() { return 401 }
        if let standing, standing.fault.kind == .expireToken,
            account?.isVoid(token, since: standing, now: .now()) ?? true
        {
            return 401
        }
        return nil
    }
}

// MARK: - Messages

extension GatewaySession {
    private func sent(_ frame: ClientFrame, _ message: ByteBuffer) {
        let body = frame.body.flatMap {
            message.getSlice(at: message.readerIndex + $0.range.lowerBound, length: $0.range.count)
        }
        guard let sent = body.flatMap(SentMessage.init(body:)) else {
            return answer(400, to: frame, in: message, body: #"{"reason":"not a message"}"#)
        }
        if let ownID = sent.ownID { account?.ownID = ownID }
        let number = lane.core.ledger.send(uuid: sent.uuid, chat: sent.chat, text: sent.text)
        answer(200, to: frame, in: message, body: #"{"messageId":"sent-\#(number + 1).PNM"}"#)
    }

    private func acknowledgement(_ frame: ClientFrame, _ message: ByteBuffer, code: Int64?) {
        // A mid of ours needs no escapes, so the quotes are all that has to go.
        let text = message.readableBytesSpan.extracting(frame.mid.range.dropFirst().dropLast())
        guard code == 200, let account, let mid = PushMid(text) else { return lane.counters.unknownAcks.increment() }
        switch account.acknowledged(mid) {
        case .unknown: lane.counters.unknownAcks.increment()
        case .taken: lane.counters.acked.increment()
        case .takenAndMadeRoom:
            lane.counters.acked.increment()
            // At the end of the read, for all acknowledgements in it together.
            wantsPump = true
        }
    }
}
