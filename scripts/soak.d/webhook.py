"""A web service that takes deliveries and keeps book of them, for the measuring programs beside this file."""

import asyncio
import json
import threading
import time


class Webhook:
    """`delay` is how long each answer takes, in seconds; it may be changed at any time. `stop` and `start` take it away and
    bring it back, on the same port."""

    def __init__(self, delay=0.0):
        self.delay = delay
        self.port = 0
        self.handled = {}
        """How often each message was handled, by account and id."""
        self.deliveries = {}
        self.requests, self.open, self.most_open = 0, 0, 0
        self.cut_off = 0
        """Requests that were at work when it was taken away: handled, and nobody was told."""
        self.times = []
        """When requests came, on the monotonic clock."""
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.start()

    def start(self):
        async def begin():
            self.writers = set()
            self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=2048)
            self.port = self.server.sockets[0].getsockname()[1]

        asyncio.run_coroutine_threadsafe(begin(), self.loop).result(10)

    def stop(self):
        async def end():
            self.server.close()
            self.cut_off += self.open
            for writer in list(self.writers):
                writer.transport.abort()

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(10)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def busiest_second(self, since):
        """The most requests that came within one second, after `since`."""
        times = sorted(t for t in self.times if t >= since)
        first, most = 0, 0
        for last, at in enumerate(times):
            while times[first] < at - 1:
                first += 1
            most = max(most, last - first + 1)
        return most

    async def _serve(self, reader, writer):
        self.writers.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                fields = dict(
                    line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:] if ": " in line)
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                await self._answer(fields, json.loads(body))
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def _answer(self, fields, delivery):
        self.requests += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        self.times.append(time.monotonic())
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
            name = fields["holdfast-delivery"]
            self.deliveries[name] = self.deliveries.get(name, 0) + 1
            for message in delivery["messages"]:
                key = (delivery["account"], message["id"])
                self.handled[key] = self.handled.get(key, 0) + 1
        finally:
            self.open -= 1
