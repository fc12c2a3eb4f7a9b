import HoldfastCore
import HoldfastStore

extension MetricTable {
    /// Everything the fleet counts. Names and labels are those of the reference; there is no label per account, because
    /// there may be tens of thousands of them.
    public init(_ metrics: FleetMetrics) {
        self.init()
        writeAccounts(metrics)
        writeEndpoints(metrics.endpoints)
        writeHeartbeats(metrics)
        writeMessages(metrics)
        writeNetwork(metrics)
        writeLimits(metrics)
        writeStore(metrics)
        writeChannels(metrics.channels)
        writeProcess(metrics)
    }

    private mutating func writeAccounts(_ metrics: FleetMetrics) {
        gauge(
            "holdfast_accounts", "Accounts by the state of their session.",
            SessionState.allCases.map { MetricSample([("state", $0.name)], Double(metrics.totals[$0])) })
        gauge(
            "holdfast_accounts_by_status", "Accounts by how they are doing.",
            AccountStatus.allCases.map { MetricSample([("status", $0.rawValue)], Double(metrics.totals[$0])) })
        gauge("holdfast_accounts_enabled", "Accounts that should be connected.", Double(metrics.totals.enabled))
        gauge("holdfast_quarantined", "Accounts whose automatic healing has ended.", Double(metrics.quarantined))
        gauge(
            "holdfast_alerts_active", "Alerts that are not over.",
            AlertSeverity.allCases.map {
                MetricSample([("severity", $0.rawValue)], Double(metrics.activeAlerts[$0] ?? 0))
            })
        counter(
            "holdfast_notifications_lost_total",
            "Messages about alerts, and alerts for the history, that no queue had room for.",
            UInt64(clamping: metrics.notificationsLost))
        counter("holdfast_restarts_total", "Instances restarted, by the ladder or by hand.", metrics.restarts)
        counter(
            "holdfast_renewals_total", "Logins that have ended, by what became of them.",
            ProviderOutcome.allCases.map { MetricSample([("outcome", $0.rawValue)], Double(metrics.renewals[$0])) })
        counter(
            "holdfast_stuck_resets_total", "Sessions reset because nothing would have woken them.", metrics.stuckResets)
        counter(
            "holdfast_illegal_transitions_total", "Accounts reset because of a transition that must not be.",
            metrics.illegalTransitions)
    }

    private mutating func writeEndpoints(_ endpoints: [EndpointMetrics]) {
        counter(
            "holdfast_connect_attempts_total", "Attempts to connect that have ended, by what became of them.",
            endpoints.flatMap { endpoint in
                CountsByOutcome.outcomes.map { outcome in
                    MetricSample(
                        [("endpoint", endpoint.endpoint), ("outcome", Self.name(outcome))],
                        Double(endpoint.attempts[outcome]))
                }
            })
        counter(
            "holdfast_disconnects_total", "Connections lost, by the class of what ended them.",
            endpoints.flatMap { endpoint in
                FailureClass.allCases.map { failure in
                    MetricSample(
                        [("endpoint", endpoint.endpoint), ("class", failure.rawValue)],
                        Double(endpoint.disconnects[failure]))
                }
            })
        gauge(
            "holdfast_sessions", "Sessions by endpoint: waiting for a slot, shaking hands, connected.",
            endpoints.flatMap { endpoint in
                [
                    ("waiting", endpoint.waiting), ("handshaking", endpoint.handshaking),
                    ("connected", endpoint.connected),
                ]
                .map { MetricSample([("endpoint", endpoint.endpoint), ("stage", $0.0)], Double($0.1)) }
            })
    }

    private mutating func writeHeartbeats(_ metrics: FleetMetrics) {
        counter("holdfast_heartbeats_sent_total", "Heartbeats sent.", metrics.heartbeatsSent)
        counter(
            "holdfast_heartbeat_misses_total", "Heartbeats without a positive reply in time.", metrics.heartbeatMisses)
        counter(
            "holdfast_heartbeat_slow_replies_total", "Replies that came, but later than slow_after.",
            metrics.slowReplies)
        counter(
            "holdfast_stale_events_total", "Events of an older generation, ignored.", metrics.staleEvents)
        counter(
            "holdfast_transitions_unreported_total", "Changes of state too many for one report of the live events.",
            metrics.unreportedTransitions)
        histogram("holdfast_heartbeat_reply_seconds", "Time from a heartbeat to its reply.", metrics.replySeconds)
    }

