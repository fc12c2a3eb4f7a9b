extension AlertEngine {
    /// Every alert that has been raised and is not over, in the order in which they began.
    public var alerts: [Alert] {
        open.sorted { $0.key < $1.key }.compactMap { $0.value.isRaised ? $0.value.alert : nil }
    }

    /// Takes up the alerts that were not over when the process ended, before it is told anything else: what people were told
    /// of is not told again, and its end is.
    public mutating func restore(_ alerts: [Alert], at now: Moment) {
        for alert in alerts where alert.isActive {
            lastNumber &+= 1
            var one = OpenAlert(alert: alert, begunAt: now.instant)
            one.isRaised = true
            // A stamp from the future is the work of a clock that was wrong.
            if let told = alert.told { one.alert.told?.at = min(told.at, now.wall) }
            one.kept = alert
            one.keptAt = now.instant
            if alert.cause.isAboutAccounts {
                one.unseen = Set(alert.sample)
                one.unnamed = max(0, alert.affected - one.unseen.count)
                for id in one.unseen { remembered[id, default: []].append(lastNumber) }
            }
            if alert.cause.kind == .fleet { fleet.rules.restore(alert.figures) }
            // Accounts whose names were not kept find their alert by its cause.
            if !alert.cause.isAboutAccounts || one.unnamed > 0 { numbers[alert.cause] = lastNumber }
            open[lastNumber] = one
        }
    }

    mutating func begin(_ cause: AlertCause, _ scope: AlertScope, _ figures: [AlertFigure], at now: Moment) -> UInt32 {
        lastNumber &+= 1
        let alert = Alert(cause: cause, scope: scope, figures: figures, startsAt: now.wall)
        open[lastNumber] = OpenAlert(alert: alert, begunAt: now.instant)
        return lastNumber
    }

    // MARK: What comes of it

    mutating func conclude(at now: Moment) -> AlertOutcome {
        if now.instant >= settledAt, !hasSettled { settle() }
        var outcome = AlertOutcome()
        for number in open.keys.sorted() {
            guard var one = open[number] else { continue }
            if one.alert.cause.isAboutAccounts {
                one.alert.affected = one.concerned
                one.isOver = one.concerned == 0
            }
            if one.isOver {
                close(&one, number, &outcome, at: now)
                continue
            }
            one.alert.worst = max(one.alert.worst, one.alert.affected)
            one.alert.severity = max(one.alert.severity, one.alert.figures.map(\.rule.severity).max() ?? .warning)
            if !one.isRaised, isDue(one, at: now.instant) { raise(&one, number, at: now.instant) }
            if one.isRaised { tell(&one, number, &outcome, at: now) }
            open[number] = one
        }
        return outcome
    }

    /// Whoever was part of an alert before the start, and has not been seen since, is gone.
    private mutating func settle() {
        hasSettled = true
        remembered = [:]
        for number in open.keys {
            open[number]?.unseen = []
            open[number]?.unnamed = 0
            guard let one = open[number], !one.isFollowed, !one.alert.cause.isAboutAccounts else { continue }
            open[number]?.isOver = true
        }
        numbers = numbers.filter { cause, number in !(cause.isAboutAccounts && open[number]?.isRaised == true) }
    }

    /// Whether a suspicion is to become an alert.
    private func isDue(_ one: OpenAlert, at now: Instant) -> Bool {
        guard one.isPressing, now.since(one.begunAt) >= settings.groupWait else { return false }
        let cause = one.alert.cause
        if cause.isAboutAccounts { return lastToldAt[cause].map { now.since($0) >= settings.regroup } ?? true }
        // While accounts are being lost it is not known yet whether the whole endpoint is: what comes of that says more.
        let longest = Duration.seconds(60 * settings.windowMinutes)
        guard one.alert.rule != .connectedShare, now.since(one.begunAt) < longest else { return true }
        switch cause.kind {
        case .fleet: return fleet.lastSuspectAt + settings.groupWait <= now
        case .endpoint:
            let places = endpoints.first { $0.name == cause.endpoint }
            return (places?.lastSuspectAt).map { $0 + settings.groupWait <= now } ?? true
        default: return true
        }
    }

    /// From now on it is an alert. Accounts that fall ill later are another one, with an end of its own.
    private mutating func raise(_ one: inout OpenAlert, _ number: UInt32, at now: Instant) {
        one.isRaised = true
        guard one.alert.cause.isAboutAccounts else { return }
        numbers[one.alert.cause] = nil
        let endpoint = one.alert.cause.endpoint
        if one.members > 1 { one.alert.scope = endpoint.isEmpty ? .fleet : .endpoint(endpoint) }
    }

    /// Tells people of it, if they are to be told now, and sees that it is kept.
    private mutating func tell(
        _ one: inout OpenAlert, _ number: UInt32, _ outcome: inout AlertOutcome, at now: Moment
    ) {
        let isOld = one.keptAt.map { now.instant.since($0) >= Self.keepEvery } ?? true
        if isOld { describe(&one, number) }
        let suppression = suppression(of: one.alert, at: now.wall)
        let wasSuppressed = one.alert.suppression
        one.alert.suppression = suppression
        if suppression == nil, let kind = kindOfMessage(one, at: now.wall) {
            if !isOld { describe(&one, number) }
            outcome.notifications.append(message(kind, &one.alert, at: now.wall))
            if one.alert.cause.isAboutAccounts {
                // What is as old as that is as good as never.
                lastToldAt = lastToldAt.filter { now.instant.since($0.value) < settings.regroup }
                lastToldAt[one.alert.cause] = now.instant
            }
        } else if !isOld, suppression == wasSuppressed {
            return
        }
        one.keptAt = now.instant
        guard one.alert != one.kept else { return }
        one.kept = one.alert
        outcome.changed.append(one.alert)
    }

    private func kindOfMessage(_ one: OpenAlert, at now: WallTime) -> AlertNotification.Kind? {
        guard let told = one.alert.told else { return one.isPressing ? .firing : nil }
        if one.alert.severity > told.severity { return .firing }
        return one.isPressing && now.since(told.at) >= settings.repeatEvery ? .repeat : nil
    }

    /// It is over. Whoever was told that it began is told.
    private mutating func close(
        _ one: inout OpenAlert, _ number: UInt32, _ outcome: inout AlertOutcome, at now: Moment
    ) {
        open[number] = nil
        if numbers[one.alert.cause] == number { numbers[one.alert.cause] = nil }
        guard one.isRaised else { return }
        one.alert.endsAt = now.wall
        one.alert.affected = 0
        one.alert.suppression = nil
        if one.alert.told != nil { outcome.notifications.append(message(.resolved, &one.alert, at: now.wall)) }
        outcome.changed.append(one.alert)
    }

    private func suppression(of alert: Alert, at now: WallTime) -> Alert.Suppression? {
        if alert.cause.kind == .endpoint, let number = numbers[AlertCause(.fleet)], let other = open[number],
            other.isRaised, alert.figures.allSatisfy({ figure in fleet.rules.isFiring(figure.rule) })
        {
            return .inhibited(by: other.alert.id)
        }
        return silences.first { $0.isInForce(at: now) && $0.match.fits(alert) }.map { .silenced(by: $0.id) }
    }

    // MARK: What is said of it

    private func message(
        _ kind: AlertNotification.Kind, _ alert: inout Alert, at now: WallTime
    ) -> AlertNotification {
        let messages = (alert.told?.messages ?? 0) + 1
        alert.told = Alert.Told(at: now, messages: messages, severity: alert.severity)
        var labels = settings.labels
        labels["rule"] = alert.rule.rawValue
        labels["severity"] = alert.severity.rawValue
        labels["scope"] = alert.scope.name
        labels["cause"] = alert.cause.kind.rawValue
        if !alert.cause.endpoint.isEmpty { labels["endpoint"] = alert.cause.endpoint }
        if case .account(let id) = alert.scope { labels["account"] = id }
        return AlertNotification(
            id: "\(alert.id)-\(messages)", alert: alert.id, kind: kind, severity: alert.severity, rule: alert.rule,
            figures: alert.figures, scope: alert.scope, cause: alert.cause,
            affected: kind == .resolved ? alert.worst : alert.affected, accounts: alert.accounts,
            sample: Array(alert.sample.prefix(AlertNotification.sampleLimit)), labels: labels,
            startsAt: alert.startsAt, endsAt: alert.endsAt, at: now, detail: alert.detail)
    }

    /// Looks which accounts are concerned, and by what.
    private func describe(_ one: inout OpenAlert, _ number: UInt32) {
        let cause = one.alert.cause
        guard cause.kind != .storeDown, cause.kind != .descriptors else { return }
        let place = AccountWatch.causes.firstIndex(of: cause.kind)
        let isHere = endpoints.map { cause.kind == .fleet || $0.name == cause.endpoint }
        var ids: [String] = []
        var failures: [Failure: Int] = [:]
        // Looked at where they are: a copy of each of a million, for the alert of each endpoint, is a second of work.
        for key in troubled {
            if let place {
                guard self[key].alerts[place] == number else { continue }
                one.alert.accounts = endpoints[Int(self[key].endpoint)].expected
            } else {
                guard self[key].isExpected, !self[key].isConnected, isHere[Int(self[key].endpoint)] else { continue }
            }
            if ids.count < Alert.sampleLimit { ids.append(self[key].id) }
            guard var failure = self[key].lastFailure else { continue }
            // What its code does not say makes no difference here.
            (failure.phase, failure.retryAfter) = (.established, .zero)
            failures[failure, default: 0] += 1
        }
        let codes = Dictionary(failures.map { ($0.key.code, $0.value) }, uniquingKeysWith: +)
        ids += one.unseen.sorted().prefix(Alert.sampleLimit - ids.count)
        one.alert.sample = ids.sorted()
        // Of several as frequent ones the first by name.
        let most = codes.max { ($0.value, $1.key) < ($1.value, $0.key) }
        if let most { one.alert.detail = most.key }
    }

    /// How often an alert that lasts is kept as it is now.
    private static let keepEvery = Duration.seconds(60)
}

extension AlertCause {
    var isAboutAccounts: Bool { AccountWatch.causes.contains(kind) }
}
