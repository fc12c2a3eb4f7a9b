import HoldfastCore
import HoldfastLab
import HoldfastStore
import HoldfastWire
import Testing

@testable import HoldfastFleet

extension AccountConfiguration {
    /// An account of the test gateway whose messages do not wait for rest.
    static func chatty(
        _ id: String, _ gateway: Gateway, mode: MessageMode = .durable, debounce: Duration = .zero
    ) throws -> AccountConfiguration {
        let lwp = LWP(accountID: id, appKey: "444", userID: "1001")
        var account = try AccountConfiguration.test(id, gateway, dialect: .lwp(lwp))
        account.messages = mode
        account.intake.debounce = debounce
        return account
    }
}

@Suite("Messages of a fleet")
struct MessageTests {
    @Test(
        "a message is acknowledged, handled, and answered once",
        arguments: AccountConfiguration.MessageMode.allCases)
    func wholeWay(mode: AccountConfiguration.MessageMode) async throws {
        try await StoredFleet.run { rig in
            let log = DeliveryLog { delivery, _ in ["you said \(delivery.messages[0].text ?? "")"] }
            rig.configuration.handlers = [HandlerRoute(.all, log)]
            try await rig.start([try .chatty("a", rig.gateway, mode: mode)])
            _ = try rig.gateway.push(PushRequest(account: "a", text: "hello", chat: "31"))
            try await rig.wait { rig.gateway.statistics().sendsTotal == 1 && rig.fleet.metrics().journal?.outbox == 0 }
            let statistics = rig.gateway.statistics()
            #expect(statistics.acked == 1)
            #expect(statistics.sends.map(\.chat) == ["31"])
            #expect(statistics.sends.map(\.text) == ["you said hello"])
            #expect(statistics.sends.map(\.count) == [1])
            let delivery = try #require(log.deliveries.first)
            #expect(log.deliveries.count == 1)
            let clientID = Journal.clientID(account: "a", message: delivery.messages[0].id, index: 0)
            #expect(statistics.sends.map(\.uuid) == [clientID])
            #expect(try await rig.fleet.message(clientID, of: "a").state == .confirmed)
            try await rig.wait { rig.fleet.metrics().messagesAcknowledged == 1 }
            #expect(rig.fleet.metrics().handled[.handled] == 1)
            #expect(rig.fleet.metrics().journal?.waiting == 0)
        }
    }

    @Test(
        "without a handler a message is acknowledged and known when it comes again, and that is all",
        arguments: AccountConfiguration.MessageMode.allCases)
    func noHandler(mode: AccountConfiguration.MessageMode) async throws {
        try await StoredFleet.run { rig in
            try await rig.start([try .chatty("a", rig.gateway, mode: mode)])
            for _ in 0..<2 { _ = try rig.gateway.push(PushRequest(account: "a", text: "hello", chat: "31", id: "m-1")) }
            try await rig.wait { rig.gateway.statistics().acked == 2 }
            try await rig.wait { rig.fleet.metrics().handled[.unmatched] == 1 }
            try await rig.wait { rig.fleet.metrics().duplicates == 1 }
            #expect(rig.fleet.metrics().journal?.waiting == 0)
        }
    }

    @Test("five items in one push are five, whatever form they have", arguments: PushRequest.Format.allCases)
    func batch(format: PushRequest.Format) async throws {
        try await StoredFleet.run { rig in
            let log = DeliveryLog()
            rig.configuration.handlers = [HandlerRoute(.all, log)]
            try await rig.start([try .chatty("a", rig.gateway)])
            _ = try rig.gateway.push(PushRequest(account: "a", text: "n{n}", chat: "1", batch: 5, format: format))
            try await rig.wait { log.messages.count == 5 }
            #expect(Set(log.messages.map(\.id)).count == 5)
            #expect(rig.gateway.statistics().acked == 1)
            #expect(rig.fleet.metrics().handled[.handled] <= 5)
        }
    }

