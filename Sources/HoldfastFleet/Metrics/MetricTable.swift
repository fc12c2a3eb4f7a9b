/// Metrics with their names, as they are at one time: the one list that `/metrics` and swift-metrics are both fed from.
public struct MetricTable: Sendable {
    public private(set) var families: [MetricFamily] = []

    public init() {}

    public mutating func counter(_ name: String, _ help: String, _ samples: [MetricSample]) {
        families.append(MetricFamily(name: name, help: help, values: .counter(samples)))
    }

    public mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
        counter(name, help, [MetricSample([], Double(value))])
    }

    public mutating func gauge(_ name: String, _ help: String, _ samples: [MetricSample]) {
        families.append(MetricFamily(name: name, help: help, values: .gauge(samples)))
    }

    public mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        gauge(name, help, [MetricSample([], value)])
    }

    public mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
        families.append(MetricFamily(name: name, help: help, values: .histogram(histogram)))
    }
}

/// A metric: its name, what it says, and its values.
public struct MetricFamily: Sendable {
    public enum Values: Sendable {
        /// Only ever grow, until the process ends.
        case counter([MetricSample])
        case gauge([MetricSample])
        case histogram(Histogram)
    }

    public var name: String
    public var help: String
    public var values: Values
}

/// One value of a metric, with its labels.
public struct MetricSample: Sendable {
    public var labels: [(name: String, value: String)]
    public var value: Double

    public init(_ labels: [(name: String, value: String)] = [], _ value: Double) {
        self.labels = labels
        self.value = value
    }
}
