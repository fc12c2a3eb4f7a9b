import NIOCore

/// Writes metrics in Prometheus' text format, version 0.0.4: a HELP and a TYPE line per metric, then its samples.
struct PrometheusText: Sendable {
    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// One sample: its labels and its value.
    struct Sample: Sendable {
        var labels: [(name: String, value: String)]
        var value: Double

        init(_ labels: [(name: String, value: String)] = [], _ value: Double) {
            self.labels = labels
            self.value = value
        }
    }

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var buffer = ByteBufferAllocator().buffer(capacity: 4_096)

    mutating func counter(_ name: String, _ help: String, _ samples: [Sample]) {
        family(name, help, .counter, samples)
    }

    mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
        family(name, help, .counter, [Sample([], Double(value))])
    }

    mutating func gauge(_ name: String, _ help: String, _ samples: [Sample]) {
        family(name, help, .gauge, samples)
    }

    mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        family(name, help, .gauge, [Sample([], value)])
    }

    /// - Parameters:
    ///   - bounds: the upper ends of the buckets, ascending.
    ///   - counts: observations per bucket, not cumulative; one more than `bounds`, for what is above the last.
    mutating func histogram(_ name: String, _ help: String, bounds: [Double], counts: [UInt64], sum: Double) {
        head(name, help, .histogram)
        var total: UInt64 = 0
        for (bound, count) in zip(bounds + [.infinity], counts) {
            total &+= count
            sample("\(name)_bucket", Sample([("le", Self.number(bound))], Double(total)))
        }
        sample("\(name)_sum", Sample([], sum))
        sample("\(name)_count", Sample([], Double(total)))
    }

    private mutating func family(_ name: String, _ help: String, _ kind: Kind, _ samples: [Sample]) {
        head(name, help, kind)
        for one in samples { sample(name, one) }
    }

    private mutating func head(_ name: String, _ help: String, _ kind: Kind) {
        let help = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        buffer.writeString("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    private mutating func sample(_ name: String, _ sample: Sample) {
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
