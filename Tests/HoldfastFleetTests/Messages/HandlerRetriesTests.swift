import HoldfastCore
import HoldfastStore
import Testing

@testable import HoldfastFleet

@Suite("Handlers that are called again", .timeLimit(.minutes(2)))
struct HandlerRetriesTests {
    private static let delivery = Delivery(
        id: "d-1", account: "a", chat: "c",
        messages: [JournalMessage(id: "m", chat: "c", receivedAt: WallTime(milliseconds: 0), text: "hello")])

    /// Tries again after an hour at the soonest; tells of the first try.
    private static func run(ending: EndingFlag, tried: AsyncStream<Void>.Continuation) async -> HandlerRetries.Answer {
        let route = HandlerRoute(
            .all,
            DeliveryLog { _, _ in
                tried.yield()
                throw HandlerFailure.later(reason: "not yet", after: .seconds(3_600))
            })
        let answerer = Answerer(route: route, trouble: HandlerTrouble(of: 1, logger: LogRecorder().logger))
        return await HandlerRetries(answerer: { _ in answerer }, ending: ending).run(delivery)
    }

    @Test("neither the end of the process nor whoever is cancelled waits for the next try", arguments: [true, false])
    func ends(isCancelled: Bool) async {
        let ending = EndingFlag()
        let (tries, tried) = AsyncStream.makeStream(of: Void.self)
        let answer = Task { await Self.run(ending: ending, tried: tried) }
        for await _ in tries { break }
        if isCancelled { answer.cancel() } else { ending.set() }
        #expect(await answer.value == .abandoned)
    }

    @Test("nobody rests once the end has been announced")
    func noRest() async {
        let ending = EndingFlag()
        ending.set()
        await ending.nap(for: .seconds(3_600))
        #expect(ending.isSet)
    }
}
