#!/usr/bin/env python3
"""Holdfast beside its peers: every program does the same job against the same neutral gateway, in one run, and the page
docs/benchmarks.md with its chart is written from what came out.

  bench.py [--small N] [--large N] [--rounds N] [--idle SECONDS] [--seconds N] [--only NAME,NAME] [--write]

The job: connect, register, beat every 15 s and check the replies; parse what is pushed, tell duplicates by the message's own
id, acknowledge. Without --write the table is only printed. Standard library only; all traffic is on loopback.
"""

import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / ".build-bench/peers"
HOLDFAST = os.environ.get("HOLDFAST", str(ROOT / ".build/release/holdfast"))
TICKS = os.sysconf("SC_CLK_TCK")
MESSAGE_SESSIONS, WINDOW, RATE = 100, 16, 10_000


def build():
    """What can be built here of the peers, as (name, command) pairs; what cannot is named and left out."""
    BUILD.mkdir(parents=True, exist_ok=True)
    compiler = ["gcc", "-O2", "-Wall", "-Werror", "-I", str(HERE)]
    subprocess.run([*compiler, "-o", BUILD / "gateway", HERE / "gateway.c"], check=True)
    python = BUILD / "python/bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", BUILD / "python"], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "websockets", "picows", "orjson"], check=False)
    go = dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode", GOCACHE=str(BUILD / "gocache"))
    wanted = [
        ("bare epoll in C", [*compiler, "-o", BUILD / "floor", HERE / "floor.c"], [BUILD / "floor"], None, None),
        ("libwebsockets (C)", [*compiler, "-o", BUILD / "lws", HERE / "lws.c", "-lwebsockets"], [BUILD / "lws"], None, None),
        ("gorilla/websocket (Go)", ["go", "build", "-o", BUILD / "gorilla", "."], [BUILD / "gorilla"], HERE / "gorilla", go),
        ("Erlang, own frames", ["erlc", "-o", BUILD, HERE / "erlang/job.erl"],
         ["erl", "-noshell", "-pa", BUILD, "+P", "200000", "-s", "job", "main"], None, None),
        ("picows + orjson (Python)", [python, "-c", "import picows, orjson"], [python, HERE / "picows_peer.py"], None, None),
        ("websockets (Python)", [python, "-c", "import websockets"], [python, HERE / "websockets_peer.py"], None, None),
    ]
    peers = []
    for name, compile_command, command, folder, environment in wanted:
        try:
            subprocess.run(compile_command, check=True, cwd=folder, env=environment)
            peers.append((name, lambda port, count, command=command: Process([*command, str(port), str(count)])))
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"left out: {name} ({error})", file=sys.stderr)
    if os.access(HOLDFAST, os.X_OK):
        peers.append(("Holdfast, memory", lambda port, count: Fleet(port, count, "memory")))
        peers.append(("Holdfast, durable", lambda port, count: Fleet(port, count, "durable")))
    else:
        print(f"left out: Holdfast ({HOLDFAST} is not built)", file=sys.stderr)
    return peers


