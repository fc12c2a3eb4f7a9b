"""What was measured, kept in .build-bench/results, and docs/benchmarks.md with its chart, written from that."""

import json
import os
import platform
import re
import statistics

from programs import DURABLE, FLOOR, MEMORY, ROOT

FOLDER = ROOT / ".build-bench/results"
PAGE, CHART = ROOT / "docs/benchmarks.md", ROOT / "docs/images/benchmarks.svg"


class Results:
    """The rounds of one part, by name, and with which options they were measured; on disk after each."""

    def __init__(self, part, options, keep, but=()):
        """`keep`: everything that is there stays, if the options are the same; else all but what is about to be measured."""
        self.path = FOLDER / f"{part}.json"
        options = {key: options[key] for key in ("small", "large", "idle", "seconds") if options.get(key)}
        self.kept = {"options": options, "loads": [], "rounds": {}}
        old = load(part)
        if old and old["options"] == options:
            self.kept["rounds"] = {name: rounds for name, rounds in old["rounds"].items() if keep or (but and name not in but)}
            self.kept["loads"] = old["loads"] if self.kept["rounds"] else []
        self.kept["loads"].append(os.getloadavg()[0])

    def count(self, name):
        return len(self.kept["rounds"].get(name, []))

    def add(self, name, result):
        self.kept["rounds"].setdefault(name, []).append(result)
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.kept, indent=1))


def load(part):
    path = FOLDER / f"{part}.json"
    return json.loads(path.read_text()) if path.exists() else None


def medians(kept):
    """Name to measures, each the median of the rounds; the bare loop first, Holdfast last."""
    def median(rounds, key):
        values = [result[key] for result in rounds if result[key] is not None]
        return None if not values else values[0] if isinstance(values[0], str) else statistics.median(values)
    ordered = sorted(kept["rounds"], key=lambda name: (name != FLOOR, name.startswith("Holdfast")))
    return {name: {key: median(kept["rounds"][name], key) for key in kept["rounds"][name][0]} for name in ordered}


SLOPE, CPU = ("slope", "KB per idle session", "{:.2f}"), ("cpu", "s of CPU per minute", "{:.2f}")
TOTAL, ESTABLISH = ("resident", "MB in all", "{:.0f}"), ("establish", "s to connect all", "{:.2f}")
PER_CPU_SECOND = ("per_cpu_second", "messages per CPU-second", "{:,.0f}")
COLUMNS = {
    "peers": [SLOPE, TOTAL, CPU, ESTABLISH, PER_CPU_SECOND, ("p99", "ms push → ack, p99", "{:.2f}")],
    "wss": [SLOPE, TOTAL, CPU, ("handshake", "ms of CPU per connect", "{:.2f}"), ESTABLISH, PER_CPU_SECOND],
    "processes": [("registered", "sessions", "{:,}"), ("beats", "heartbeats answered", "{:,}"), TOTAL, CPU, ESTABLISH],
}


