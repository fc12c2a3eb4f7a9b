import HoldfastCore

/// The last quarter of an hour of a fleet, second by second: a ring of `Pulse.kept` samples.
struct PulseLog: Sendable {
    private var ring: [Pulse] = []
    private var last = Sums()
    private var number: UInt32 = 0

    /// What only ever grows, added up over lanes and endpoints.
    struct Sums: Sendable {
        var opened: UInt64 = 0
        var failed: UInt64 = 0
        var lost: UInt64 = 0
        var heartbeats: UInt64 = 0
        var misses: UInt64 = 0
        var replies: UInt64 = 0
        var replySeconds = 0.0
        var messages: UInt64 = 0
    }

    /// The samples that are newer than the one with this number, oldest first.
    func samples(after number: UInt32) -> [Pulse] {
        let start = ring.count < Pulse.kept ? 0 : Int(self.number) % Pulse.kept
        return (ring[start...] + ring[..<start]).filter { $0.number > number }
    }

    mutating func note(_ totals: FleetTotals, _ sums: Sums, at now: WallTime) {
        number &+= 1
        var pulse = Pulse()
        pulse.number = number
        pulse.at = now
        pulse.enabled = Int32(clamping: totals.enabled)
        pulse.connected = Int32(clamping: totals[.connected])
        pulse.connecting = Int32(clamping: totals[.connecting])
        pulse.opened = Int32(clamping: sums.opened &- last.opened)
        pulse.failed = Int32(clamping: sums.failed &- last.failed)
        pulse.lost = Int32(clamping: sums.lost &- last.lost)
        pulse.heartbeats = Int32(clamping: sums.heartbeats &- last.heartbeats)
        pulse.misses = Int32(clamping: sums.misses &- last.misses)
        pulse.messages = Int32(clamping: sums.messages &- last.messages)
        let replies = sums.replies &- last.replies
        if replies > 0 {
            pulse.replyMilliseconds = Float((sums.replySeconds - last.replySeconds) * 1_000 / Double(replies))
        }
        last = sums
        if ring.count < Pulse.kept {
            ring.append(pulse)
        } else {
            // The first sample has the number 1.
            ring[Int(number &- 1) % Pulse.kept] = pulse
        }
    }
}

extension Board.State {
    /// What the lanes have counted since the process began.
    var sums: PulseLog.Sums {
        var sums = PulseLog.Sums()
        var replies = Histogram(bounds: Histogram.replyBounds)
        for counters in counters {
            guard let counters else { continue }
            sums.heartbeats &+= counters.heartbeatsSent
            sums.misses &+= counters.heartbeatMisses
            sums.messages &+= counters.messagesReceived
            counters.replies.add(to: &replies)
        }
        (sums.replies, sums.replySeconds) = (replies.count, replies.sum)
        for endpoint in endpoints {
            for lane in endpoint.lanes {
                sums.opened &+= lane.attempts[.succeeded]
                sums.failed &+= lane.attempts[.endpointFailed] &+ lane.attempts[.accountFailed]
                for failureClass in FailureClass.allCases { sums.lost &+= lane.disconnects[failureClass] }
            }
        }
        return sums
    }
}
