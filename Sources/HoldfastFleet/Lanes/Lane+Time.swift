import HoldfastCore
import NIOCore

/// Deadlines, and doubt in ourselves.
extension Lane: NIOScheduledCallbackHandler {
    /// From this lag on the loop could have missed something that a session judges by (H8).
    static let doubtAfterNanoseconds: Int64 = 250_000_000
    private static let tickNanoseconds = TimerWheel.tick.wholeNanoseconds
    private static let ticksPerSecond = UInt64(1_000_000_000 / tickNanoseconds)
    private static let ticksPerSweep = UInt64(SweepSettings.interval.wholeNanoseconds / tickNanoseconds)

    func startTicking() {
        let now = ProcessClock.moment
        setWallClock(by: now)
        nextTickAt = now.instant
        scheduleTick(after: now.instant)
    }

    func stopTicking() {
        // The last socket may close within a tick, which would otherwise arm the next one.
        isStopped = true
        tick?.cancel()
        tick = nil
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        let now = observe()
        noteLag(.nanoseconds(max(0, now.instant.nanoseconds - nextTickAt.nanoseconds)))
        setWallClock(by: ProcessClock.moment)
        wakeDue(at: now)
        sweep(at: now)
        ticks &+= 1
        if ticks % Self.ticksPerSecond == 0 {
            tendOutboxes(at: now)
            sendReport(at: now)
        } else if ticks % (Self.ticksPerSecond / 2) == 0, !report.transitions.isEmpty {
            // Whoever watches shall not wait for the second to be over.
            sendReport(at: now, endsSecond: false)
        }
        scheduleTick(after: now.instant)
    }

    /// The time of an event, and the question that comes before every event: could we have noticed what happened until
    /// now? Only the clock is read if the answer is yes.
    func observe() -> Moment {
        let instant = ProcessClock.instant
        let wall = WallTime(milliseconds: (instant.nanoseconds &+ wallOffsetNanoseconds) / 1_000_000)
        let now = Moment(instant: instant, wall: wall)
        let lag = instant.nanoseconds &- nextTickAt.nanoseconds
        if lag >= Self.doubtAfterNanoseconds { doubt(lag: .nanoseconds(lag), at: now) }
        return now
    }

    /// The loop was late, or the process was stopped: no session may hold that time against its peer. Told to all of them
    /// before the event that brought it to light, and before any deadline.
    private func doubt(lag: Duration, at now: Moment) {
        noteLag(lag)
        nextTickAt = now.instant
        let suspended = ProcessClock.suspended
        // Suspension stops the deadlines' clock too, so they need not move for it; but the peer's clock went on, and it
        // has to be asked anew.
        let slept = suspended - self.suspended >= .seconds(1)
        self.suspended = suspended
        tellUnobserved(for: slept ? max(lag, .seconds(1)) : lag, at: now)
    }

    private func tellUnobserved(for duration: Duration, at now: Moment) {
        counters.unobservedPauses &+= 1
        logger.debug(
            "could not observe",
            metadata: ["lane": .stringConvertible(index), "for_ms": .stringConvertible(duration.wholeMilliseconds)])
        for index in slots.indices where slots[index].session.holdsLink {
            carryOut(slots[index].session.unobserved(for: duration, at: now, using: &generator), on: index, at: now)
            settle(index)
        }
    }

    private func wakeDue(at now: Moment) {
        wheel.advance(to: now.instant, into: &due)
        for slot in due {
            let index = Int(slot)
            guard slots[index].account != nil else { continue }
            // What an attempt's deadline finds undone is known to the link alone, and only until it is dropped.
            if slots[index].session.state == .connecting { chain = slots[index].link?.unfinished ?? [] }
            carryOut(slots[index].session.wake(at: now, using: &generator), on: index, at: now)
            chain = []
            settle(index)
        }
        due.removeAll(keepingCapacity: true)
    }

    /// Looks at every slot once in each interval, a few at each tick: is it stuck, and does the board know it as it is?
    private func sweep(at now: Moment) {
        let place = Int(ticks % Self.ticksPerSweep)
        let share = (slots.count + Int(Self.ticksPerSweep) - 1) / Int(Self.ticksPerSweep)
        let first = min(place * share, slots.count)
        for index in first..<min(first + share, slots.count) where slots[index].account != nil {
            carryOut(slots[index].session.sweep(at: now), on: index, at: now)
            settle(index)
            updateRow(index, at: now)
        }
    }

    /// What follows every event: the session is woken in time; one that waits for nothing is left out by the wheel and the
    /// gate; one that is no longer declared goes.
    func settle(_ index: Int) {
        if let deadline = slots[index].deadline() {
            wheel.arm(UInt32(index), for: deadline)
            return
        }
        wheel.disarm(UInt32(index))
        if slots[index].isKnownToGate {
            slots[index].isKnownToGate = false
            tellGate(.forget(key(index)))
        }
        if slots[index].isLeaving, slots[index].isAtRest { vacate(index) }
    }

    private func scheduleTick(after now: Instant) {
        guard !isStopped else { return }
        // Absolute, so that ticks do not drift; and no burst of them after a pause.
        nextTickAt = max(nextTickAt, now - TimerWheel.tick) + TimerWheel.tick
        do {
            tick = try loop.scheduleCallback(
                at: NIODeadline.uptimeNanoseconds(UInt64(max(0, nextTickAt.nanoseconds))), handler: self)
        } catch {
            // Nothing wakes a session here any more.
            control.breakdown.report("lane \(index) cannot schedule its clock: \(error)")
        }
    }

    private func noteLag(_ lag: Duration) {
        worstLag = max(worstLag, lag)
    }

    private func setWallClock(by now: Moment) {
        wallOffsetNanoseconds = now.wall.milliseconds &* 1_000_000 &- now.instant.nanoseconds
        let suspended = ProcessClock.suspended
        guard suspended - self.suspended >= .seconds(1) else { return }
        self.suspended = suspended
        tellUnobserved(for: .seconds(1), at: now)
    }
}
