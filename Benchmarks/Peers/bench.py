#!/usr/bin/env python3
"""Holdfast beside its peers and by itself: every program does the same job against the same neutral gateway.

  bench.py peers      every program: memory and processor time at rest, messages, latency; several rounds, the medians count
  bench.py wss        the same over TLS, with fewer sessions, for those of whom it is natural
  bench.py growth     Holdfast with more and more sessions, and with more and more messages
  bench.py processes  several Holdfasts on this machine, as many sessions each as its limit of descriptors allows
  bench.py page       nothing is measured: the page is written once more

The job: connect, register, beat every 15 s and check the replies; parse what is pushed, tell duplicates by the message's own
id, acknowledge. What is measured is kept in .build-bench/results, and docs/benchmarks.md with its chart is written from
that. Standard library only; all traffic is on loopback."""

import argparse
import contextlib
import signal
import sys
import time

import page
import programs
from programs import Gateway

SETTLE = 35
"""Seconds after which every session has had a beat, so that its buffers have their size, and Holdfast has asked once more into
the silence (`heartbeat.quiet_after`)."""
MESSAGE_SESSIONS, WINDOW, RATE = 100, 16, 10_000


@contextlib.contextmanager
def connected(program, count, tls=False):
    """A gateway, and a program with all its sessions registered."""
    gateway = Gateway(tls=tls)
    running = program.begin(gateway, count)
    try:
        programs.wait_registered(gateway, running, count)
        yield gateway, running
    finally:
        running.stop()
        gateway.stop()


def rest(gateway, running, count, seconds):
    """Processor seconds per minute, and heartbeats answered, while nothing else happens. There are beats all the time."""
    before, beats = running.cpu_seconds(), gateway.ask("stats")["heartbeats"]
    time.sleep(seconds)
    cpu, beats = running.cpu_seconds() - before, gateway.ask("stats")["heartbeats"] - beats
    if beats < 0.8 * count * seconds / 15:
        raise RuntimeError(f"only {beats} heartbeats in {seconds} s")
    return {"cpu": cpu * 60 / seconds, "beats": beats, "per_beat": cpu * 1e6 / beats}


def at_rest(program, count, options, tls=False):
    with connected(program, count, tls) as (gateway, running):
        result = {"establish": gateway.ask("stats")["establish_s"], "connect_cpu": running.cpu_seconds() * 1000 / count}
        time.sleep(SETTLE)
        return result | rest(gateway, running, count, options.idle) | {"resident": running.resident_bytes() / 1e6}


def small_fleets(wanted, options, tls=False):
    """For each program what fewer sessions need: megabytes at rest, and processor seconds until all had connected. All at the same
    time: neither depends on what else runs."""
    running = {}
    for name, program in wanted.items():
        gateway = Gateway(tls=tls)
        running[name] = gateway, program.begin(gateway, options.small)
    cpu = {}
    for name, (gateway, process) in running.items():
        programs.wait_registered(gateway, process, options.small)
        cpu[name] = process.cpu_seconds()
    time.sleep(SETTLE)
    found = {name: (process.resident_bytes() / 1e6, cpu[name]) for name, (_, process) in running.items()}
    programs.stop_all()
    return found


def flood(gateway, running, seconds):
    gateway.ask(f"flood {WINDOW} 1")
    before = running.cpu_seconds()
    acks = gateway.ask(f"flood {WINDOW} {seconds}")["acks"]
    return {"per_cpu_second": acks / max(running.cpu_seconds() - before, 0.01), "per_second": acks / seconds}


def at_rate(gateway, running, rate, seconds):
    before = running.cpu_seconds()
    result = gateway.ask(f"rate {rate} {seconds}")
    cpu = running.cpu_seconds() - before
    keeps_up = result["acks"] >= 0.99 * result["pushed"]
    return {"p50": result["p50_ms"] if keeps_up else None, "p99": result["p99_ms"] if keeps_up else None,
            "per_message": cpu * 1e6 / max(1, result["acks"])}


def peers(program, small, options):
    """One round of one program."""
    large = at_rest(program, options.large, options)
    large["slope"] = (large["resident"] - small[0]) * 1000 / (options.large - options.small)
    with connected(program, MESSAGE_SESSIONS) as (gateway, running):
        messages = flood(gateway, running, options.seconds)
        time.sleep(1)
        return large | messages | at_rate(gateway, running, RATE, options.seconds)


def wss(program, small, options):
    large = at_rest(program, options.large, options, tls=True)
    large["slope"] = (large["resident"] - small[0]) * 1000 / (options.large - options.small)
    large["handshake"] = (large["connect_cpu"] * options.large / 1000 - small[1]) * 1000 / (options.large - options.small)
    with connected(program, MESSAGE_SESSIONS, tls=True) as (gateway, running):
        return large | flood(gateway, running, options.seconds)