class Process:
    def __init__(self, command):
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL)

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm") as figures:
            return int(figures.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as figures:
            fields = figures.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def stop(self):
        self.process.kill()
        self.process.wait()


class Fleet(Process):
    """Holdfast as it is shipped: with its register, its console and, in durable mode, its journal."""

    def __init__(self, port, count, mode):
        self.folder = tempfile.TemporaryDirectory(prefix="holdfast-bench-")
        accounts = [{"id": f"s{n}", "url": f"ws://127.0.0.1:{port}/s{n}", "token": "t"} for n in range(count)]
        open_gate = {"connects_per_second": 100_000, "burst": 100_000, "concurrent": 500}
        configuration = {
            "server": {"listen": "127.0.0.1:0"}, "store": {"path": "data"}, "log": {"level": "error"},
            "defaults": {"messages": {"mode": mode}},
            "admission": {**open_gate, "fleet": {"connects_per_second": 100_000, "concurrent": 500}},
            "accounts": accounts,
        }
        path = pathlib.Path(self.folder.name) / "fleet.yaml"
        path.write_text(json.dumps(configuration))
        super().__init__([HOLDFAST, "run", "--config", path])

    def stop(self):
        super().stop()
        self.folder.cleanup()


class Gateway(Process):
    def __init__(self):
        self.process = subprocess.Popen(
            [str(BUILD / "gateway"), "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def connected(begin, count):
    """A gateway and a program with all its sessions registered."""
    gateway = Gateway()
    program = begin(gateway.port, count)
    limit = time.monotonic() + 120 + count / 100
    while gateway.ask("stats")["registered"] < count:
        if time.monotonic() > limit or program.process.poll() is not None:
            registered = gateway.ask("stats")["registered"]
            program.stop()
            gateway.stop()
            raise RuntimeError(f"only {registered} of {count} sessions came")
        time.sleep(0.05)
    return gateway, program


def at_rest(begin, count, idle):
    """Memory, processor time per minute, and how long it took to connect everybody."""
    gateway, program = connected(begin, count)
    try:
        establish = gateway.ask("stats")["establish_s"]
        time.sleep(20)  # Every session has had a beat: its buffers have their size.
        before, beats = program.cpu_seconds(), gateway.ask("stats")["heartbeats"]
        time.sleep(idle)
        cpu = (program.cpu_seconds() - before) * 60 / idle
        beats = gateway.ask("stats")["heartbeats"] - beats
        if beats < 0.8 * count * idle / 15:
            raise RuntimeError(f"only {beats} heartbeats in {idle} s")
        return {"resident": program.resident_bytes(), "cpu_per_minute": cpu, "establish": establish}
    finally:
        program.stop()
        gateway.stop()


def with_messages(begin, seconds):
    gateway, program = connected(begin, MESSAGE_SESSIONS)
    try:
        gateway.ask(f"flood {WINDOW} 1")
        before = program.cpu_seconds()
        flood = gateway.ask(f"flood {WINDOW} {seconds}")
        cpu = program.cpu_seconds() - before
        time.sleep(1)
        rate = gateway.ask(f"rate {RATE} {seconds}")
        if rate["acks"] < 0.99 * rate["pushed"]:
            rate["p99_ms"] = None
        return {
            "per_cpu_second": flood["acks"] / max(cpu, 0.01), "per_second": flood["acks"] / seconds, "p99": rate["p99_ms"],
            "p50": rate["p50_ms"],
        }
    finally:
        program.stop()
        gateway.stop()


def measure(name, begin, options):
    rounds = []
    for number in range(options.rounds):
        small = at_rest(begin, options.small, options.idle)
        large = at_rest(begin, options.large, options.idle)
        result = with_messages(begin, options.seconds)
        slope = (large["resident"] - small["resident"]) / (options.large - options.small) / 1000
        result |= {
            "slope": slope, "resident": large["resident"] / 1e6, "cpu": large["cpu_per_minute"],
            "establish": large["establish"]}
        print(f"{name}, round {number + 1}: " + ", ".join(
            f"{key} {value:.3g}" for key, value in result.items() if value is not None), flush=True)
        rounds.append(result)

    def median(key):
        values = [result[key] for result in rounds if result[key] is not None]
        return statistics.median(values) if values else None
    return {key: median(key) for key in rounds[0]}


COLUMNS = [
    ("slope", "KB per idle session", "{:.1f}"), ("resident", "MB in all", "{:.0f}"), ("cpu", "s of CPU per minute", "{:.2f}"),
    ("establish", "s to connect all", "{:.2f}"), ("per_cpu_second", "messages per CPU-second", "{:,.0f}"),
    ("p99", "ms push → ack, p99", "{:.2f}"),
]


def table(results, base):
    lines = ["| | " + " | ".join(title for _, title, _ in COLUMNS) + " |", "|---|" + "---:|" * len(COLUMNS)]
    for name, result in results.items():
        cells = []
        for key, _, form in COLUMNS:
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


def chart(results):
    """Bars, one group per measure, each as wide as its share of the largest."""
    rows, y = [], 10
    for key, title, form in COLUMNS:
        values = {name: result[key] for name, result in results.items() if result[key] is not None}
        largest = max([*values.values(), 1e-9])
        rows.append(f'<text x="10" y="{y + 14}" class="h">{title}</text>')
        y += 22
        for name, value in values.items():
            width = max(1, 520 * value / largest)
            kind = "us" if name.startswith("Holdfast") else "them"
            rows.append(
                f'<text x="190" y="{y + 11}" text-anchor="end">{name}</text>'
                f'<rect x="198" y="{y + 1}" width="{width:.1f}" height="12" class="{kind}"/>'
                f'<text x="{204 + width:.1f}" y="{y + 11}">{form.format(value)}</text>')
            y += 17
        y += 12
    style = (".h{font-weight:600} text{font:12px system-ui,sans-serif;fill:#59636e} .us{fill:#0b62c4} .them{fill:#aab4bf}"
             " @media (prefers-color-scheme:dark){text{fill:#9aa4af} .us{fill:#6cb0ff} .them{fill:#4a545f}}")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 820 {y}" width="820" height="{y}">'
            f"<style>{style}</style>\n" + "\n".join(rows) + "\n</svg>\n")


def write(results, options):
    (ROOT / "docs/images/benchmarks.svg").write_text(chart(results))
    page = ROOT / "docs/benchmarks.md"
    head, _, rest = page.read_text().partition("<!-- results -->")
    _, _, tail = rest.partition("<!-- end -->")
    cores, load = os.cpu_count(), os.getloadavg()[0]
    about = (f"{options.small} and {options.large} idle sessions, {options.idle} s at rest; {MESSAGE_SESSIONS} sessions with messages, "
             f"{WINDOW} under way on each, then {RATE} a second, {options.seconds} s each; medians of {options.rounds} "
             f"{'round' if options.rounds == 1 else 'rounds'}. {cores} cores, {platform.machine()}, load before it {load:.0f}.")
    base = "bare epoll in C"
    page.write_text(f"{head}<!-- results -->\n{about}\n\n{table(results, base)}\n\n(×: times the bare epoll loop.)\n\n"
                    f"![The same as a chart](images/benchmarks.svg)\n<!-- end -->{tail}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, preset in [("small", 1_000), ("large", 19_500), ("rounds", 3), ("idle", 60), ("seconds", 5)]:
        parser.add_argument(f"--{name}", type=int, default=preset)
    parser.add_argument("--only", default="")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if shutil.which("gcc") is None:
        sys.exit("error: gcc is needed for the gateway")
    results = {}
    for name, begin in build():
        if options.only and not any(word in name for word in options.only.split(",")):
            continue
        try:
            results[name] = measure(name, begin, options)
        except RuntimeError as error:
            print(f"{name}: {error}", file=sys.stderr)
    print(table(results, "bare epoll in C"))
    if options.write:
        write(results, options)


main()
