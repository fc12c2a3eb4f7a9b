internal import HoldfastCore

/// Lines over time, one value per second, as SVG. Its styles (`s0` …, `grid`) are the page's.
struct LineChart {
    var title: String
    var lines: [[Int]]
    var isLogarithmic = false

    private static let width = 880.0
    private static let height = 240.0
    private static let (left, right, top, bottom) = (76.0, 30.0, 10.0, 26.0)
    /// More points than this are not seen.
    private static let pointLimit = 400

    var svg: String {
        """
        <h2>\(SimulationReport.escaped(title))</h2>
        <svg viewBox="0 0 \(Self.text(Self.width)) \(Self.text(Self.height))" width="100%" role="img" \
        aria-label="\(SimulationReport.escaped(title))">
        \((levels + times + lines.indices.map(polyline)).joined(separator: "\n"))
        </svg>
        """
    }

    private var seconds: Int { max(2, lines.map(\.count).max() ?? 0) - 1 }
    private var largest: Int { max(1, lines.compactMap { $0.max() }.max() ?? 1) }

    // MARK: Places

    private func x(_ second: Int) -> Double {
        Self.left + (Self.width - Self.left - Self.right) * Double(second) / Double(seconds)
    }

    private func y(_ value: Int) -> Double {
        let share =
            isLogarithmic
            ? Self.decades(value) / max(1, Self.decades(top(of: largest))) : Double(value) / Double(top(of: largest))
        return Self.top + (Self.height - Self.top - Self.bottom) * (1 - share)
    }

    /// A round number that is not below the value.
    private func top(of value: Int) -> Int {
        var power = 1
        while power < value, power < Int.max / 10 { power *= 10 }
        guard !isLogarithmic else { return power }
        return [power / 5, power / 4, power / 2, power].first { $0 >= value } ?? power
    }

    /// The logarithm to base 10 of one more: nothing is at zero. By halving, since there is no mathematics library here:
    /// good to a hundredth of a pixel.
    private static func decades(_ value: Int) -> Double {
        var (number, result) = (Double(value) + 1, 0.0)
        while number >= 10 { (number, result) = (number / 10, result + 1) }
        var weight = 0.5
        for _ in 0..<16 {
            number *= number
            if number >= 10 { (number, result) = (number / 10, result + weight) }
            weight /= 2
        }
        return result
    }

    // MARK: Parts

    private var levels: [String] {
        let top = top(of: largest)
        var values = [0]
        if isLogarithmic {
            var power = 1
            while power <= top, values.count < 12 {
                values.append(power)
                power *= 10
            }
        } else {
            values += (1...4).map { top * $0 / 4 }
        }
        return values.map { value in
            let y = Self.text(y(value))
            return "<line class=\"grid\" x1=\"\(Self.text(Self.left))\" y1=\"\(y)\" "
                + "x2=\"\(Self.text(Self.width - Self.right))\" y2=\"\(y)\"/>"
                + "<text x=\"\(Self.text(Self.left - 8))\" y=\"\(y)\" dy=\"4\" text-anchor=\"end\">"
                + "\(SimulationReport.grouped(value))</text>"
        }
    }

    private var times: [String] {
        let step = [1, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600].first { seconds / $0 <= 12 } ?? 7_200
        return stride(from: 0, through: seconds, by: step).map { second in
            "<text x=\"\(Self.text(x(second)))\" y=\"\(Self.text(Self.height - 8))\" text-anchor=\"middle\">"
                + "\(SimulationReport.text(.seconds(second)))</text>"
        }
    }

    private func polyline(_ number: Int) -> String {
        let values = lines[number]
        let step = max(1, (values.count + Self.pointLimit - 1) / Self.pointLimit)
        let points = stride(from: 0, to: values.count, by: step).map { second in
            // Where several seconds share a point, the largest is drawn: a peak must not be lost.
            let value = values[second..<min(values.count, second + step)].max() ?? 0
            return "\(Self.text(x(second))),\(Self.text(y(value)))"
        }
        return "<polyline class=\"s\(number % 4)\" points=\"\(points.joined(separator: " "))\"/>"
    }

    /// With one digit after the point.
    private static func text(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\((tenths % 10).magnitude)"
    }
}