    private mutating func writeMessages(_ metrics: FleetMetrics) {
        counter("holdfast_messages_received_total", "Messages received.", metrics.messagesReceived)
        counter("holdfast_messages_acknowledged_total", "Messages acknowledged.", metrics.messagesAcknowledged)
        counter("holdfast_messages_duplicate_total", "Messages that were delivered again.", metrics.duplicates)
        counter(
            "holdfast_messages_unreadable_total", "Items that nobody could read; they became letters.",
            metrics.unreadableItems)
        counter(
            "holdfast_messages_other_total", "Items that are no messages, and that no handler wants.",
            metrics.otherItems)
        counter(
            "holdfast_pushes_dropped_total", "Frames with messages that came while the process was going down.",
            metrics.pushesDropped)
        counter(
            "holdfast_messages_handled_total", "Messages by what became of them.",
            HandledKind.allCases.filter { $0 != .abandoned }.map {
                MetricSample([("outcome", $0.rawValue)], Double(metrics.handled[$0]))
            })
        histogram(
            "holdfast_message_delay_seconds", "How much later than it was sent a message came.",
            metrics.messageDelaySeconds)
        histogram(
            "holdfast_handler_seconds", "How long a delivery took its handler, all tries together.",
            metrics.handlerSeconds)
        counter(
            "holdfast_outbox_total", "Messages of ours by what became of them.",
            OutboxMessage.State.allCases.filter { $0 != .queued }.map {
                MetricSample([("state", $0.rawValue)], Double(metrics.outbox[$0]))
            })
        counter(
            "holdfast_outbox_retries_total",
            "Messages of ours that their gateway could not take for the moment, and that are sent again.",
            metrics.outboxRetries)
        counter(
            "holdfast_outbox_waits_total",
            "Deliveries that waited because their account had too many unconfirmed messages of ours.",
            metrics.outboxWaits)
        counter("holdfast_pauses_total", "Pauses that began because a person answered.", metrics.pauses)
        counter(
            "holdfast_reading_pauses_total", "Times a socket was not read because its messages could not be taken.",
            metrics.readingPauses)
        gauge(
            "holdfast_held_bytes", "Bytes of messages that are in no journal and wait for a handler.",
            Double(metrics.heldBytes))
        writeJournal(metrics.journal ?? JournalFigures())
        counter(
            "holdfast_malformed_frames_total", "Frames that are not of the account's dialect.", metrics.malformedFrames)
        counter(
            "holdfast_sequence_gaps_total", "Gaps in gateways' sequences: messages are missing.", metrics.sequenceGaps)
    }

    private mutating func writeNetwork(_ metrics: FleetMetrics) {
        counter(
            "holdfast_name_lookups_total", "Look-ups of names, each family of addresses counting.",
            metrics.names.lookUps)
        counter(
            "holdfast_name_cache_hits_total", "Questions for a name answered without a look-up of their own.",
            metrics.names.hits)
        counter("holdfast_name_lookup_failures_total", "Look-ups of names that failed.", metrics.names.failures)
        counter(
            "holdfast_name_stale_total", "Times an older answer stood in for a look-up that failed or took too long.",
            metrics.names.stale)
        counter(
            "holdfast_name_lookups_refused_total", "Questions for a name turned away: too many names at once.",
            metrics.names.refused)
        gauge("holdfast_names_cached", "Names kept, each family of addresses counting.", Double(metrics.names.kept))
        counter("holdfast_tls_contexts_made_total", "TLS contexts made.", metrics.tlsContextsMade)
        gauge("holdfast_tls_contexts_cached", "TLS contexts kept.", Double(metrics.tlsContextsKept))
    }

