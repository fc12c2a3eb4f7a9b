extension AlertEngine {
    func isKnown(_ key: AccountKey) -> Bool {
        let (lane, slot) = (Int(key.lane), Int(key.slot))
        return accounts.indices.contains(lane) && accounts[lane].indices.contains(slot)
            && accounts[lane][slot].isPresent
    }

    /// Must be known.
    subscript(key: AccountKey) -> AccountWatch {
        _read { yield accounts[Int(key.lane)][Int(key.slot)] }
        _modify { yield &accounts[Int(key.lane)][Int(key.slot)] }
    }

    // MARK: What is known

    mutating func take(_ evidence: AccountEvidence, _ key: AccountKey, at now: Instant) {
        if !self[key].isPresent {
            self[key].id = evidence.id
            self[key].endpoint = evidence.endpoint
            self[key].isPresent = true
            self[key].since = now
            rejoin(key)
        }
        self[key].take(evidence, at: now)
        count(key, at: now)
    }

    /// Puts it among those that are looked at, if there is a reason.
    mutating func look(at key: AccountKey, _ now: Instant) {
        guard !self[key].isTroubled, isTroubled(key, at: now) else { return }
        self[key].isTroubled = true
        troubled.append(key)
    }

    /// Keeps the endpoint's counts right: how many should be connected, how many are.
    mutating func count(_ key: AccountKey, at now: Instant) {
        guard isKnown(key) else { return }
        let waits = self[key].awaitsFirstTurn && now.since(self[key].since) < AlertSettings.firstTurn
        set(key, isExpected: self[key].isEnabled && !waits, isConnected: self[key].isConnected)
    }

    private mutating func set(_ key: AccountKey, isExpected: Bool, isConnected: Bool) {
        let index = Int(self[key].endpoint)
        let (was, wasConnected) = (self[key].isExpected, self[key].isCountedConnected)
        let connects = isExpected && isConnected
        endpoints[index].expected += (isExpected ? 1 : 0) - (was ? 1 : 0)
        endpoints[index].connected += (connects ? 1 : 0) - (wasConnected ? 1 : 0)
        self[key].isExpected = isExpected
        self[key].isCountedConnected = connects
    }

    mutating func forget(_ key: AccountKey) {
        guard isKnown(key) else { return }
        set(key, isExpected: false, isConnected: false)
        let watch = self[key]
        for place in watch.alerts.indices { leave(key, place) }
        // It is taken from the troubled when they are next looked at.
        self[key] = AccountWatch()
        self[key].isTroubled = watch.isTroubled
    }

    private func isTroubled(_ key: AccountKey, at now: Instant) -> Bool {
        guard self[key].isPresent else { return false }
        if self[key].isInAlert { return true }
        guard self[key].isEnabled else { return false }
        return !self[key].isConnected || self[key].isQuarantined || self[key].lossCount(at: now) > 0
            || isSlow(self[key])
    }

    private func isSlow(_ watch: AccountWatch) -> Bool {
        guard let limit = settings.accountSlowAbove else { return false }
        return watch.isConnected && Double(watch.replySeconds) > limit.inSeconds
    }

    // MARK: Losses

    /// A loss counts against the account only if it was not lost together with many others.
    mutating func attributeLosses(at now: Instant) {
        var rest: [(account: AccountKey, second: Int64)] = []
        for loss in recentLosses {
            guard now.second - loss.second > 5 else {
                rest.append(loss)
                continue
            }
            guard isKnown(loss.account), !endpoints[Int(self[loss.account].endpoint)].lostMany(around: loss.second)
            else { continue }
            self[loss.account].countLoss(at: now)
            look(at: loss.account, now)
        }
        recentLosses = rest
    }

    // MARK: The rules of one account

    mutating func judgeAccounts(at now: Moment) {
        var kept = 0
        for place in troubled.indices {
            let key = troubled[place]
            guard isStillTroubled(key, at: now) else { continue }
            troubled[kept] = key
            kept += 1
        }
        troubled.removeLast(troubled.count - kept)
    }

    private mutating func isStillTroubled(_ key: AccountKey, at now: Moment) -> Bool {
        let (lane, slot) = (Int(key.lane), Int(key.slot))
        if isLeftAlone[lane][slot] { return true }
        if isDownWithOthers(key) {
            // That its first turn is over is found by looking.
            isLeftAlone[lane][slot] = !accounts[lane][slot].awaitsFirstTurn
            return true
        }
        if isKnown(key) { judge(key, at: now) }
        if isTroubled(key, at: now.instant) { return true }
        accounts[lane][slot].isTroubled = false
        return false
    }

    /// Down for the same reason as so many others that there is nothing to be said of it.
    private func isDownWithOthers(_ key: AccountKey) -> Bool {
        guard self[key].isPresent, self[key].isEnabled, !self[key].isConnected, !self[key].isSickByItself,
            !self[key].isInAlert
        else { return false }
        switch self[key].lastFailure?.class {
        case .auth, .permanent, .handler, .system: return false
        case nil, .dropped, .network, .server, .protocol:
            return endpoints[Int(self[key].endpoint)].explainsItsAccounts
        }
    }

    private mutating func judge(_ key: AccountKey, at now: Moment) {
        let watch = self[key]
        for (place, rule) in AccountWatch.rules.enumerated() {
            let figure = figure(of: rule, watch, at: now.instant)
            if watch.alerts[place] != 0 {
                if figure == nil, isOver(rule, watch, at: now.instant) { leave(key, place) }
            } else if let figure, !isExplained(rule, watch) {
                join(key, place, figure, at: now)
            }
        }
    }

    /// What the rule says of the account; nil if there is nothing to be said.
    private func figure(of rule: AlertRule, _ watch: AccountWatch, at now: Instant) -> AlertFigure? {
        guard watch.isEnabled else { return nil }
        switch rule {
        case .accountQuarantined:
            guard settings.tellsQuarantine, watch.isQuarantined else { return nil }
            return AlertFigure(rule, value: 1, threshold: 0, samples: 1)
        case .accountDown:
            guard let limit = settings.accountDownAfter, watch.isExpected, !watch.isConnected, !watch.isQuarantined
            else { return nil }
            let down = now.since(watch.since)
            guard down > limit else { return nil }
            return AlertFigure(rule, value: down.inSeconds, threshold: limit.inSeconds, samples: 1)
        case .accountFlapping:
            guard let limit = settings.accountLossesAbove else { return nil }
            let count = watch.lossCount(at: now)
            guard count > limit else { return nil }
            return AlertFigure(rule, value: Double(count), threshold: Double(limit), samples: count)
        default:
            guard let limit = settings.accountSlowAbove, isSlow(watch) else { return nil }
            return AlertFigure(rule, value: Double(watch.replySeconds), threshold: limit.inSeconds, samples: 1)
        }
    }

    /// Whether an account of which the rule says nothing more is well again. Not at once: what comes and goes is one alert.
    private func isOver(_ rule: AlertRule, _ watch: AccountWatch, at now: Instant) -> Bool {
        guard watch.isEnabled else { return true }
        switch rule {
        case .accountQuarantined: return !watch.isQuarantined
        case .accountDown:
            return watch.isQuarantined || (watch.isConnected && now.since(watch.since) >= settings.recoverAfter)
        case .accountFlapping:
            // What was lost before the process began is not known any more.
            guard now.since(startedAt) >= .seconds(600) else { return false }
            return watch.lossCount(at: now) <= (settings.accountLossesAbove ?? 0) / 2
        default:
            let limit = (settings.accountSlowAbove ?? .zero).inSeconds * AlertSettings.clearFactor
            let isLong = now.since(watch.since) >= settings.recoverAfter
            return watch.isConnected && isLong && Double(watch.replySeconds) <= limit
        }
    }

    /// Whether what is wrong with the account follows from what is wrong with its endpoint, the fleet or the process. What
    /// speaks against the account itself, a rejected credential for instance, does not.
    private func isExplained(_ rule: AlertRule, _ watch: AccountWatch) -> Bool {
        let place = Int(watch.endpoint)
        if rule == .accountSlow {
            return endpoints[place].rules.isFiring(.slowReplies) || fleet.rules.isFiring(.slowReplies)
        }
        if watch.isSickByItself { return false }
        switch watch.lastFailure?.class {
        case .auth, .permanent, .handler: return false
        case .system: return system[.descriptors] != nil
        case nil, .dropped, .network, .server, .protocol: return endpoints[place].explainsItsAccounts
        }
    }

    // MARK: Alerts about accounts

    /// It becomes part of the alert that gathers accounts with the same cause.
    private mutating func join(_ key: AccountKey, _ place: Int, _ figure: AlertFigure, at now: Moment) {
        let name = endpoints[Int(self[key].endpoint)].name
        var cause = AlertCause(AccountWatch.causes[place], endpoint: name)
        if numbers[cause] == nil, accountAlerts >= AlertSettings.accountAlertsLimit { cause.endpoint = "" }
        let number = numbers[cause] ?? begin(cause, .account(self[key].id), [figure], at: now)
        numbers[cause] = number
        self[key].alerts[place] = number
        open[number]?.members += 1
        // One that did not fit into what was kept before the start.
        if let unnamed = open[number]?.unnamed, unnamed > 0 { open[number]?.unnamed = unnamed - 1 }
    }

    private mutating func leave(_ key: AccountKey, _ place: Int) {
        let number = self[key].alerts[place]
        guard number != 0 else { return }
        self[key].alerts[place] = 0
        open[number]?.members -= 1
    }

    private var accountAlerts: Int { open.values.count { $0.alert.cause.isAboutAccounts } }

    /// An account that was part of alerts when the process ended is so still, until it is well.
    private mutating func rejoin(_ key: AccountKey) {
        let id = self[key].id
        guard let known = remembered.removeValue(forKey: id) else { return }
        for number in known {
            guard let kind = open[number]?.alert.cause.kind, let place = AccountWatch.causes.firstIndex(of: kind) else {
                continue
            }
            // An alert is kept with those who were part of it a while ago: since then the account may have left it, and become part of
            // another one of its kind.
            leave(key, place)
            self[key].alerts[place] = number
            open[number]?.unseen.remove(id)
            open[number]?.members += 1
        }
    }
}
