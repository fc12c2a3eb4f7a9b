import FoundationEssentials
import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastConsole
@testable import HoldfastFleet

/// The reference says what the code does: no more, and no less.
@Suite("The reference")
struct ReferenceTests {
    @Test("docs/api.md lists every route, with its role")
    func routes() throws {
        let text = try page("api.md")
        let listed = text.matches(of: /\| `(GET|POST|DELETE|PUT) (\/[^`]*)` \|[^|]*\| (\w+) \|/).map {
            "\($0.1) \($0.2) \($0.3)"
        }
        let known = Self.routes.map { route in
            switch route.access {
            case .open: "\(route.method.rawValue) \(route.path) open"
            case .role(let role): "\(route.method.rawValue) \(route.path) \(role.rawValue)"
            }
        }
        #expect(Set(listed) == Set(known))
        #expect(listed.count == known.count)
    }

    @Test("docs/api.md names every query parameter and every field of an account")
    func names() throws {
        let text = try page("api.md")
        for parameter in Self.routes.flatMap(\.parameters) { #expect(text.contains(parameter)) }
        let account = JSONWriter.object { $0.fields(of: .example) }
        let fields = String(buffer: account).matches(of: /"([a-z_]+)":/).map { String($0.1) }
        #expect(fields.count > 20)
        for field in fields { #expect(text.contains("`\(field)`") || text.contains("\"\(field)\""), "\(field)") }
    }

    @Test("docs/api.md explains every reason of a change and of the health")
    func reasons() throws {
        let rows = try page("api.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
            .compactMap { $0.split(separator: "|").first }
        for reason in TransitionReason.allCases.map(\.text) + HealthReason.Code.allCases.map(\.rawValue) {
            #expect(rows.contains { $0.contains("`\(reason)`") }, "\(reason)")
        }
    }

    @Test("docs/metrics.md lists every metric, with its kind")
    func metrics() throws {
        let listed = try page("metrics.md").matches(of: /\| `([a-z_]+)(?:\{[a-z,]+\})?` \| (\w+) \|/).map {
            "\($0.1) \($0.2)"
        }
        let known = Self.metricTable.families.map { "\($0.name) \($0.values.kind)" }
        #expect(Set(listed) == Set(known))
        #expect(listed.count == known.count)
    }

    @Test("every metric that rules, alerts and the dashboard in deploy/ ask for exists", arguments: deployed)
    func deployedNames(name: String) throws {
        let known = Set(
            Self.metricTable.families.flatMap { family in
                family.values.kind == "histogram"
                    ? ["_bucket", "_sum", "_count"].map { family.name + $0 } : [family.name]
            })
        let named = try file("deploy/" + name).matches(of: /\b(?:holdfast|process)_[a-z_]+/).map { String($0.0) }
        #expect(!named.isEmpty)
        for name in named { #expect(known.contains(name), "\(name)") }
    }

    static let deployed = [
        "prometheus/holdfast.rules.yml", "prometheus/holdfast.rules.test.yml", "grafana/dashboard.json",
    ]

    @Test("the dashboard is JSON, and each of its panels has a title, a unit and something to show")
    func dashboard() throws {
        let dashboard = try JSONDecoder().decode(
            Dashboard.self, from: Data(try file("deploy/grafana/dashboard.json").utf8))
        let panels = dashboard.panels.filter { $0.type != "row" }
        #expect(panels.count > 15)
        #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
        for panel in panels {
            #expect(!panel.title.isEmpty)
            #expect(panel.fieldConfig?.defaults?.unit != nil, "\(panel.title)")
            #expect(panel.targets?.allSatisfy { !$0.expr.isEmpty } == true, "\(panel.title)")
        }
    }

    private struct Dashboard: Decodable {
        var panels: [Panel]

        struct Panel: Decodable {
            var id: Int
            var type: String
            var title: String
            var targets: [Target]?
            var fieldConfig: FieldConfig?
        }
        struct Target: Decodable {
            var expr: String
        }
        struct FieldConfig: Decodable {
            var defaults: Defaults?
        }
        struct Defaults: Decodable {
            var unit: String?
        }
    }

    private static var metricTable: MetricTable {
        var table = MetricTable(FleetMetrics())
        table.add(ConsoleCounters.Values())
        return table
    }

    @Test("docs/api.md names the limits in force")
    func limits() throws {
        let text = try page("api.md")
        let limits = ConsoleLimits()
        for word in [
            "\(limits.headBytes / 1_024) KiB, \(limits.headFields) fields", "| \(limits.bodyBytes / 1_024) KiB |",
            "| \(limits.connections) |", "| \(Int(limits.requestsPerSecond)) a second, bursts of 1 000 |",
            "| \(Int(limits.strangersPerSecond)) a second, bursts of \(limits.strangerBurst); 4 096 addresses",
            "signed in | 1 000 |", "| \(limits.viewers) |", "| \(limits.viewerBacklogBytes >> 20) MiB |",
            "every \(limits.keepAlive.components.seconds) s", "| \(limits.idleTimeout.components.seconds) s |",
            "end | \(limits.requestTimeout.components.seconds) s |",
            "taken | \(limits.stallTimeout.components.seconds) s |",
        ] { #expect(text.contains(word), "\(word)") }
        #expect(limits.requestBurst == 1_000 && limits.strangers == 4_096 && limits.sessions == 1_000)
        #expect(text.contains("newest \(FleetEvent.kept / 1_000) 0\(FleetEvent.kept % 1_000)"))
    }

    private static var routes: [Route] {
        Routes(
            fleet: Fleet(FleetConfiguration(), logger: .silent), epoch: "e", limits: ConsoleLimits(),
            counters: ConsoleCounters(), logger: .silent
        ).all
    }

    private func page(_ name: String) throws -> String { try file("docs/" + name) }

    private func file(_ path: String) throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return try String(contentsOf: URL(filePath: "/\(root)/\(path)"), encoding: .utf8)
    }
}

extension MetricFamily.Values {
    fileprivate var kind: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

extension AccountView {
    /// An account with something in every field.
    static let example = AccountView(
        id: "shop-1", url: "wss://gate.example/", dialect: "lwp", origin: .config, isEnabled: true,
        state: .reconnecting,
        status: .degraded, health: 70, reasons: [HealthReason(.failures, "2 in a row")], failures: 2, generation: 3,
        incarnation: 1, lastMessageAt: nil, lastHeartbeatSentAt: nil, lastHeartbeatReplyAt: nil, lastConnectedAt: nil,
        lastStateChangeAt: nil, replyMilliseconds: 12.5, nextAttemptAt: WallTime(milliseconds: 0), ladder: .none,
        quarantine: nil,
        lastFailure: FailureView(
            at: WallTime(milliseconds: 0), class: .network, code: "network.refused", message: "m", phase: .connect))
}
