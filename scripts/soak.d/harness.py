"""What the measuring programs beside this file share: starting a gateway and a fleet, asking them, judging what came out.

Standard library only. All traffic goes to 127.0.0.1. Every process that is started here is ended here, also when the
program is interrupted or fails; nothing else is touched.
"""

import atexit
import datetime
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HOLDFAST = os.environ.get("HOLDFAST", os.path.join(os.path.dirname(__file__), "../../.build-shipped/release/holdfast"))
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
BEAT_INTERVAL = 15.0
"""The default of `heartbeat.interval`, in seconds."""

_running = []


def _end_all():
    for process in reversed(_running):
        process.stop()


atexit.register(_end_all)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def free_port():
    """A port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def seconds_since_1970(stamp):
    """RFC 3339 in UTC, as the API writes it, or None."""
    if stamp is None:
        return None
    return datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


def wait_until(condition, timeout, what, every=0.25):
    """Returns what `condition` answers as soon as that is true; gives up after `timeout` seconds."""
    limit = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > limit:
            raise TimeoutError(f"not within {timeout:.0f} s: {what}")
        time.sleep(every)


def ask(url, method="GET", body=None, timeout=30):
    """One HTTP request; the answer as parsed JSON, or as text where it is none."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            text = response.read().decode()
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {url}: {error.code} {error.read().decode()[:500]}") from error
    try:
        return json.loads(text)
    except ValueError:
        return text


def metric(text, name):
    """The sum of all samples of one metric in what `/metrics` answers; 0 if there is none."""
    return sum(
        float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith((name + " ", name + "{")))


