import HTTPTypes
import HoldfastFleet
import Hummingbird
import NIOCore

/// What load balancers, service managers and Prometheus ask.
struct HealthEndpoints: Sendable {
    let fleet: Fleet
    let counters: ConsoleCounters

    /// 200 while the process makes progress: this answer shows it for the console, the lanes for themselves.
    @Sendable func alive(_ call: Call) async throws -> Response {
        let stuck = fleet.readiness().filter { $0.code == .laneStuck }
        return reasons(stuck)
    }

    /// 200 while the fleet is in order.
    @Sendable func ready(_ call: Call) async throws -> Response {
        reasons(fleet.readiness())
    }

    @Sendable func metrics(_ call: Call) async throws -> Response {
        var table = MetricTable(fleet.metrics())
        table.add(counters.values)
        var text = PrometheusText()
        text.write(table)
        return Response(
            status: .ok, headers: [.contentType: PrometheusText.contentType],
            body: ResponseBody(byteBuffer: text.buffer))
    }

    private func reasons(_ reasons: [ReadinessReason]) -> Response {
        .json(reasons.isEmpty ? .ok : .serviceUnavailable) { $0.reasons("reasons", reasons) }
    }
}

extension JSONWriter {
    /// Why the fleet is not ready.
    mutating func reasons(_ key: String, _ reasons: [ReadinessReason]) {
        array(key, reasons) { json, reason in
            json.object { json in
                json.field("code", reason.code.rawValue)
                json.field("detail", reason.detail)
            }
        }
    }
}