    private mutating func writeJournal(_ journal: JournalFigures) {
        gauge("holdfast_journal_entries", "Messages that wait for a handler.", Double(journal.waiting))
        gauge("holdfast_journal_queued_bytes", "Bytes that wait to be written.", Double(journal.queuedBytes))
        counter("holdfast_journal_commits_total", "Commits of the journal.", journal.commits)
        counter(
            "holdfast_journal_faults_total",
            "Writes that failed although the disk takes others; nothing in them was acknowledged.", journal.faults)
        gauge(
            "holdfast_outbox_entries", "Messages of ours that are not confirmed, refused or expired.",
            Double(journal.outbox))
        gauge("holdfast_dead_letters", "Letters.", Double(journal.letters))
        counter(
            "holdfast_letters_dropped_total", "Letters that had to go because there were too many.",
            journal.droppedLetters)
        counter(
            "holdfast_outbox_refused_total", "Messages that an account with a full outbox did not take.",
            journal.refusedOutbox)
        counter(
            "holdfast_outbox_dropped_total", "Closed messages of ours forgotten early because there were too many.",
            journal.droppedOutbox)
    }

    private mutating func writeChannels(_ channels: [ChannelFigures]) {
        counter(
            "holdfast_notifications_total", "What people were to be told, by what became of it.",
            channels.flatMap { channel in
                [("sent", channel.sent), ("failed", channel.failed), ("dropped", channel.dropped)]
                    .map { MetricSample([("channel", channel.channel), ("outcome", $0.0)], Double($0.1)) }
            })
    }

    private mutating func writeLimits(_ metrics: FleetMetrics) {
        gauge("holdfast_timeline_entries", "Entries kept in all timelines.", Double(metrics.timelineEntries))
        counter(
            "holdfast_timeline_dropped_total", "Entries that left a timeline because of a limit.",
            metrics.timelineDropped)
        counter("holdfast_events_dropped_total", "Events that slow subscribers missed.", metrics.eventsDropped)
    }

    private mutating func writeStore(_ metrics: FleetMetrics) {
        gauge(
            "holdfast_store_bytes", "Size of each database of the store, with its log.",
            metrics.storeBytes.map { MetricSample([("file", $0.file)], Double($0.bytes)) })
        counter(
            "holdfast_store_rows_dropped_total", "Rows of timelines and audit that the disk did not take in time.",
            UInt64(metrics.storeRowsDropped))
    }

    private mutating func writeProcess(_ metrics: FleetMetrics) {
        gauge(
            "holdfast_loop_lag_seconds", "The worst delay of each lane's loop in the last second.",
            metrics.loopLag.enumerated().map { MetricSample([("lane", String($0.offset))], $0.element.inSeconds) })
        counter(
            "holdfast_unobserved_pauses_total", "Times in which the process could not have noticed a reply.",
            metrics.unobservedPauses)
        gauge("process_resident_memory_bytes", "Resident memory.", Double(metrics.residentBytes))
        gauge(
            "holdfast_memory_budget_bytes", "What the process may use; 0: no budget.", Double(metrics.memoryBudgetBytes)
        )
        gauge(
            "holdfast_memory_pressure",
            "What is done about memory: 0 nothing, 1 caches are freed, 2 nobody connects anew, 3 sockets are given up.",
            Double(metrics.memoryLevel.rawValue))
        counter(
            "holdfast_memory_releases_total", "Times caches and idle buffers were freed because memory was short.",
            metrics.memoryReleases)
        counter(
            "holdfast_sessions_shed_total", "Sockets given up because memory was short.", metrics.sessionsShed)
        gauge("process_open_fds", "Open descriptors.", Double(metrics.openDescriptors))
        gauge("process_max_fds", "Descriptors that may be open.", Double(metrics.descriptorLimit))
        counter("process_cpu_seconds_total", "Processor time used, in seconds.", [MetricSample([], metrics.cpuSeconds)])
    }

    private static func name(_ outcome: AttemptOutcome) -> String {
        switch outcome {
        case .succeeded: "succeeded"
        case .endpointFailed: "endpoint_failed"
        case .accountFailed: "account_failed"
        case .abandoned: "abandoned"
        }
    }
}