    @Test("what was acknowledged and not handled is handled after a restart, under the same delivery id")
    func restart() async throws {
        try await StoredFleet.run { rig in
            let gate = Turnstile()
            let stuck = DeliveryLog { _, _ in
                await gate.pass()
                throw CancellationError()
            }
            rig.configuration.handlers = [HandlerRoute(.all, stuck)]
            let account = try AccountConfiguration.chatty("a", rig.gateway)
            try await rig.start([account])
            _ = try rig.gateway.push(PushRequest(account: "a", text: "hello", chat: "31", id: "m-1"))
            try await rig.wait { gate.waiting == 1 && rig.gateway.statistics().acked == 1 }
            async let stopped: Void = rig.stop()
            gate.open()
            await stopped

            let log = DeliveryLog()
            rig.configuration.handlers = [HandlerRoute(.all, log)]
            try await rig.start([account])
            try await rig.wait { log.deliveries.count == 1 }
            #expect(log.deliveries.map(\.id) == stuck.deliveries.prefix(1).map(\.id))
            #expect(log.deliveries.map(\.isRepeated) == [true])
            try await rig.wait { rig.fleet.metrics().journal?.waiting == 0 }

            // The same id again, after all that: acknowledged, and handled no more.
            _ = try rig.gateway.push(PushRequest(account: "a", text: "hello", chat: "31", id: "m-1"))
            _ = try rig.gateway.push(PushRequest(account: "a", text: "hello", chat: "31", id: "m-2"))
            try await rig.wait { log.deliveries.count == 2 && rig.gateway.statistics().acked == 3 }
            #expect(log.messages.map(\.id) == ["m-1", "m-2"])
            try await rig.wait { rig.fleet.metrics().duplicates == 1 }
        }
    }

    @Test("after-handling: nothing is acknowledged before it is handled")
    func afterHandling() async throws {
        try await StoredFleet.run { rig in
            let gate = Turnstile()
            let log = DeliveryLog { _, _ in
                await gate.pass()
                return []
            }
            rig.configuration.handlers = [HandlerRoute(.all, log)]
            try await rig.start([try .chatty("a", rig.gateway, mode: .afterHandling)])
            _ = try rig.gateway.push(PushRequest(account: "a", chat: "1", batch: 2))
            try await rig.wait { gate.waiting > 0 }
            #expect(rig.gateway.statistics().acked == 0)
            gate.open()
            try await rig.wait { rig.gateway.statistics().acked == 1 }
            #expect(log.messages.count == 2)
        }
    }

    @Test(
        "when the messages held of all accounts are too many, no socket is read whose account has some; then it goes on",
        arguments: [AccountConfiguration.MessageMode.afterHandling, .memory])
    func heldInAll(mode: AccountConfiguration.MessageMode) async throws {
        try await StoredFleet.run { rig in
            let gate = Turnstile()
            let log = DeliveryLog { _, _ in
                await gate.pass()
                return []
            }
            rig.configuration.handlers = [HandlerRoute(.all, log)]
            try await rig.start(["a", "b", "c"].map { try .chatty($0, rig.gateway, mode: mode) })
            let desk = try #require(rig.fleet.state.withLock { $0.engine?.messages })
            _ = await desk.ask { $0.heldLimitBytes = 1_000 }
            // One is enough for the limit, and the next finds it reached.
            _ = try rig.gateway.push(PushRequest(account: "a", text: String(repeating: "x", count: 2_000), chat: "1"))
            try await rig.wait { rig.fleet.metrics().readingPauses == 1 }
            _ = try rig.gateway.push(PushRequest(account: "b", text: "short", chat: "1"))
            try await rig.wait { rig.fleet.metrics().readingPauses == 2 && gate.waiting == 2 }
            #expect(rig.fleet.metrics().heldBytes > 2_000)
            gate.open()
            try await rig.wait { log.messages.count == 2 && rig.fleet.metrics().heldBytes == 0 }
            for account in ["a", "b", "c"] { _ = try rig.gateway.push(PushRequest(account: account, chat: "1")) }
            try await rig.wait { log.messages.count == 5 && rig.gateway.statistics().acked == 5 }
            #expect(rig.fleet.metrics().readingPauses == 2)
        }
    }

    @Test("messages of a chat come together, in order, when it rests")
    func gathers() async throws {
        try await StoredFleet.run { rig in
            let log = DeliveryLog()
            rig.configuration.handlers = [HandlerRoute(.all, log)]
            try await rig.start([try .chatty("a", rig.gateway, debounce: .milliseconds(300))])
            _ = try rig.gateway.push(PushRequest(account: "a", count: 20, text: "{n}", chat: "1"))
            try await rig.wait { log.messages.count == 20 }
            #expect(log.texts == (1...20).map(String.init))
            #expect(log.deliveries.count < 20)
        }
    }