def rows(results, columns, base=None):
    """A table; with `base`, the ratios to that row, too."""
    lines = ["| | " + " | ".join(title for _, title, _ in columns) + " |", "|---|" + "---:|" * len(columns)]
    for name, result in results.items():
        cells = []
        for key, _, form in columns:
            value, reference = result[key], results.get(base, {}).get(key)
            if value is None:
                cells.append("does not keep up")
            elif name == base or not reference or reference < 0:
                cells.append(form.format(value))
            else:
                ratio = value / reference
                cells.append(f"{form.format(value)} (× {ratio:.0f})" if ratio >= 10 else f"{form.format(value)} (× {ratio:.2g})")
        lines.append(f"| {'**' + name + '**' if name.startswith('Holdfast') else name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def about(kept):
    options, counts = kept["options"], sorted(len(rounds) for rounds in kept["rounds"].values())
    number = f"{counts[0]} to {counts[-1]}" if counts[0] < counts[-1] else counts[0]
    low, high = round(min(kept["loads"])), round(max(kept["loads"]))
    load = f"{low} to {high}" if low < high else f"{low}"
    return (f"{options['idle']} s at rest; {'one round' if number == 1 else f'medians of {number} rounds'}. {os.cpu_count()} cores, "
            f"{platform.machine()}; what else ran was a load of {load} when it began.")


def peers_section(kept):
    results, options = medians(kept), kept["options"]
    CHART.write_text(chart(results))
    return (f"{options['small']:,} and {options['large']:,} idle sessions; 100 sessions with messages, 16 under way on each, then "
            f"10,000 messages a second, {options['seconds']} s each; {about(kept)}\n\n{rows(results, COLUMNS['peers'], FLOOR)}\n\n"
            "(×: times the bare epoll loop.)\n\n![The same as a chart](images/benchmarks.svg)")


def wss_section(kept):
    results, options = medians(kept), kept["options"]
    return (f"{options['small']:,} and {options['large']:,} idle sessions, TLS 1.3; {about(kept)}\n\n"
            f"{rows(results, COLUMNS['wss'])}")


def growth_section(kept):
    results = medians(kept)
    lines = ["| idle sessions | MB in all | KB per session more | s of CPU per minute | µs of CPU per heartbeat | s to connect all |",
             "|---:|---:|---:|---:|---:|---:|"]
    for number, result, slope in slopes(results):
        lines.append(f"| {number:,} | {result['resident']:.0f} | {'' if slope is None else f'{slope:.1f}'} | {result['cpu']:.2f} | "
                     f"{result['per_beat']:.1f} | {result['establish']:.2f} |")
    lines += ["", "| messages a second | µs of CPU per message | ms push → ack, p50 | p99 |", "|---:|---:|---:|---:|"]
    for number, result in steps(results, "messages"):
        if result["p99"] is None:
            lines.append(f"| {number:,} | {result['per_message']:.1f} | does not keep up | |")
        else:
            lines.append(f"| {number:,} | {result['per_message']:.1f} | {result['p50']:.2f} | {result['p99']:.2f} |")
    return f"One process, memory mode; {about(kept)}\n\n" + "\n".join(lines)


def steps(results, kind):
    return sorted((int(name.split()[1]), result) for name, result in results.items() if name.startswith(kind))


def slopes(results):
    """Sessions, what was measured with them, and KB for each session more than with the step before."""
    before, found = None, []
    for number, result in steps(results, "sessions"):
        found.append((number, result, (result["resident"] - before[1]) * 1000 / (number - before[0]) if before else None))
        before = number, result["resident"]
    return found


def processes_section(kept):
    results = medians(kept)
    total = sum(result["registered"] for result in results.values())
    seconds = next(iter(results.values()))["all_after"]
    return (f"{total:,} sessions in {len(results)} processes; all were registered {seconds:.1f} s after the processes were started. Each has a "
            f"gateway of its own on an address of its own. {about(kept)}\n\n{rows(results, COLUMNS['processes'])}")


def counts_section(kept):
    lines = ["| | instructions | allocations |", "|---|---:|---:|"]
    for name, rounds in kept["rounds"].items():
        lines.append(f"| {name} | {rounds[-1]['instructions']:,.0f} | {rounds[-1]['allocations']:.1f} |")
    return "\n".join(lines)


def journal():
    """What scripts/bench kept of JournalBenchmark, one line for each rate, as rounds."""
    path = FOLDER / "journal.txt"
    if not path.exists():
        return None
    rounds = {}
    for line in path.read_text().splitlines():
        rate = int(re.search(r"rate (\d+)", line)[1])

        def figure(name):
            return float(re.search(rf"{name} ([\d.]+)", line)[1])
        rounds[f"{rate:,} a second" if rate else "as many as it takes"] = [{
            "messages": figure("messages/s"), "commits": figure("commits/s"), "cpu": figure("cpu µs/message"),
            "p50": figure("p50"), "p99": figure("p99")}]
    return {"rounds": rounds}


def journal_section(kept):
    columns = [("messages", "messages a second", "{:,.0f}"), ("commits", "commits a second", "{:,.0f}"), ("cpu", "µs of CPU per message", "{:.1f}"),
               ("p50", "ms to the commit, p50", "{:.1f}"), ("p99", "p99", "{:.1f}")]
    return rows(medians(kept), columns)


def budgets(parts):
    """What, the budget, what was measured, and whether that is enough. None: not measured."""
    peers, wss, journal = (medians(parts[name]) if parts[name] else {} for name in ("peers", "wss", "journal"))
    ours, durable, over_tls = peers.get(MEMORY), peers.get(DURABLE), wss.get(MEMORY)
    first, found = next(iter(journal.values()), None), []

    def add(what, budget, value, form, met):
        found.append((what, budget, "not measured" if value is None else form.format(value),
                      "" if value is None else "yes" if met(value) else "**no**"))

    def most(what, source, key, limit, form, unit):
        add(what, f"≤ {limit:g} {unit}", source and source[key], form + " " + unit, lambda value: value <= limit)

    def least(what, source, key, limit, unit):
        add(what, f"≥ {limit:,} {unit}", source and source[key], "{:,.0f} " + unit, lambda value: value >= limit)
    most("memory per idle session, `ws`", ours, "slope", 5, "{:.1f}", "KB")
    most("the same, `wss`", over_tls, "slope", 32, "{:.1f}", "KB")
    most("processor time for 19 500 sessions, per minute", ours, "cpu", 2.5, "{:.2f}", "s")
    least("messages, memory mode", ours, "per_cpu_second", 250_000, "per CPU-second")
    least("messages, durable, on two cores", durable, "per_second", 60_000, "a second")
    least("the journal by itself, on two cores", first, "messages", 60_000, "a second")
    most("latency push → ack at 10 000 a second, p99", ours, "p99", 0.4, "{:.2f}", "ms")
    most("19 500 sessions connected, gates open, two lanes", ours, "establish", 2, "{:.2f}", "s")
    if parts["processes"]:
        results = medians(parts["processes"]).values()
        wanted = sum(result["registered"] for result in results) * parts["processes"]["options"]["idle"] / 15
        share = sum(result["beats"] for result in results) / wanted
        add(f"{sum(result['registered'] for result in results):,} sessions in {len(results)} processes: heartbeats answered", "≥ 99 %",
            share * 100, "{:.1f} %", lambda value: value >= 99)
    if parts["growth"]:
        last = [slope for _, _, slope in slopes(medians(parts["growth"])) if slope is not None]
        if len(last) > 1:
            add("growth: KB per session more, later by earlier", "≤ 1.1", last[-1] / last[0], "{:.2f}", lambda value: value <= 1.1)
    return found


def budgets_section(parts):
    lines = ["| what | budget | measured | met |", "|---|---:|---:|---|"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in budgets(parts)])


