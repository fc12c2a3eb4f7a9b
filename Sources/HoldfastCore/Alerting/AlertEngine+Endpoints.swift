extension AlertEngine {
    /// Judges each endpoint, and then whether they have their trouble in common.
    mutating func judgeEndpoints(at now: Moment) {
        let mayClear = now.instant >= settledAt
        var sums: [MinuteWindow.Counts] = []
        sums.reserveCapacity(endpoints.count)
        for index in endpoints.indices {
            endpoints[index].sample(settings, at: now.instant)
            let counts = endpoints[index].window.sum(last: settings.windowMinutes)
            sums.append(counts)
            let readings = Reading.all(counts, expected: endpoints[index].expected, settings)
            Self.update(&endpoints[index].rules, readings, mayClear: mayClear, settings, at: now.instant)
        }
        judgeFleet(sums, mayClear: mayClear, at: now)
        let fleetExplains = fleet.mayExplain(settings, at: now.instant)
        for index in endpoints.indices {
            let explained = endpoints[index].explainsItsAccounts
            endpoints[index].explainsItsAccounts =
                fleetExplains || endpoints[index].mayExplain(settings, at: now.instant)
            if explained, !endpoints[index].explainsItsAccounts { lookAtEverybody() }
            let watch = endpoints[index]
            let cause = AlertCause(.endpoint, endpoint: watch.name)
            follow(cause, .endpoint(watch.name), watch.rules, down: watch.down, of: watch.expected, at: now)
        }
    }

    /// Whoever was left alone for what an endpoint explained is looked at again.
    private mutating func lookAtEverybody() {
        for lane in isLeftAlone.indices {
            for slot in isLeftAlone[lane].indices { isLeftAlone[lane][slot] = false }
        }
    }

    /// The fleet is in trouble when a rule holds without its worst endpoint, too: otherwise it is that endpoint's trouble.
    private mutating func judgeFleet(_ sums: [MinuteWindow.Counts], mayClear: Bool, at now: Moment) {
        fleet.expected = 0
        fleet.connected = 0
        var readings: [Reading?] = [nil, nil, nil, nil]
        for place in RuleStates.rules.indices where endpoints.count > 1 {
            guard let worst = sums.indices.max(by: { Self.weight(sums[$0], place) < Self.weight(sums[$1], place) })
            else {
                continue
            }
            var (rest, expected) = (MinuteWindow.Counts(), 0)
            for index in sums.indices where index != worst {
                rest += sums[index]
                expected += endpoints[index].expected
            }
            readings[place] = Reading.all(rest, expected: expected, settings)[place]
        }
        var (worstDown, worst) = (-1, 0)
        for (index, endpoint) in endpoints.enumerated() {
            fleet.expected += endpoint.expected
            fleet.connected += endpoint.connected
            if endpoint.down > worstDown { (worstDown, worst) = (endpoint.down, index) }
        }
        Self.update(&fleet.rules, readings, mayClear: mayClear, settings, at: now.instant)
        if endpoints.count > 1 {
            fleet.suspect(
                fleet.expected - endpoints[worst].expected, fleet.connected - endpoints[worst].connected, settings,
                at: now.instant)
        }
        follow(AlertCause(.fleet), .fleet, fleet.rules, down: fleet.down, of: fleet.expected, at: now)
    }

    /// How much an endpoint has to do with a rule of the fleet.
    private static func weight(_ counts: MinuteWindow.Counts, _ place: Int) -> Float {
        switch RuleStates.rules[place] {
        case .connectedShare: Float(counts.expected) - Float(counts.connected)
        case .heartbeatMisses: Float(counts.missedBeats)
        case .connectFailures: Float(counts.failedAttempts)
        default: counts.replySeconds
        }
    }

    private static func update(
        _ rules: inout RuleStates, _ readings: [Reading?], mayClear: Bool, _ settings: AlertSettings, at now: Instant
    ) {
        for (place, reading) in readings.enumerated() {
            rules.update(place, reading, mayClear: mayClear, after: settings.recoverAfter, at: now)
        }
    }

    /// Opens, keeps up to date or ends the one alert of an endpoint or the fleet.
    private mutating func follow(
        _ cause: AlertCause, _ scope: AlertScope, _ rules: RuleStates, down: Int, of expected: Int, at now: Moment
    ) {
        let figures = rules.figures
        guard !figures.isEmpty else {
            if let number = numbers[cause] { open[number]?.isOver = true }
            return
        }
        let number = numbers[cause] ?? begin(cause, scope, figures, at: now)
        numbers[cause] = number
        open[number]?.isPressing = rules.isAnyPressing
        open[number]?.isFollowed = true
        open[number]?.alert.figures = figures
        open[number]?.alert.accounts = expected
        open[number]?.alert.affected = down
    }

    /// The store, the descriptors.
    mutating func judgeSystem(at now: Moment) {
        for (rule, kind) in [(AlertRule.storeDown, AlertCause.Kind.storeDown), (.descriptors, .descriptors)] {
            let cause = AlertCause(kind)
            let isTold = rule == .storeDown ? settings.tellsStore : settings.tellsDescriptors
            if let problem = system[rule], isTold {
                let figure = AlertFigure(rule, value: 1, threshold: 0, samples: 1)
                let number = numbers[cause] ?? begin(cause, .fleet, [figure], at: now)
                numbers[cause] = number
                open[number]?.isFollowed = true
                open[number]?.isPressing = true
                open[number]?.clearSince = nil
                open[number]?.alert.detail = problem
            } else if let number = numbers[cause] {
                clear(number, at: now.instant)
            }
        }
    }

    /// Ends an alert when what it was raised for has been over for long enough.
    private mutating func clear(_ number: UInt32, at now: Instant) {
        let since = open[number]?.clearSince ?? now
        open[number]?.clearSince = since
        open[number]?.isPressing = false
        if now.since(since) >= settings.recoverAfter { open[number]?.isOver = true }
    }
}
