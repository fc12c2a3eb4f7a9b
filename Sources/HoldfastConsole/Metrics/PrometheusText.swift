import HoldfastFleet
import NIOCore

/// Writes metrics in Prometheus' text format, version 0.0.4: a HELP and a TYPE line per metric, then its samples.
struct PrometheusText: Sendable {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var buffer = ByteBufferAllocator().buffer(capacity: 4_096)

    mutating func write(_ table: MetricTable) {
        for family in table.families {
            switch family.values {
            case .counter(let samples): write(family, "counter", samples)
            case .gauge(let samples): write(family, "gauge", samples)
            case .histogram(let histogram): write(family, histogram)
            }
        }
    }

    private mutating func write(_ family: MetricFamily, _ kind: String, _ samples: [MetricSample]) {
        head(family, kind)
        for one in samples { sample(family.name, one) }
    }

    /// The format's buckets are cumulative, ours are not.
    private mutating func write(_ family: MetricFamily, _ histogram: Histogram) {
        head(family, "histogram")
        var total: UInt64 = 0
        for (bound, count) in zip(histogram.bounds + [.infinity], histogram.counts) {
            total &+= count
            sample("\(family.name)_bucket", MetricSample([("le", Self.number(bound))], Double(total)))
        }
        sample("\(family.name)_sum", MetricSample([], histogram.sum))
        sample("\(family.name)_count", MetricSample([], Double(total)))
    }

    private mutating func head(_ family: MetricFamily, _ kind: String) {
        let help = family.help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        buffer.writeString("# HELP \(family.name) \(help)\n# TYPE \(family.name) \(kind)\n")
    }

    private mutating func sample(_ name: String, _ sample: MetricSample) {
        buffer.writeString(name)
        if !sample.labels.isEmpty {
            let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
            buffer.writeString("{\(labels.joined(separator: ","))}")
        }
        buffer.writeString(" \(Self.number(sample.value))\n")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    /// Whole numbers without a decimal point, as counters are read by people, too.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value.magnitude < 9e15, let whole = Int64(exactly: value) { return String(whole) }
        return "\(value)"
    }
}