def chart(results):
    """Bars, one group per measure, each as wide as its share of the largest."""
    parts, y = [], 10
    for key, title, form in COLUMNS["peers"]:
        values = {name: result[key] for name, result in results.items() if result[key] is not None}
        largest = max([*values.values(), 1e-9])
        better = "more is better" if key == PER_CPU_SECOND[0] else "less is better"
        parts.append(f'<text x="10" y="{y + 14}"><tspan class="h">{title}</tspan> · {better}</text>')
        y += 22
        for name, value in values.items():
            width = max(1, 520 * value / largest)
            kind = "us" if name.startswith("Holdfast") else "them"
            parts.append(
                f'<text x="190" y="{y + 11}" text-anchor="end">{name}</text>'
                f'<rect x="198" y="{y + 1}" width="{width:.1f}" height="12" class="{kind}"/>'
                f'<text x="{204 + width:.1f}" y="{y + 11}">{form.format(value)}</text>')
            y += 17
        y += 12
    style = (".h{font-weight:600} text{font:12px system-ui,sans-serif;fill:#59636e} .us{fill:#0b62c4} .them{fill:#aab4bf}"
             " @media (prefers-color-scheme:dark){text{fill:#9aa4af} .us{fill:#6cb0ff} .them{fill:#4a545f}}")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 820 {y}" width="820" height="{y}">'
            f"<style>{style}</style>\n" + "\n".join(parts) + "\n</svg>\n")


SECTIONS = {
    "peers": peers_section, "wss": wss_section, "growth": growth_section, "processes": processes_section, "journal": journal_section,
    "counts": counts_section,
}


def write():
    """What was not measured here stays as it is on the page."""
    parts = {part: load(part) for part in SECTIONS} | {"journal": journal()}
    text = PAGE.read_text()
    made = {part: section(parts[part]) for part, section in SECTIONS.items() if parts[part]}
    if parts["peers"]:
        made["budgets"] = budgets_section(parts)
    for part, content in made.items():
        text = re.sub(f"<!-- {part} -->.*?<!-- end -->", lambda _: f"<!-- {part} -->\n{content}\n<!-- end -->", text, flags=re.S)
    PAGE.write_text(text)