def growth(step, options):
    program = programs.Holdfast(programs.MEMORY, "memory")
    kind, number = step
    if kind == "sessions":
        return at_rest(program, number, options)
    with connected(program, MESSAGE_SESSIONS) as (gateway, running):
        at_rate(gateway, running, number, 1)
        time.sleep(1)
        return at_rate(gateway, running, number, options.seconds)


def processes(options):
    """Each process has a gateway of its own, on an address of its own: a gateway, too, has no more than its descriptors."""
    gateways = [Gateway(f"127.0.0.{number + 1}") for number in range(options.processes)]
    began = time.monotonic()
    fleets = [programs.Fleet(gateway, options.large, "memory") for gateway in gateways]
    for gateway, fleet in zip(gateways, fleets):
        programs.wait_registered(gateway, fleet, options.large)
    establish = time.monotonic() - began
    time.sleep(SETTLE)
    before = [(fleet.cpu_seconds(), gateway.ask("stats")["heartbeats"]) for gateway, fleet in zip(gateways, fleets)]
    time.sleep(options.idle)
    result = []
    for gateway, fleet, (cpu, beats) in zip(gateways, fleets, before):
        stats = gateway.ask("stats")
        result.append({
            "name": f"{gateway.address}", "registered": stats["registered"], "establish": stats["establish_s"],
            "beats": stats["heartbeats"] - beats, "resident": fleet.resident_bytes() / 1e6,
            "cpu": (fleet.cpu_seconds() - cpu) * 60 / options.idle, "all_after": establish})
    programs.stop_all()
    return result


def rounds(part, wanted, options, measure):
    """Measures each of `wanted`, a name to what `measure` takes, as often as there are rounds, and writes the page."""
    results = page.Results(part, vars(options), keep=options.go_on, but=list(wanted))
    end = time.monotonic() + options.minutes * 60
    for number in range(options.rounds):
        for name, what in wanted.items():
            if results.count(name) > number:
                continue
            if time.monotonic() > end:
                print(f"{options.minutes:g} minutes are over: the rest with --continue")
                return
            try:
                result = measure(what, options)
            except RuntimeError as error:
                print(f"{name}: {error}", file=sys.stderr)
                continue
            print(f"{name}, round {number + 1}: " + ", ".join(
                f"{key} {value:.3g}" for key, value in result.items() if value is not None), flush=True)
            results.add(name, result)


PRESETS = {
    "peers": {"small": 1_000, "large": 19_500, "rounds": 3},
    "wss": {"small": 200, "large": 2_000, "rounds": 1},
    "growth": {"large": 19_500, "rounds": 1},
    "processes": {"large": 19_500, "processes": 4},
    "page": {},
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PRESETS)
    parser.add_argument("--small", type=int, help="sessions of the smaller fleet")
    parser.add_argument("--large", type=int, help="sessions of the larger fleet, or of each process")
    parser.add_argument("--processes", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--idle", type=int, default=30, help="seconds at rest, from which the processor time is taken")
    parser.add_argument("--seconds", type=int, default=5, help="of messages")
    parser.add_argument("--only", default="", help="names, or parts of names, separated by commas")
    parser.add_argument("--minutes", type=float, default=600, help="nothing is begun after them")
    parser.add_argument("--continue", dest="go_on", action="store_true", help="what was measured stays, what is missing is measured")
    options = parser.parse_args()
    for name, preset in PRESETS[options.part].items():
        if getattr(options, name) is None:
            setattr(options, name, preset)
    return options


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    words = options.only.split(",")
    try:
        if options.part in ("peers", "wss"):
            wanted = {name: program for name, program in programs.build().items() if any(word in name for word in words)}
            if options.part == "wss":
                wanted = {name: program for name, program in wanted.items() if program.speaks_tls and name != programs.DURABLE}
            small, measure = small_fleets(wanted, options, options.part == "wss"), peers if options.part == "peers" else wss
            rounds(options.part, wanted, options, lambda program, options: measure(program, small[program.name], options))
        elif options.part == "growth":
            programs.build_gateway()
            steps = [("sessions", count) for count in (1_000, 5_000, options.large)]
            steps += [("messages", rate) for rate in (5_000, 10_000, 20_000, 40_000)]
            rounds("growth", {f"{kind} {number}": (kind, number) for kind, number in steps}, options, growth)
        elif options.part == "processes":
            programs.build_gateway()
            results = page.Results("processes", vars(options), keep=False)
            for result in processes(options):
                print(result, flush=True)
                results.add(result["name"], result)
    finally:
        programs.stop_all()
    page.write()


main()
