"""The programs that are measured: what can be built of them here, how one is started, and what it has used."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / ".build-bench/peers"
HOLDFAST = os.environ.get("HOLDFAST", str(ROOT / ".build-shipped/release/holdfast"))
MEMORY, DURABLE = "Holdfast, memory", "Holdfast, durable"
FLOOR = "bare epoll in C"
TICKS = os.sysconf("SC_CLK_TCK")

_running = []


def compile_c(name, *libraries):
    subprocess.run(
        ["gcc", "-O2", "-Wall", "-Werror", "-I", str(HERE), "-o", BUILD / name, HERE / f"{name}.c", *libraries], check=True)


def build_gateway():
    BUILD.mkdir(parents=True, exist_ok=True)
    compile_c("gateway", "-lssl", "-lcrypto")


def build():
    """The programs that there are, by name: those that can be built here, and Holdfast twice. The others are named and left out."""
    build_gateway()
    python = BUILD / "python/bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", BUILD / "python"], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "websockets", "picows", "orjson"], check=False)
    go = dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode", GOCACHE=str(BUILD / "gocache"))

    def run(*command, **options):
        subprocess.run(command, check=True, **options)
    wanted = [
        Peer(FLOOR, lambda: compile_c("floor"), [BUILD / "floor"], speaks_tls=False),
        Peer("libwebsockets (C)", lambda: compile_c("lws", "-lwebsockets"), [BUILD / "lws"]),
        Peer("gorilla/websocket (Go)",
             lambda: run("go", "build", "-o", BUILD / "gorilla", ".", cwd=HERE / "gorilla", env=go), [BUILD / "gorilla"]),
        Peer("Erlang, own frames", lambda: run("erlc", "-o", BUILD, HERE / "erlang/job.erl"),
             ["erl", "-noshell", "-pa", BUILD, "+P", "200000", "-s", "job", "main"], speaks_tls=False),
        Peer("picows + orjson (Python)", lambda: run(python, "-c", "import picows, orjson"), [python, HERE / "picows_peer.py"]),
        Peer("websockets (Python)", lambda: run(python, "-c", "import websockets"), [python, HERE / "websockets_peer.py"]),
    ]
    there = {}
    for peer in wanted:
        try:
            peer.build()
            there[peer.name] = peer
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"left out: {peer.name} ({error})", file=sys.stderr)
    if os.access(HOLDFAST, os.X_OK):
        there[MEMORY], there[DURABLE] = Holdfast(MEMORY, "memory"), Holdfast(DURABLE, "durable")
    else:
        print(f"left out: Holdfast ({HOLDFAST} is not built)", file=sys.stderr)
    return there


class Peer:
    """PROGRAM PORT SESSIONS [CA]: with a file of certificates it trusts, it speaks TLS."""

    def __init__(self, name, build, command, speaks_tls=True):
        self.name, self.build, self.command, self.speaks_tls = name, build, command, speaks_tls

    def begin(self, gateway, count):
        trusted = [gateway.certificate] if gateway.certificate else []
        return Process([*self.command, str(gateway.port), str(count), *trusted])


class Holdfast:
    speaks_tls = True

    def __init__(self, name, mode):
        self.name, self.mode = name, mode

    def begin(self, gateway, count):
        """What is durable has two cores, as its budget says; the others have the machine."""
        return Fleet(gateway, count, self.mode, before=["taskset", "-c", "0,1"] if self.mode == "durable" else [])


class Process:
    def __init__(self, command, **options):
        self.process = subprocess.Popen([str(part) for part in command], **{"stdin": subprocess.DEVNULL} | options)
        _running.append(self)

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
        _running.remove(self)


def stop_all():
    for process in _running[::-1]:
        process.stop()


class Fleet(Process):
    """Holdfast as it is shipped: with its register, its console and, in durable mode, its journal. Its gates are open, and
    its lanes are two, as by default."""

    def __init__(self, gateway, count, mode, before=(), binary=HOLDFAST, defaults=None):
        self.folder = tempfile.TemporaryDirectory(prefix="holdfast-bench-")
        scheme = "wss" if gateway.certificate else "ws"
        accounts = [
            {"id": f"s{n}", "url": f"{scheme}://{gateway.address}:{gateway.port}/s{n}", "token": "t"} for n in range(count)]
        configuration = {
            "server": {"listen": "127.0.0.1:0"}, "store": {"path": "data"}, "log": {"level": "error"},
            "defaults": {
                "messages": {"mode": mode}, **({"tls": {"ca": str(gateway.certificate)}} if gateway.certificate else {}),
                **(defaults or {})},
            "admission": {
                "connects_per_second": 100_000, "burst": 100_000, "concurrent": 500,
                "fleet": {"connects_per_second": 100_000, "concurrent": 500}},
            "accounts": accounts,
        }
        path = pathlib.Path(self.folder.name) / "fleet.yaml"
        path.write_text(json.dumps(configuration))
        super().__init__([*before, binary, "run", "--config", path], stdout=subprocess.DEVNULL)

    def stop(self):
        super().stop()
        self.folder.cleanup()


class Gateway(Process):
    """The neutral gateway, on an address of loopback, in the clear or with TLS."""

    def __init__(self, address="127.0.0.1", tls=False):
        self.address, self.certificate = address, certificate() if tls else None
        files = [self.certificate, self.certificate.with_name("key.pem")] if tls else []
        super().__init__(
            [BUILD / "gateway", "0", address, *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def certificate():
    """A certificate for loopback that is its own authority; its key is beside it."""
    path = BUILD / "certificate.pem"
    if not path.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", BUILD / "key.pem", "-out", path], check=True, capture_output=True)
    return path


def wait_registered(gateway, program, count):
    limit = time.monotonic() + 120 + count / 100
    while (registered := gateway.ask("stats")["registered"]) < count:
        if time.monotonic() > limit or program.process.poll() is not None:
            raise RuntimeError(f"only {registered} of {count} sessions came")
        time.sleep(0.05)
