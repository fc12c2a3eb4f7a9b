/// One page that needs nothing from outside: no script, no font, no image.
extension SimulationReport {
    public var html: String {
        let title = "\(simulation.scenario.rawValue), \(Self.grouped(simulation.accounts)) accounts"
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Holdfast: \(title)</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            <main>
            <h1>\(title)</h1>
            <p>What would happen if \(Self.escaped(simulation.scenario.abstract)).</p>
            <p class="subject">\(Self.escaped(subject)).</p>
            \(legend)
            \(table)
            \(charts)
            \(calls)
            \(notes)
            </main>
            </body>
            </html>

            """
    }

    private var legend: String {
        let items = results.enumerated().map { number, result in
            """
            <li><svg width="34" height="10" aria-hidden="true"><line class="s\(number)" x1="1" y1="5" x2="33" y2="5"/></svg>
            <b>\(Self.escaped(result.policy.name))</b>: \(Self.escaped(result.policy.abstract))</li>
            """
        }
        return "<ul class=\"legend\">\n\(items.joined(separator: "\n"))\n</ul>"
    }

    private var table: String {
        let head = results.map { "<th scope=\"col\">\(Self.escaped($0.policy.name))</th>" }.joined()
        let body = rows.map { row in
            let note = row.meaning.isEmpty ? "" : " <small>\(Self.escaped(row.meaning))</small>"
            let cells = row.values.map { "<td>\(Self.escaped($0))</td>" }.joined()
            return "<tr><th scope=\"row\">\(Self.escaped(row.name))\(note)</th>\(cells)</tr>"
        }
        return """
            <div class="wide"><table>
            <thead><tr><td></td>\(head)</tr></thead>
            <tbody>
            \(body.joined(separator: "\n"))
            </tbody>
            </table></div>
            """
    }

    private var charts: String {
        func chart(
            _ title: String, isLogarithmic: Bool = false, _ value: (SimulationResult.Second) -> Int
        ) -> String {
            let lines = results.map { $0.seconds.map(value) }
            return LineChart(title: title, lines: lines, isLogarithmic: isLogarithmic).svg
        }
        return [
            chart("Accounts connected") { $0.connected },
            chart("Connects begun per second", isLogarithmic: true) { $0.connects },
            chart("Handshakes under way at once", isLogarithmic: true) { $0.handshakes },
            chart("Failures per second", isLogarithmic: true) { $0.failures },
            chart("Logins per second", isLogarithmic: true) { $0.logins },
        ].joined(separator: "\n")
    }

    /// What people are told, policy by policy.
    private var calls: String {
        let lists = results.map { result in
            let items = result.messages.prefix(Self.messageLimit).map { call in
                "<li><b>\(Self.escaped(Self.text(call.at)))</b> \(Self.escaped(Self.text(call.message)))</li>"
            }
            let name = "<h3>\(Self.escaped(result.policy.name))</h3>"
            return items.isEmpty
                ? "\(name)\n<p>Nothing.</p>" : "\(name)\n<ul class=\"calls\">\n\(items.joined(separator: "\n"))\n</ul>"
        }
        return "<h2>What people are told</h2>\n\(lists.joined(separator: "\n"))"
    }

    private var notes: String {
        let violations = results.flatMap { result in
            result.violations.map { "<li class=\"broken\">\(Self.escaped("\(result.policy.name): \($0)"))</li>" }
        }
        let verdict =
            violations.isEmpty
            ? "<p>Every promise of the rules was checked after every event, and none was broken.</p>"
            : "<p>Promises of the rules that were broken:</p>\n<ul>\n\(violations.joined(separator: "\n"))\n</ul>"
        return """
            <h2>How to read this</h2>
            <p>The sessions, the gate, the breaker, the budget of logins and the alerts are the ones that run in production; gateways, network
            and time are simulated. Every account is taken to have a provider that can log it in. Time runs from the beginning of
            the trouble; before it everybody had been connected for a while. The scales of all charts but the first are
            logarithmic.</p>
            \(verdict)
            <p>The same command makes the same page, to the byte:</p>
            <pre><code>\(Self.escaped(command))</code></pre>
            """
    }

    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }

    private static let style = """
        :root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --rule: #d8dee4; --page: #fff;
          --s0: #b3401f; --s1: #0b62c4; --s2: #1a7f45; --s3: #7a3fb0; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6eaef; --soft: #9aa4af; --rule: #333b44; --page: #12161b;
          --s0: #f08a63; --s1: #6cb0ff; --s2: #5ccf8a; --s3: #c79bf2; } }
        body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 920px; margin: 0 auto; padding: 24px 16px 64px; }
        h1 { font-size: 1.6rem; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem; }
        p { margin: .4rem 0; } .subject, small { color: var(--soft); } small { font-weight: 400; }
        h3 { font-size: 1rem; margin: .8rem 0 .2rem; } .calls { margin: 0; padding-left: 1.2rem; }
        .legend { list-style: none; padding: 0; } .legend svg { vertical-align: middle; margin-right: 6px; }
        .wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { padding: 5px 10px; border-bottom: 1px solid var(--rule); text-align: right; }
        tbody th { text-align: left; font-weight: 600; } th small { display: block; }
        svg text { fill: var(--soft); font-size: 12px; } .grid { stroke: var(--rule); }
        .s0, .s1, .s2, .s3 { fill: none; stroke-width: 2; }
        .s0 { stroke: var(--s0); stroke-dasharray: 6 3; } .s1 { stroke: var(--s1); }
        .s2 { stroke: var(--s2); stroke-dasharray: 2 2; } .s3 { stroke: var(--s3); stroke-dasharray: 9 3 2 3; }
        pre { overflow-x: auto; padding: 10px; border: 1px solid var(--rule); } .broken { color: var(--s0); }
        """
}