    @Test("one chat waits for its handler, the others do not")
    func order() async throws {
        try await StoredFleet.run { rig in
            let gate = Turnstile()
            let log = DeliveryLog { delivery, _ in
                if delivery.chat == "slow" { await gate.pass() }
                return []
            }
            rig.configuration.handlers = [HandlerRoute(.all, log)]
            try await rig.start([try .chatty("a", rig.gateway)])
            _ = try rig.gateway.push(PushRequest(account: "a", text: "1", chat: "slow"))
            try await rig.wait { gate.waiting == 1 }
            _ = try rig.gateway.push(PushRequest(account: "a", text: "2", chat: "slow"))
            _ = try rig.gateway.push(PushRequest(account: "a", text: "3", chat: "quick"))
            try await rig.wait { log.texts.contains("3") }
            #expect(log.texts == ["1", "3"])
            gate.open()
            try await rig.wait { log.texts == ["1", "3", "2"] }
        }
    }

    @Test("a handler that fails is called again; one that refuses makes a letter, which can be replayed")
    func failures() async throws {
        try await StoredFleet.run { rig in
            let log = DeliveryLog { delivery, before in
                switch (delivery.chat, before) {
                case ("later", 0): throw HandlerFailure.later(reason: "not yet")
                case ("never", 0...2): throw HandlerFailure.refused(reason: "not mine")
                default: return []
                }
            }
            rig.configuration.handlers = [HandlerRoute(.all, log)]
            try await rig.start([try .chatty("a", rig.gateway)])
            _ = try rig.gateway.push(PushRequest(account: "a", chat: "later"))
            try await rig.wait { log.deliveries.count == 2 }
            #expect(Set(log.deliveries.map(\.id)).count == 1)
            _ = try rig.gateway.push(PushRequest(account: "a", text: "hello", chat: "never"))
            try await rig.wait {
                rig.fleet.metrics().journal?.letters == 1 && rig.fleet.metrics().handled[.letter] == 1
            }
            let letter = try #require(try await rig.fleet.letters(limit: 10).elements.first)
            #expect(letter.code == "refused")
            #expect(letter.detail == "not mine")
            #expect(letter.message?.text == "hello")
            try await rig.fleet.replay(letter: letter.id)
            try await rig.wait { log.deliveries.count == 4 && rig.fleet.metrics().journal?.waiting == 0 }
            #expect(rig.fleet.metrics().journal?.letters == 0)
            await #expect(throws: MessageRefusal.notFound) { try await rig.fleet.replay(letter: letter.id) }
        }
    }

    @Test(
        "an account that comes back has nothing to do with what a handler still does for the one that was removed",
        arguments: [AccountConfiguration.MessageMode.durable, .afterHandling])
    func removedAndBack(mode: AccountConfiguration.MessageMode) async throws {
        try await StoredFleet.run { rig in
            let gates = [Turnstile(), Turnstile()]
            let log = DeliveryLog { _, before in
                if before < gates.count { await gates[before].pass() }
                return []
            }
            rig.configuration.handlers = [HandlerRoute(.all, log)]
            let account = try AccountConfiguration.chatty("a", rig.gateway, mode: mode)
            try await rig.start([account])
            let desk = try #require(rig.fleet.state.withLock { $0.engine?.messages })
            _ = try rig.gateway.push(PushRequest(account: "a", text: "before", chat: "31", id: "m-1"))
            try await rig.wait { gates[0].waiting == 1 }

            rig.configuration.accounts = []
            _ = try await rig.fleet.apply(rig.configuration)
            try await rig.wait { await desk.ask { $0.inboxes.isEmpty } == true }
            try await rig.wait { rig.gateway.statistics().live == 0 }
            // What waited has become a letter, so nothing that comes now can.
            if mode == .durable { try await rig.wait { rig.fleet.metrics().journal?.letters == 1 } }
            rig.configuration.accounts = [account]
            _ = try await rig.fleet.apply(rig.configuration)
            try await rig.wait { await rig.fleet.account("a")?.state == .connected }
            _ = try rig.gateway.push(PushRequest(account: "a", text: "after", chat: "31", id: "m-2"))
            try await rig.wait { gates[1].waiting == 1 }

            /// What the new account has with its handler, and what waits in it.
            func open() async -> [Int]? {
                await desk.ask { desk in
                    guard let inbox = desk.inboxes["a"] else { return [] }
                    return [inbox.busy["31"] ?? 0, inbox.heldCount + inbox.waiting, inbox.intake.handling]
                }
            }
            let before = await open()
            #expect(before?.last == 1)
            gates[0].open()
            try await rig.wait { await desk.ask { $0.running.count } == 1 }
            #expect(await open() == before)
            gates[1].open()
            try await rig.wait { await open() == [0, 0, 0] }
            #expect(rig.fleet.metrics().heldBytes == 0)
        }
    }

