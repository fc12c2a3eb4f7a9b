import Foundation
import HoldfastCore
import HoldfastLab
import HoldfastStore
import Synchronization
import Testing

@testable import HoldfastFleet

@Suite("Messages to people, on their way")
struct NotificationDeskTests {
    /// Does not wait between tries.
    private static let hasty = CourierTerms(
        firstDelay: .milliseconds(1), longestDelay: .milliseconds(2), firstDelayAfterRefusal: .milliseconds(1),
        grace: .seconds(60))

    private func channel(_ pager: Pager, _ change: (inout ChannelConfiguration) -> Void = { _ in })
        -> ChannelConfiguration
    {
        var channel = ChannelConfiguration(.webhook(WebhookChannel(url: Secret(pager.url))))
        channel.perMinute = 1_000
        channel.timeout = .seconds(60)
        change(&channel)
        return channel
    }

    private func queue(_ ids: [String], on channel: String = "pager", in register: Register) async throws {
        for id in ids {
            let now = ProcessClock.wall
            try await register.queue(
                QueuedNotification(channel: channel, notification: .sample(id: id), queuedAt: now, dueAt: now))
        }
    }

    private func withRegister(_ body: (Register) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/holdfast-notify-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let register = try Register(folder: folder)
        try await body(register)
        await register.close()
    }

