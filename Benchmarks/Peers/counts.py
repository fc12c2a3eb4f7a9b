#!/usr/bin/env python3
"""What one message and one heartbeat cost Holdfast in instructions and allocations, counted by callgrind. That does not depend on
the machine's speed or load, only on its kind and on the compiler, so a regression shows within a few percent.

  counts.py [--update]

It runs the program as it is shipped, against the neutral gateway, and compares with Benchmarks/counts.json: fails where one is more
than 5 % above. --update writes down what was counted. Needs valgrind. About two minutes."""

import json
import os
import pathlib
import subprocess
import sys
import time

import page
import programs
from programs import BUILD, Fleet, Gateway

KEPT = programs.ROOT / "Benchmarks/counts.json"
TOLERANCE = 1.05
SESSIONS, WINDOW, SECONDS = 100, 16, 8
ALLOCATORS = {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"}


class Counted(Fleet):
    """Holdfast under callgrind. `since_last` answers instructions and allocations since it was asked last."""

    def __init__(self, gateway, count, mode, defaults=None):
        binary, suspend = BUILD / "counted", BUILD / "suspend.so"
        # valgrind gives up on the debug information of Swift; the names of functions are enough.
        subprocess.run(["strip", "--strip-debug", "-o", binary, programs.HOLDFAST], check=True)
        # valgrind 3.19 writes to the mask of sigsuspend, which in libdispatch is read-only: there the main thread just waits.
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-xc", "-o", suspend, "-"], check=True, text=True,
            input="#include <unistd.h>\nint sigsuspend(const void *mask) { (void)mask; return pause(); }\n")
        self.out = BUILD / f"callgrind-{os.getpid()}"
        self.parts = 0
        super().__init__(
            gateway, count, mode, binary=binary, defaults=defaults,
            before=["env", f"LD_PRELOAD={suspend}", "valgrind", "--quiet", "--tool=callgrind", "--compress-strings=no",
                    f"--callgrind-out-file={self.out}"])

    def since_last(self):
        subprocess.run(["callgrind_control", "--dump", str(self.process.pid)], check=True, capture_output=True)
        self.parts += 1
        part = pathlib.Path(f"{self.out}.{self.parts}")
        instructions = allocations = 0
        called = ""
        with part.open() as lines:
            for line in lines:
                if line.startswith("cfn="):
                    called = line[4:].strip()
                elif line.startswith("calls=") and called in ALLOCATORS:
                    allocations += int(line[6:].split()[0])
                elif line.startswith("totals:"):
                    instructions = int(line[7:])
        part.unlink()
        return instructions, allocations

    def stop(self):
        super().stop()
        for part in BUILD.glob(f"{self.out.name}*"):
            part.unlink()


def fleet_of(count, mode, window, **defaults):
    """What happens in SECONDS without pushes and, with a window, in SECONDS with: instructions, allocations, heartbeats, messages."""
    gateway = Gateway()
    fleet = Counted(gateway, count, mode, defaults)
    try:
        programs.wait_registered(gateway, fleet, count)
        if window:
            gateway.ask(f"flood {window} 2")  # What is made once is made now.
        time.sleep(3)
        fleet.since_last()
        beats = gateway.ask("stats")["heartbeats"]
        time.sleep(SECONDS + 0.5)
        beats = gateway.ask("stats")["heartbeats"] - beats
        quiet = (*fleet.since_last(), beats)
        if not window:
            return quiet
        messages = gateway.ask(f"flood {window} {SECONDS}")["acks"]
        return quiet, (*fleet.since_last(), messages)
    finally:
        programs.stop_all()


def per_piece(without, with_them, pieces):
    """What each piece of work added."""
    instructions, allocations = (with_them[index] - without[index] for index in (0, 1))
    return {"instructions": round(instructions / pieces), "allocations": round(allocations / pieces, 1), "counted": pieces}


def heartbeat():
    often = {"heartbeat": {"interval": "2s", "max_interval": "2s", "timeout": "10s"}}
    few, many = fleet_of(SESSIONS, "memory", None, **often), fleet_of(10 * SESSIONS, "memory", None, **often)
    return per_piece(few, many, many[2] - few[2])


def message(mode, sessions, window):
    quiet, busy = fleet_of(sessions, mode, window)
    return per_piece(quiet, busy, busy[2])


def main():
    programs.build_gateway()
    results = page.Results("counts", {}, keep=False)
    counts = {
        "heartbeat": heartbeat(),
        "message, memory": message("memory", SESSIONS, WINDOW),
        # One at a time: how many share a commit would depend on how fast the disk is.
        "message, durable, with a commit of its own": message("durable", 1, 1),
    }
    for name, count in counts.items():
        results.add(name, count)
    if "--update" in sys.argv[1:]:
        KEPT.write_text(json.dumps(
            {name: {key: count[key] for key in ("instructions", "allocations")} for name, count in counts.items()}, indent=2) + "\n")
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    grown = []
    for name, count in counts.items():
        for kind in ("instructions", "allocations"):
            written = kept.get(name, {}).get(kind)
            print(f"{name}: {count[kind]:,} {kind} ({written:,} written down), over {count['counted']:,}" if written is not None
                  else f"{name}: {count[kind]:,} {kind}, over {count['counted']:,}")
            if written is not None and count[kind] > written * TOLERANCE:
                grown.append(f"{kind} per {name}")
    if grown:
        sys.exit(f"FAIL counts: grown by more than 5 %: {'; '.join(grown)}. If that is meant: make bench ARGS='counts --update'")
    print("PASS counts")


main()
