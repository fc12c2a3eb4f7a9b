public import Metrics

extension Fleet {
    /// Tells a backend of swift-metrics what `metrics()` says, again and again, until the task is cancelled. For those who embed a
    /// fleet and have their own place for metrics; `/metrics` of the console needs none of this.
    ///
    /// Sessions count in plain numbers of their lane, without a lock; this takes the sums and hands on by how much they grew. An
    /// observation of a histogram is told as the upper end of its bucket, one above the last end as twice that end.
    ///
    /// - Parameter interval: at least a second; less counts as one.
    public func publishMetrics(
        to factory: any MetricsFactory = MetricsSystem.factory, every interval: Duration = .seconds(10)
    ) async {
        var feed = MetricFeed(factory: factory)
        while !Task.isCancelled {
            feed.publish(MetricTable(metrics()))
            try? await Task.sleep(for: max(interval, .seconds(1)))
        }
        feed.publish(MetricTable(metrics()))
        feed.end()
    }
}

/// Turns one table after the other into what a backend of swift-metrics wants to hear: growth for counters, values for gauges,
/// observations for histograms.
struct MetricFeed {
    private let factory: any MetricsFactory
    private var counters: [Key: (handle: FloatingPointCounter, last: Double)] = [:]
    private var gauges: [Key: Gauge] = [:]
    private var recorders: [String: (handle: Recorder, last: [UInt64])] = [:]

    private struct Key: Hashable {
        var name: String
        var labels: [String]
    }

    init(factory: any MetricsFactory) {
        self.factory = factory
    }

    mutating func publish(_ table: MetricTable) {
        for family in table.families {
            switch family.values {
            case .counter(let samples): for sample in samples { count(family.name, sample) }
            case .gauge(let samples): for sample in samples { set(family.name, sample) }
            case .histogram(let histogram): record(family.name, histogram)
            }
        }
    }

    /// Gives back what the backend holds for it.
    func end() {
        for counter in counters.values { counter.handle.destroy() }
        for gauge in gauges.values { gauge.destroy() }
        for recorder in recorders.values { recorder.handle.destroy() }
    }

    private mutating func count(_ name: String, _ sample: MetricSample) {
        let key = Key(name: name, labels: sample.labels.map(\.value))
        let known =
            counters[key]
            ?? (FloatingPointCounter(label: name, dimensions: Self.dimensions(sample), factory: factory), 0)
        if sample.value > known.last { known.handle.increment(by: sample.value - known.last) }
        counters[key] = (known.handle, sample.value)
    }

    private mutating func set(_ name: String, _ sample: MetricSample) {
        let key = Key(name: name, labels: sample.labels.map(\.value))
        let gauge = gauges[key] ?? Gauge(label: name, dimensions: Self.dimensions(sample), factory: factory)
        gauge.record(sample.value)
        gauges[key] = gauge
    }

    private mutating func record(_ name: String, _ histogram: Histogram) {
        let known =
            recorders[name]
            ?? (
                Recorder(label: name, dimensions: [], aggregate: true, factory: factory),
                Array(repeating: 0, count: histogram.counts.count)
            )
        let ends = histogram.bounds + [(histogram.bounds.last ?? 0) * 2]
        for (end, (now, before)) in zip(ends, zip(histogram.counts, known.last)) where now > before {
            for _ in before..<now { known.handle.record(end) }
        }
        recorders[name] = (known.handle, histogram.counts)
    }

    private static func dimensions(_ sample: MetricSample) -> [(String, String)] {
        sample.labels.map { ($0.name, $0.value) }
    }
}