class Holdfast:
    """One process of the command: `ready` has the addresses it printed when it began to serve. `prefix` is what starts it, for
    instance in another namespace."""

    def __init__(self, *arguments, timeout=60, prefix=()):
        self.errors = tempfile.TemporaryFile()
        # Its own session: an interrupt on the terminal reaches this program, which then ends the process in order.
        self.process = subprocess.Popen(
            [*prefix, HOLDFAST, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors,
            start_new_session=True)
        _running.append(self)
        line = self._first_line(timeout)
        if not line.startswith("ready"):
            raise RuntimeError(f"holdfast {' '.join(arguments)}: {line!r}, and on stderr: {self.log_text()[-2000:]}")
        self.ready = dict(part.split("=", 1) for part in line.split()[1:])

    def _first_line(self, timeout):
        watchdog = signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError("no ready line")))
        signal.alarm(timeout)
        try:
            return self.process.stdout.readline().decode().strip()
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, watchdog)

    @property
    def pid(self):
        return self.process.pid

    def log_text(self):
        """All it wrote on stderr so far."""
        with open(f"/proc/self/fd/{self.errors.fileno()}", "rb") as copy:
            return copy.read().decode(errors="replace")

    def log_size(self):
        return os.fstat(self.errors.fileno()).st_size

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/statm") as figures:
            return int(figures.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as figures:
            fields = figures.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def is_running(self):
        return self.process.poll() is None

    def kill(self):
        """Ends it without a farewell, as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self, timeout=30):
        """Asks it to end, and makes it end if it does not. The exit status."""
        if self.is_running():
            self.process.terminate()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process.stdout.close()
        if self in _running:
            _running.remove(self)
        return self.process.returncode


class Gateway(Holdfast):
    """A scriptable gateway; docs/gateway.md has the faults."""

    def __init__(self, port=0, *options):
        super().__init__("gateway", "--listen", f"127.0.0.1:{port}", "--control", "127.0.0.1:0", *options)
        self.url = self.ready["gateway"].rstrip("/")
        self.port = int(self.url.rsplit(":", 1)[1])

    def faults(self, faults):
        """Replaces the faults. The time by which they were in force."""
        ask(self.ready["control"] + "/faults", "PUT", faults)
        return time.time()

    def stats(self):
        return ask(self.ready["control"] + "/stats")


class Fleet(Holdfast):
    """A running fleet. `accounts` maps an id to what the configuration says of it; `settings` are the other sections."""

    def __init__(self, accounts, settings=None, log="info"):
        self.folder = tempfile.TemporaryDirectory(prefix="holdfast-soak-")
        # JSON is YAML, too.
        configuration = {
            "server": {"listen": "127.0.0.1:0"},
            "store": {"path": "data"},
            "log": {"level": log, "format": "json"},
            **(settings or {}),
            "accounts": [{"id": name, **account} for name, account in accounts.items()],
        }
        path = os.path.join(self.folder.name, "fleet.yaml")
        with open(path, "w") as file:
            json.dump(configuration, file, indent=1)
        self.size = len(accounts)
        super().__init__("run", "--config", path)
        self.api = self.ready["console"].rstrip("/") + "/api/v1"

    def totals(self):
        return ask(self.api + "/accounts?limit=1")["totals"]

    def connected(self):
        return self.totals().get("connected", 0)

    def accounts(self, query=""):
        """All accounts, page by page."""
        found, cursor = [], None
        while True:
            page = ask(f"{self.api}/accounts?limit=1000{query}" + (f"&cursor={cursor}" if cursor else ""))
            found += page["accounts"]
            cursor = page.get("next")
            if not cursor:
                return found

    def timeline(self, account, limit=50):
        """Newest first."""
        return ask(f"{self.api}/accounts/{account}/timeline?limit={limit}")["entries"]

    def command_all(self, action):
        return ask(f"{self.api}/accounts:{action}", "POST", {"all": True})

    def wait_connected(self, timeout, count=None):
        wanted = self.size if count is None else count
        wait_until(lambda: self.connected() >= wanted, timeout, f"{wanted} accounts connected (are: {self.connected()})")

    def stop(self, timeout=30):
        status = super().stop(timeout)
        self.folder.cleanup()
        return status


class BeatWatch:
    """Watches when heartbeats leave, by asking often for `last_heartbeat_sent_at`: `worst_delay` is how much later than one
    interval after the last one any beat was sent, in seconds."""

    def __init__(self, fleet, keep):
        self.fleet, self.keep = fleet, keep
        self.last = {}
        self.delays = []

    def look(self):
        for account in self.fleet.accounts("&state=connected"):
            name = account["id"]
            if not self.keep(name):
                continue
            sent = seconds_since_1970(account["last_heartbeat_sent_at"])
            before = self.last.get(name)
            if sent is not None and before is not None and sent > before[0] and before[1] == account["generation"]:
                self.delays.append(sent - before[0] - BEAT_INTERVAL)
            if sent is not None:
                self.last[name] = (sent, account["generation"])

    def watch(self, seconds, every=2.0):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            self.look()
            time.sleep(every)

    @property
    def worst_delay(self):
        return max(self.delays, default=float("nan"))


class Verdict:
    """Prints each measured number beside its bound, and ends the program with 1 if one of them is out of bounds."""

    def __init__(self, name):
        self.name, self.failed, self.began = name, 0, time.monotonic()
        self.say(f"began at {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores")

    def say(self, text):
        print(f"{self.name}: {text}", flush=True)

    def check(self, what, measured, bound, within, unit=""):
        """`within` says whether the number is good; `bound` is the same in words."""
        self.failed += not within
        number = f"{measured:.2f}" if isinstance(measured, float) else str(measured)
        self.say(f"{'PASS' if within else 'FAIL'}  {what}: {number}{unit} (bound: {bound})")

    def most(self, what, measured, bound, unit=""):
        # Not `>`: a number that could not be measured (nan) is no success.
        self.check(what, measured, f"at most {bound:g}{unit}", measured <= bound, unit)

    def end(self):
        self.say(f"took {time.monotonic() - self.began:.0f} s")
        sys.exit(1 if self.failed else 0)
