import MetricsTestKit
import Testing

@testable import HoldfastFleet

@Suite("What a backend of swift-metrics is told")
struct MetricFeedTests {
    private let backend = TestMetrics()

    @Test("counters hear by how much they grew, not how large they are")
    func counters() throws {
        var feed = MetricFeed(factory: backend)
        for value: UInt64 in [5, 5, 12] {
            var table = MetricTable()
            table.counter("sent_total", "Sent.", [MetricSample([("endpoint", "ws://a:1")], Double(value))])
            feed.publish(table)
        }
        let counter = try backend.expectCounter("sent_total", [("endpoint", "ws://a:1")])
        #expect(counter.values == [5, 7])
    }

    @Test("gauges hear each value, one gauge per set of labels")
    func gauges() throws {
        var feed = MetricFeed(factory: backend)
        for value in [3.0, 2.0] {
            var table = MetricTable()
            table.gauge("accounts", "A.", [MetricSample([("state", "a")], value), MetricSample([("state", "b")], 9)])
            feed.publish(table)
        }
        #expect(try backend.expectGauge("accounts", [("state", "a")]).values == [3, 2])
        #expect(try backend.expectGauge("accounts", [("state", "b")]).values == [9, 9])
    }

    @Test("an observation is told once, as the upper end of its bucket")
    func histograms() throws {
        var feed = MetricFeed(factory: backend)
        var histogram = Histogram(bounds: [0.5, 1])
        for counts: [UInt64] in [[1, 0, 0], [1, 2, 1]] {
            histogram.counts = counts
            var table = MetricTable()
            table.histogram("seconds", "S.", histogram)
            feed.publish(table)
        }
        #expect(try backend.expectRecorder("seconds").values == [0.5, 1, 1, 2])
    }

    @Test("every metric of a fleet reaches the backend, and is given back at the end")
    func everything() throws {
        var metrics = FleetMetrics()
        metrics.endpoints = [EndpointMetrics(endpoint: "ws://a:1")]
        metrics.loopLag = [.milliseconds(1)]
        metrics.storeBytes = [("register", 1)]
        metrics.channels = [ChannelFigures(channel: "ops", kind: "email")]
        metrics.heartbeatsSent = 3
        var feed = MetricFeed(factory: backend)
        let table = MetricTable(metrics)
        feed.publish(table)
        let told = Set(backend.counters.map(\.label) + backend.recorders.map(\.label))
        #expect(told.isSuperset(of: table.families.map(\.name)))
        feed.end()
        #expect(backend.counters.isEmpty && backend.recorders.isEmpty)
    }
}