    @Test("that a handler fails is said once, and that it works again once, whatever else is handled meanwhile")
    func trouble() async throws {
        try await StoredFleet.run { rig in
            let mended = EndingFlag()
            let picky = DeliveryLog { delivery, _ in
                guard delivery.chat == "good" || mended.isSet else {
                    throw HandlerFailure.later(reason: "not this one")
                }
                return []
            }
            let other = DeliveryLog()
            rig.configuration.handlers = [
                HandlerRoute(HandlerMatch(chat: "other"), other), HandlerRoute(.all, picky),
            ]
            try await rig.start([try .chatty("a", rig.gateway)])
            _ = try rig.gateway.push(PushRequest(account: "a", chat: "bad"))
            try await rig.wait { picky.deliveries.count == 1 }
            for round in 1...3 {
                for chat in ["good", "other"] { _ = try rig.gateway.push(PushRequest(account: "a", chat: chat)) }
                // Each round ends with another try of what fails.
                try await rig.wait(atMost: .seconds(60)) {
                    other.deliveries.count == round && picky.deliveries.count { $0.chat == "good" } == round
                        && picky.deliveries.count { $0.chat == "bad" } > round
                }
            }
            let said = rig.log.lines("a handler fails and will be called again until it works")
            #expect(said.map { $0.metadata["handler"] } == ["2"])
            #expect(rig.log.lines("a handler works again").isEmpty)
            mended.set()
            try await rig.wait(atMost: .seconds(60)) { !rig.log.lines("a handler works again").isEmpty }
            #expect(rig.log.lines("a handler works again").map { $0.metadata["handler"] } == ["2"])
        }
    }

    @Test("a handler that fails still does where it is declared now, and its neighbours have nothing to do with it")
    func troubleMoves() async throws {
        try await StoredFleet.run { rig in
            let mended = EndingFlag()
            let failing = DeliveryLog { _, _ in
                guard mended.isSet else { throw HandlerFailure.later(reason: "not yet") }
                return []
            }
            rig.configuration.handlers = [HandlerRoute(.all, failing)]
            try await rig.start([try .chatty("a", rig.gateway)])
            _ = try rig.gateway.push(PushRequest(account: "a", chat: "1"))
            try await rig.wait { failing.deliveries.count == 1 }
            let inFront = DeliveryLog()
            rig.configuration.handlers = [
                HandlerRoute(HandlerMatch(chat: "2"), inFront), HandlerRoute(.all, failing),
            ]
            _ = try await rig.fleet.apply(rig.configuration)
            _ = try rig.gateway.push(PushRequest(account: "a", chat: "2"))
            let tries = failing.deliveries.count
            try await rig.wait { inFront.deliveries.count == 1 && failing.deliveries.count > tries + 1 }
            let said = rig.log.lines("a handler fails and will be called again until it works")
            #expect(said.map { $0.metadata["handler"] } == ["1"])
            mended.set()
            try await rig.wait { !rig.log.lines("a handler works again").isEmpty }
            #expect(rig.log.lines("a handler works again").map { $0.metadata["handler"] } == ["2"])
        }
    }

    @Test("the first handler that matches answers, and what nobody wants counts as handled")
    func routes() async throws {
        try await StoredFleet.run { rig in
            let (first, second) = (DeliveryLog(), DeliveryLog())
            rig.configuration.handlers = [
                HandlerRoute(HandlerMatch(text: "PRICE"), first), HandlerRoute(HandlerMatch(account: "b*"), second),
            ]
            try await rig.start([try .chatty("a", rig.gateway), try .chatty("b-1", rig.gateway)])
            _ = try rig.gateway.push(PushRequest(account: "a", text: "what price?", chat: "1"))
            _ = try rig.gateway.push(PushRequest(account: "b-1", text: "hello", chat: "1"))
            _ = try rig.gateway.push(PushRequest(account: "a", text: "hello", chat: "2"))
            try await rig.wait {
                rig.fleet.metrics().handled[.unmatched] == 1 && first.texts.count + second.texts.count == 2
            }
            #expect(first.texts == ["what price?"])
            #expect(second.deliveries.map(\.account) == ["b-1"])
            try await rig.wait { rig.fleet.metrics().journal?.waiting == 0 }
        }
    }

    @Test("durable messages without a store are refused at the start")
    func needsStore() async throws {
        let fleet = Fleet(
            FleetConfiguration(accounts: [
                AccountConfiguration(
                    id: "a", target: try LinkTarget(url: "ws://127.0.0.1:1/"),
                    dialect: .lwp(LWP(accountID: "a", appKey: "1")), messages: .durable)
            ]), logger: LogRecorder().logger)
        await #expect(throws: FleetError.needsStore(["a"])) { try await fleet.start() }
        await fleet.shutdown()
    }
}
