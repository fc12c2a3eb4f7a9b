import HoldfastCore
import HoldfastWire
import NIOCore

extension GatewaySession {
    /// Pushes sent in one go before other sessions of the loop get their turn.
    private static let pushesPerTurn = 256

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // A client that does not take its answers is not asked for more.
        if !isSilent { setReading(context.channel.isWritable) }
        if context.channel.isWritable { pump() }
        context.fireChannelWritabilityChanged()
    }

    /// Sends the pushes that are due, and sees to it that it is called again for the next one.
    func pump() {
        guard isRegistered, let account, let id else { return }
        let now = NIODeadline.now()
        var sent = 0
        while mayPush, sent < Self.pushesPerTurn, let (template, due) = account.nextPush(for: id, at: now, wall: .now())
        {
            write(template, due)
            sent += 1
        }
        if sent > 0 { flush() }
        guard mayPush else { return }
        if let due = account.nextPushDue(at: now) { pump(at: max(due, now)) }
    }

    private var mayPush: Bool {
        stage == .open && !isSilent && context?.channel.isWritable == true
            && late?.frames.count ?? 0 < LateOutput.pushLimit
    }

    private func write(_ template: PushTemplate, _ due: PushJob.Due) {
        lane.payload.clear()
        template.write(due.number, at: due.time, into: &lane.payload, scratch: &lane.scratch)
        send(lane.payload, opcode: .text)
        guard !due.isRedelivery else { return lane.counters.redelivered.increment() }
        lane.counters.pushed.increment()
        lane.counters.pushedMessages.increment(by: template.request.batch)
    }

    private func pump(at due: NIODeadline) {
        if let pushTimer {
            guard due < pushTimer.due else { return }
            pushTimer.task.cancel()
        }
        let task = lane.loop.assumeIsolated().scheduleTask(deadline: due) { [weak self] in
            self?.pushTimer = nil
            self?.pump()
        }
        pushTimer = (due, task)
    }
}
