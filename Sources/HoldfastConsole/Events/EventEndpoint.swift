import HTTPTypes
import HoldfastFleet
import Hummingbird
import NIOCore
import ServiceLifecycle

/// `GET /api/v1/events`: what happens in the fleet, as it happens.
///
/// The fleet keeps the newest events and lets a subscriber begin after any of them; this endpoint adds the format, the
/// keep-alive and the limits. An event's id is `EPOCH-NUMBER`; the epoch sets this process apart from an earlier one, whose
/// numbers mean other events.
struct EventEndpoint: Sendable {
    let fleet: Fleet
    let epoch: String
    let limits: ConsoleLimits
    let counters: ConsoleCounters

    @Sendable func stream(_ call: Call) async throws -> Response {
        var headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        // Tells a proxy that would collect the answer first to hand it on as it comes.
        if let buffering = HTTPField.Name("X-Accel-Buffering") { headers[buffering] = "no" }
        guard call.request.method == .get else { return Response(status: .ok, headers: headers) }
        guard let seat = ViewerSeat(counters, limit: limits.viewers) else {
            throw Problem(
                status: .serviceUnavailable, code: "too_many_viewers",
                detail: "At most \(limits.viewers) viewers can watch at once.", headers: [.retryAfter: "10"])
        }
        let resumption = HTTPField.Name("Last-Event-ID").flatMap { call.request.headers[$0] }
        let request = call.request
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                let outbox = ViewerOutbox(limitBytes: limits.viewerBacklogBytes)
                try await request.body.consumeWithInboundCloseHandler { _ in
                    try await self.run(outbox, resuming: resumption, to: &writer)
                } onInboundClosed: {
                    outbox.close()
                }
                try await writer.finish(nil)
                // Held until here, whichever way the stream ends.
                seat.leave()
            })
    }

    private func run(
        _ outbox: ViewerOutbox, resuming lastEventID: String?, to writer: inout any ResponseBodyWriter
    ) async throws {
        let place = lastEventID.flatMap(number)
        // From where it would resume if it lost the connection before it hears anything.
        let start = place ?? fleet.lastEventID
        // Subscribed before anything is written, so that what a viewer loads after the greeting is never older than what
        // it hears.
        let events = fleet.events(after: place)
        try await writer.write(greeting(isLost: lastEventID != nil && place == nil, at: start))
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                await cancelWhenGracefulShutdown { await self.feed(outbox, events, after: place) }
                outbox.close()
            }
            group.addTask {
                while (try? await Task.sleep(for: limits.keepAlive)) != nil, outbox.put(StreamEvent.keepAlive) {}
            }
            for await _ in outbox.rings {
                let text = outbox.take()
                if text.readableBytes > 0 { try await writer.write(text) }
            }
            group.cancelAll()
        }
    }

    /// Brings the fleet's events to the outbox until they end or the viewer has fallen behind.
    private func feed(_ outbox: ViewerOutbox, _ events: AsyncStream<FleetEvent>, after place: UInt64?) async {
        var previous = place
        for await event in events {
            if let last = previous, event.id > last + 1 {
                // Right at the beginning, the viewer was away for too long; later, it was too slow for the fleet.
                guard last == place else { return counters.countDroppedViewer() }
                counters.countEventGap()
                guard outbox.put(StreamEvent.gap.text(id: id(event.id - 1))) else {
                    return counters.countDroppedViewer()
                }
            }
            previous = event.id
            guard outbox.put(StreamEvent(event.kind).text(id: id(event.id))) else {
                return counters.countDroppedViewer()
            }
        }
    }

    /// The first thing a viewer is told: how things stand, and whether it missed something.
    private func greeting(isLost: Bool, at start: UInt64) -> ByteBuffer {
        var text = StreamEvent.retry
        if isLost {
            counters.countEventGap()
            text.writeImmutableBuffer(StreamEvent.gap.text(id: id(start)))
        }
        text.writeImmutableBuffer(StreamEvent.totals(fleet.metrics().totals).text(id: id(start)))
        return text
    }

    private func id(_ number: UInt64) -> String { Self.id(number, epoch: epoch) }

    static func id(_ number: UInt64, epoch: String) -> String { "\(epoch)-\(number)" }

    private func number(of id: String) -> UInt64? {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts.first, first == epoch, let last = parts.last else { return nil }
        // The largest number has no successor; no fleet gets that far.
        return UInt64(last).flatMap { $0 == .max ? nil : $0 }
    }
}

/// A place among the viewers. It is given back when the answer that holds it is gone, however that came about.
final class ViewerSeat: Sendable {
    private let counters: ConsoleCounters

    /// Nil if all places are taken.
    init?(_ counters: ConsoleCounters, limit: Int) {
        guard counters.admitViewer(limit: limit) else { return nil }
        self.counters = counters
    }

    func leave() {}

    deinit {
        counters.removeViewer()
    }
}