    private func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        let clock = ContinuousClock()
        let limit = clock.now + .seconds(60)
        while try await !condition() {
            try #require(clock.now < limit, "not reached: \(what)")
            // tidy: the pause between two looks; nothing is concluded from the time it takes
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    // MARK: The queue

    @Test("what waits is sent in its order, and leaves the queue")
    func order() async throws {
        try await withRegister { register in
            try await Pager.run { pager in
                try await queue(["1", "2"], in: register)
                let desk = NotificationDesk(register: register, logger: LogRecorder().logger, terms: Self.hasty)
                desk.apply(["pager": channel(pager)], console: nil)
                try await eventually("two") { pager.requests.count == 2 }
                try await queue(["3"], in: register)
                desk.queued(on: ["pager"])
                try await eventually("all sent") { try await register.waitingNotifications().isEmpty }
                #expect(pager.ids == ["1", "2", "3"])
                #expect(desk.figures.map(\.sent) == [3])
                await desk.stop()
            }
        }
    }

    @Test("a channel that is down gets every message once it is up, in order, and holds up no other")
    func down() async throws {
        try await withRegister { register in
            let isUp = Mutex(false)
            try await Pager.run({ _, _ in Pager.Answer(status: isUp.withLock { $0 } ? 200 : 503) }) { sick in
                try await Pager.run { healthy in
                    let log = LogRecorder()
                    let desk = NotificationDesk(register: register, logger: log.logger, terms: Self.hasty)
                    desk.apply(["sick": channel(sick), "healthy": channel(healthy)], console: nil)
                    for name in ["sick", "healthy"] { try await queue(["1", "2"], on: name, in: register) }
                    desk.queued(on: ["sick", "healthy"])
                    try await eventually("the healthy one has both") { healthy.ids == ["1", "2"] }
                    try await eventually("the sick one was tried") { sick.requests.count >= 3 }
                    #expect(!sick.ids.contains("2"))
                    #expect(desk.figures.first { $0.channel == "sick" }?.problem == "HTTP 503")
                    isUp.withLock { $0 = true }
                    try await eventually("all sent") { try await register.waitingNotifications().isEmpty }
                    #expect(sick.ids.filter { $0 == "2" }.count == 1 && sick.ids.last == "2")
                    #expect(log.lines("a notification could not be sent and is tried again").count == 1)
                    await desk.stop()
                }
            }
        }
    }

    @Test("a restart repeats nothing that was sent, and forgets nothing that was not")
    func restart() async throws {
        try await withRegister { register in
            let refusesTwo = Mutex(true)
            try await Pager.run({ request, _ in
                Pager.Answer(status: request.id == "2" && refusesTwo.withLock { $0 } ? 500 : 200)
            }) { pager in
                let first = NotificationDesk(register: register, logger: LogRecorder().logger, terms: Self.hasty)
                first.apply(["pager": channel(pager)], console: nil)
                try await queue(["1", "2"], in: register)
                first.queued(on: ["pager"])
                try await eventually("the second was tried") { pager.ids.contains("2") }
                await first.stop()
                refusesTwo.withLock { $0 = false }
                let tried = pager.requests.count
                let second = NotificationDesk(register: register, logger: LogRecorder().logger, terms: Self.hasty)
                second.apply(["pager": channel(pager)], console: nil)
                try await eventually("all sent") { try await register.waitingNotifications().isEmpty }
                #expect(pager.ids.dropFirst(tried) == ["2"])
                #expect(pager.ids.filter { $0 == "1" }.count == 1)
                await second.stop()
            }
        }
    }

    @Test("a stop waits for what is being sent, so that the next process does not send it again")
    func stop() async throws {
        try await withRegister { register in
            let gate = Turnstile()
            try await Pager.run({ _, _ in
                await gate.pass()
                return Pager.Answer()
            }) { pager in
                let desk = NotificationDesk(register: register, logger: LogRecorder().logger, terms: Self.hasty)
                desk.apply(["pager": channel(pager)], console: nil)
                try await queue(["1"], in: register)
                desk.queued(on: ["pager"])
                try await eventually("it is on its way") { gate.waiting == 1 }
                async let stopped: Void = desk.stop()
                gate.open()
                await stopped
                #expect(try await register.waitingNotifications().isEmpty)
                #expect(pager.ids == ["1"])
            }
        }
    }

    @Test("a message that is refused again and again is given up, and the next one goes")
    func refused() async throws {
        try await withRegister { register in
            try await Pager.run({ request, _ in Pager.Answer(status: request.id == "1" ? 400 : 200) }) { pager in
                let log = LogRecorder()
                let desk = NotificationDesk(register: register, logger: log.logger, terms: Self.hasty)
                desk.apply(["pager": channel(pager)], console: nil)
                try await queue(["1", "2"], in: register)
                desk.queued(on: ["pager"])
                try await eventually("all gone") { try await register.waitingNotifications().isEmpty }
                #expect(pager.ids == ["1", "1", "1", "1", "1", "2"])
                #expect(desk.figures.first?.dropped == 1 && desk.figures.first?.sent == 1)
                #expect(log.lines("a notification was given up").count == 1)
                await desk.stop()
            }
        }
    }

    @Test("what is older than a day is not sent any more")
    func old() async throws {
        try await withRegister { register in
            try await Pager.run { pager in
                let now = ProcessClock.wall
                try await register.queue(
                    QueuedNotification(
                        channel: "pager", notification: .sample(id: "old"), queuedAt: now - .seconds(90_000), dueAt: now
                    ))
                try await queue(["new"], in: register)
                let desk = NotificationDesk(register: register, logger: LogRecorder().logger, terms: Self.hasty)
                desk.apply(["pager": channel(pager)], console: nil)
                try await eventually("all gone") { try await register.waitingNotifications().isEmpty }
                #expect(pager.ids == ["new"])
                await desk.stop()
            }
        }
    }

    @Test("without a store messages wait in memory, the newest hundred")
    func memory() async throws {
        let gate = Turnstile()
        try await Pager.run({ _, _ in
            await gate.pass()
            return Pager.Answer()
        }) { pager in
            let desk = NotificationDesk(register: nil, logger: LogRecorder().logger, terms: Self.hasty)
            desk.apply(["pager": channel(pager)], console: nil)
            desk.send(.sample(id: "first"), on: ["pager"])
            try await eventually("the first is on its way") { gate.waiting == 1 }
            for number in 1...105 { desk.send(.sample(id: "\(number)"), on: ["pager"]) }
            gate.open()
            try await eventually("the last is there") { pager.ids.last == "105" }
            #expect(pager.ids == ["first"] + (6...105).map { "\($0)" })
            #expect(desk.figures.first?.dropped == 6)
            await desk.stop()
        }
    }

    // MARK: The channels

    @Test("a channel is for what weighs as much as it asks for")
    func severity() async throws {
        try await Pager.run { pager in
            let desk = NotificationDesk(register: nil, logger: LogRecorder().logger)
            desk.apply(
                ["all": channel(pager), "night": channel(pager) { $0.minimumSeverity = .critical }], console: nil)
            #expect(desk.channels(for: .sample()) == ["all", "night"])
            #expect(desk.channels(for: .sample(rule: .slowReplies)) == ["all"])
            await desk.stop()
        }
    }

    @Test("a reload moves what waits to the channel's new address, and drops what waits for channels that are gone")
    func reload() async throws {
        try await withRegister { register in
            try await Pager.run({ _, _ in Pager.Answer(status: 503) }) { old in
                try await Pager.run { new in
                    let desk = NotificationDesk(register: register, logger: LogRecorder().logger, terms: Self.hasty)
                    desk.apply(["pager": channel(old), "gone": channel(old)], console: nil)
                    for name in ["pager", "gone"] { try await queue(["1"], on: name, in: register) }
                    desk.queued(on: ["pager", "gone"])
                    try await eventually("both were tried") { old.requests.count >= 2 }
                    desk.apply(["pager": channel(new)], console: nil)
                    try await eventually("nothing waits") { try await register.waitingNotifications().isEmpty }
                    #expect(new.ids == ["1"])
                    await desk.stop()
                }
            }
        }
    }

    @Test("no more than the channel bears in a minute", arguments: [1, 2, 20, 1_000])
    func pace(perMinute: Int) {
        var channel = ChannelConfiguration(.command(CommandChannel(run: [])))
        channel.perMinute = perMinute
        var bucket = channel.pace
        var now = Instant(nanoseconds: 0)
        var sent: [Instant] = []
        while sent.count < perMinute * 3 {
            if bucket.take(at: now) { sent.append(now) } else { now = max(bucket.readyAt, now + .nanoseconds(1)) }
        }
        for (index, first) in sent.enumerated() {
            let inAMinute = sent[index...].prefix { $0.since(first) < .seconds(60) }.count
            #expect(inAMinute <= max(perMinute, 1))
        }
    }

    @Test("a test goes out at once, says what became of it, and of a web service it ends what it began")
    func test() async throws {
        try await Pager.run({ _, before in Pager.Answer(status: before < 2 ? 200 : 404) }) { pager in
            let desk = NotificationDesk(register: nil, logger: LogRecorder().logger)
            desk.apply(["pager": channel(pager)], console: nil)
            try await desk.test("pager")
            let payloads = pager.requests.compactMap { JSONTree($0.body) }
            #expect(payloads.map { $0["status"]?.plain } == ["firing", "resolved"])
            #expect(payloads.allSatisfy { $0["commonLabels"]?["alertname"]?.plain == "HoldfastTest" })
            await #expect(throws: ChannelTestFailure.failed("HTTP 404")) { try await desk.test("pager") }
            await #expect(throws: ChannelTestFailure.unknown(known: ["pager"])) { try await desk.test("other") }
            await desk.stop()
        }
    }

    // MARK: Senders

    @Test("a webhook is signed as those of handlers are, and asked to wait it waits")
    func webhook() async throws {
        try await Pager.run({ _, before in before == 0 ? Pager.Answer() : Pager.Answer(status: 429, retryAfter: "7") })
        { pager in
            var webhook = WebhookChannel(url: Secret(pager.url))
            webhook.secret = Secret("s")
            let sender = WebhookSender(channel: "pager", webhook, timeout: .seconds(60), console: nil)
            let text = NotificationText(.sample(), language: .english, console: nil)
            try await sender.send(.sample(), text)
            let request = try #require(pager.requests.first)
            let timestamp = try #require(request.headers["Holdfast-Timestamp"])
            #expect(
                request.headers["Holdfast-Signature"]
                    == WebhookHandler.signature(of: .init(bytes: request.body), at: timestamp, by: Secret("s")))
            await #expect(throws: ChannelFailure.later("HTTP 429", after: .seconds(7))) {
                try await sender.send(.sample(), text)
            }
            await sender.close()
        }
    }

    @Test("a chat is told by its own rules, and its no is heard")
    func chat() async throws {
        try await Pager.run({ _, before in
            Pager.Answer(body: before == 0 ? #"{"errcode":0}"# : #"{"errcode":310000,"errmsg":"sign not match"}"#)
        }) { pager in
            let chat = ChatChannel(.dingtalk, url: Secret(pager.url), secret: Secret("s"))
            let sender = ChatSender(chat, timeout: .seconds(60))
            let text = NotificationText(.sample(), language: .chinese, console: nil)
            try await sender.send(.sample(), text)
            #expect(JSONTree(pager.requests.first?.body ?? [])?["markdown"]?["title"]?.plain == text.subject)
            await #expect(throws: ChannelFailure.refused("code 310000: sign not match")) {
                try await sender.send(.sample(), text)
            }
            await sender.close()
        }
    }

    @Test("who says that it lives elsewhere has not taken the message", arguments: [301, 302, 303, 307, 308])
    func redirection(status: Int) async throws {
        try await Pager.run { elsewhere in
            try await Pager.run({ _, _ in Pager.Answer(status: status, location: elsewhere.url) }) { pager in
                let sender = WebhookSender(
                    channel: "pager", WebhookChannel(url: Secret(pager.url)), timeout: .seconds(60), console: nil)
                await #expect(throws: ChannelFailure.refused("HTTP \(status)")) {
                    try await sender.send(.sample(), NotificationText(.sample(), language: .english, console: nil))
                }
                await sender.close()
            }
            #expect(elsewhere.requests.isEmpty)
        }
    }

    @Test("who begins an answer and does not end it may have the message later", .timeLimit(.minutes(2)))
    func endless() async throws {
        let server = try await WebhookServer.start { _ in .init(body: "{", isEndless: true) }
        let text = NotificationText(.sample(), language: .english, console: nil)
        let senders: [any NotificationSender] = [
            WebhookSender(
                channel: "pager", WebhookChannel(url: Secret(server.url)), timeout: .milliseconds(200), console: nil),
            ChatSender(ChatChannel(.slack, url: Secret(server.url)), timeout: .milliseconds(200)),
        ]
        for sender in senders {
            do throws(ChannelFailure) {
                try await sender.send(.sample(), text)
                Issue.record("there was no whole answer")
            } catch {
                #expect(error == .later(error.reason))
            }
            await sender.close()
        }
        await server.shutdown()
    }

    @Test("an address that nobody answers at is told without the token in it")
    func unreachable() async throws {
        let sender = ChatSender(
            ChatChannel(.slack, url: Secret("http://127.0.0.1:1/services/geheim")), timeout: .seconds(2))
        do throws(ChannelFailure) {
            try await sender.send(.sample(), NotificationText(.sample(), language: .english, console: nil))
            Issue.record("somebody listens on port 1")
        } catch {
            #expect(error.reason.hasPrefix("no answer: ") && !error.reason.contains("geheim"))
        }
        await sender.close()
    }

    @Test(
        "a program's status says whether it has the message",
        arguments: [
            ("cat > \"$0\"", nil), ("exit 1", ChannelFailure.later("the program ended with status 1")),
            ("exit 75", .later("the program ended with status 75")),
            ("exit 65", .refused("the program ended with status 65")),
        ] as [(String, ChannelFailure?)])
    func command(script: String, failure: ChannelFailure?) async throws {
        let file = FileManager.default.temporaryDirectory.path + "/holdfast-command-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let sender = CommandSender(
            configuration: CommandChannel(run: ["/bin/sh", "-c", script, file]), timeout: .seconds(60))
        let text = NotificationText(.sample(), language: .english, console: nil)
        do {
            try await sender.send(.sample(), text)
            #expect(failure == nil)
            let json = JSONTree(try Data(contentsOf: URL(filePath: file)))
            #expect(json?["alert"]?.plain == "a1b2" && json?["subject"]?.plain == text.subject)
        } catch let error as ChannelFailure {
            #expect(error == failure)
        }
    }
}
