import NIOCore
import Testing

@testable import HoldfastConsole
@testable import HoldfastFleet

@Suite("Metrics text")
struct PrometheusTextTests {
    @Test("help and labels are escaped as the format wants it")
    func escapes() {
        var table = MetricTable()
        table.counter("c_total", "a \\ b\nc", [.init([("l", "x\"y\\z\n")], 3)])
        #expect(
            text(of: table)
                == "# HELP c_total a \\\\ b\\nc\n# TYPE c_total counter\nc_total{l=\"x\\\"y\\\\z\\n\"} 3\n")
    }

    @Test(
        "numbers are whole where they can be",
        arguments: [
            (0, "0"), (1.5, "1.5"), (1e15, "1000000000000000"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
            (.nan, "NaN"),
        ])
    func numbers(value: Double, text: String) {
        #expect(PrometheusText.number(value) == text)
    }

    @Test("a histogram's buckets are cumulative and end at +Inf")
    func histogram() {
        var histogram = Histogram(bounds: [0.5, 1])
        histogram.counts = [2, 3, 4]
        histogram.sum = 9.25
        var table = MetricTable()
        table.histogram("h", "H.", histogram)
        #expect(
            text(of: table) == """
                # HELP h H.
                # TYPE h histogram
                h_bucket{le="0.5"} 2
                h_bucket{le="1"} 5
                h_bucket{le="+Inf"} 9
                h_sum 9.25
                h_count 9

                """)
    }

    @Test("every sample follows the HELP and TYPE lines of its metric, and no metric comes twice")
    func wellFormed() throws {
        var metrics = FleetMetrics()
        metrics.endpoints = [EndpointMetrics(endpoint: "ws://127.0.0.1:9000")]
        metrics.loopLag = [.milliseconds(3), .zero]
        var table = MetricTable(metrics)
        table.add(ConsoleCounters.Values(requests: [200: 1]))
        var seen: Set<String> = []
        var current = ""
        for line in text(of: table).split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# HELP ") {
                current = String(words[2])
                #expect(seen.insert(current).inserted, "\(current) comes twice")
            } else if line.hasPrefix("# TYPE ") {
                #expect(words[2] == current)
            } else {
                let name = String(line.prefix { $0 != "{" && $0 != " " })
                #expect(name.hasPrefix(current), "\(name) is not part of \(current)")
            }
        }
        for name in [
            "holdfast_accounts", "holdfast_connect_attempts_total", "holdfast_loop_lag_seconds", "process_open_fds",
        ] {
            #expect(seen.contains(name))
        }
    }

    private func text(of table: MetricTable) -> String {
        var text = PrometheusText()
        text.write(table)
        return String(buffer: text.buffer)
    }
}
