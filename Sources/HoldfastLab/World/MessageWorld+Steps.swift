import HoldfastCore

extension MessageWorld {
    private static let chats = 8

    mutating func step() {
        switch Int.random(in: 0..<100, using: &generator) {
        case ..<20: push()
        case ..<25: deliverAgain()
        case ..<40: write()
        case ..<49: tell()
        case ..<52: refilled()
        case ..<64: acknowledge()
        case ..<78: startNext()
        case ..<88:
            let refuses = Int.random(in: 0..<20, using: &generator) == 0
            if let chat = process.running.keys.sorted().randomElement(using: &generator) {
                finish(chat, refuses: refuses)
            }
        case ..<96: pass(generator.duration(from: .zero, to: .milliseconds(800)))
        case ..<98: kill()
        default:
            let chat = "\(Int.random(in: 0..<Self.chats, using: &generator))"
            if Bool.random(using: &generator) { _ = process.intake.lift(chat: chat) } else { answerByHand(chat) }
        }
    }

    // MARK: The gateway

    private mutating func push() {
        let chat = "\(Int.random(in: 0..<Self.chats, using: &generator))"
        pushed.append(Message(chat: chat, isOwn: false))
        unacknowledged.insert(pushed.count - 1)
        process.batch.append(pushed.count - 1)
        figures.messages += 1
    }

    /// Whatever is not acknowledged may come again at any time, also while it is on its way.
    mutating func deliverAgain() {
        process.batch += unacknowledged.sorted()
    }

    // MARK: The journal

    /// A commit: all of it, or nothing.
    mutating func write() {
        for number in process.batch {
            if disk.states[number] == nil {
                disk.rows.append((number, pushed[number].chat))
                disk.states[number] = .waiting
                process.toTell.append(number)
            } else {
                figures.duplicates += 1
            }
            process.toAcknowledge.append(number)
        }
        process.batch = []
    }

    mutating func acknowledge() {
        for number in process.toAcknowledge {
            if disk.states[number] == nil { breach("message \(number) is acknowledged, and not in the journal") }
            unacknowledged.remove(number)
        }
        process.toAcknowledge = []
    }

    mutating func tell() {
        let new = process.toTell
        process.toTell = []
        for number in new { add(number) }
    }

    /// As the desk does it: while more is in the journal than is kept track of, other chats wait for the refill.
    private mutating func add(_ number: Int) {
        let chat = pushed[number].chat
        let isSkipped = process.intake.isPaused(chat, at: now.wall)
        guard !process.isOverfull || isSkipped || process.intake.isTracking(chat) else {
            if process.refill != nil { process.late.append(number) }
            return
        }
        // The refill may have brought it already.
        if let last = process.waiting[chat]?.last, place(last) >= place(number) { return }
        process.waiting[chat, default: []].append(number)
        take(process.intake.committed(chat: chat, count: 1, at: now))
        if !isSkipped, !process.intake.isTracking(chat) {
            process.waiting[chat] = nil
            process.isOverfull = true
        }
    }

    /// The journal's answer has come.
    mutating func refilled() {
        guard let rows = process.refill else { return }
        process.refill = nil
        process.isOverfull = false
        let done = process.doneMeanwhile
        let late = process.late.filter { !rows.contains($0) }
        (process.late, process.doneMeanwhile) = ([], [])
        var fetched: Set<String> = []
        for number in rows + late where !done.contains(number) {
            let chat = pushed[number].chat
            guard fetched.contains(chat) || !process.intake.isTracking(chat) else { continue }
            fetched.insert(chat)
            add(number)
        }
    }

    // MARK: Time

    mutating func pass(_ duration: Duration) {
        now = now + duration
        take(process.intake.wake(at: now))
    }

    // MARK: Orders

    /// Handlers may have to wait for their turn; everything else is done at once.
    private mutating func take(_ orders: [Intake.Order]) {
        for order in orders {
            switch order {
            case .handle(let chat, let limit): process.jobs.append((chat, limit))
            case .skip(let chat): skip(chat)
            case .refill:
                guard process.isOverfull, process.refill == nil else { continue }
                figures.refills += 1
                process.refill = disk.rows.map(\.number).filter { disk.states[$0] == .waiting }
            }
        }
    }

    private mutating func skip(_ chat: String) {
        // What is with a handler stays: its outcome is what counts.
        let busy = process.running[chat]?.count ?? 0
        let skipped = process.waiting[chat]?.dropFirst(busy) ?? []
        for number in skipped where disk.states[number] == .waiting {
            disk.states[number] = .skipped
            figures.skipped += 1
        }
        if process.refill != nil { process.doneMeanwhile.formUnion(skipped) }
        process.waiting[chat]?.removeLast(skipped.count)
    }

    mutating func startNext() {
        guard !process.jobs.isEmpty else { return }
        let job = process.jobs.removeFirst()
        handOut(job.chat, job.limit)
    }

    /// What belongs together is written down before a handler sees it.
    private mutating func handOut(_ chat: String, _ limit: Int) {
        if process.running[chat] != nil { return breach("two handlers in chat \(chat)") }
        let waiting = (process.waiting[chat] ?? []).prefix(limit).filter { disk.states[$0] == .waiting }
        guard let first = waiting.first else {
            take(process.intake.finished(chat: chat, taken: 0, at: now))
            return
        }
        let delivery: [Int]
        if let known = disk.deliveries[first] {
            delivery = known.filter { disk.states[$0] == .waiting }
            if delivery != known { breach("a delivery came again with other messages") }
        } else {
            delivery = Array(waiting.prefix { disk.deliveries[$0] == nil })
            for number in delivery { disk.deliveries[number] = delivery }
        }
        if delivery.count > settings.mostGathered { breach("\(delivery.count) messages in a delivery") }
        if delivery != delivery.sorted(by: { place($0) < place($1) }) { breach("out of order in chat \(chat)") }
        process.running[chat] = delivery
    }

    private func place(_ number: Int) -> Int { disk.rows.firstIndex { $0.number == number } ?? 0 }

    // MARK: Handlers

    /// The handler is done; the mark follows in a step of its own, or the process is killed between the two.
    mutating func finish(_ chat: String, refuses: Bool) {
        guard let delivery = process.running[chat] else { return }
        if !unmarked.contains(delivery) {
            for number in delivery {
                if let former = deliveryOfMessage.updateValue(delivery, forKey: number), former != delivery {
                    breach("message \(number) was handled under two names")
                }
            }
            unmarked.insert(delivery)
            return
        }
        unmarked.remove(delivery)
        for number in delivery where disk.states[number] == .waiting {
            disk.states[number] = refuses ? .letter : .handled
            if refuses { figures.letters += 1 } else { figures.handled += 1 }
        }
        process.running[chat] = nil
        if process.refill != nil { process.doneMeanwhile.formUnion(delivery) }
        process.waiting[chat]?.removeAll { delivery.contains($0) }
        take(process.intake.finished(chat: chat, taken: delivery.count, at: now))
    }

    private mutating func answerByHand(_ chat: String) {
        let until = now.wall + .seconds(1)
        disk.pauses[chat] = until
        take(process.intake.pause(chat: chat, until: until, at: now))
    }

    // MARK: The end of the process, and the next one

    private mutating func kill() {
        figures.kills += 1
        figures.repeats += unmarked.count
        unmarked = []
        process = Process(intake: Intake(settings: settings))
        for (chat, until) in disk.pauses where until > now.wall {
            take(process.intake.pause(chat: chat, until: until, at: now))
        }
        for row in disk.rows where disk.states[row.number] == .waiting {
            add(row.number)
        }
    }
}
