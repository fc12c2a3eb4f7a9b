"""The job on picows, as its documentation suggests: a listener per session, and orjson. picows_peer.py PORT SESSIONS [CA]"""

import asyncio
import base64
import collections
import itertools
import random
import resource
import ssl
import sys

import orjson
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

mids = itertools.count()


def mid():
    return f"p{next(mids)} 0"


class Session(WSListener):
    def on_ws_connected(self, transport: WSTransport):
        self.transport, self.open, self.seen, self.registered = transport, {}, collections.OrderedDict(), False
        self.send({"lwp": "/reg", "headers": {
            "cache-header": "app-key token ua wv", "app-key": "444", "token": "t", "ua": "u", "dt": "j",
            "wv": "im:3,au:3,sy:6", "sync": "0,0;0;0;", "did": "d", "mid": mid()}})

    def send(self, value):
        self.transport.send(WSMsgType.TEXT, orjson.dumps(value))

    def beat(self):
        loop = asyncio.get_running_loop()
        if any(loop.time() - sent > 30 for sent in self.open.values()):
            self.transport.disconnect()
            return
        number = mid()
        self.open[number] = loop.time()
        self.send({"lwp": "/!", "headers": {"mid": number}})
        loop.call_later(15, self.beat)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame):
        if frame.msg_type != WSMsgType.TEXT:
            return
        message = orjson.loads(frame.get_payload_as_memoryview())
        headers = message["headers"]
        if "lwp" not in message:
            if self.registered:
                self.open.pop(headers["mid"], None)
            else:
                self.registered = True
                asyncio.get_running_loop().call_later(random.random() * 15, self.beat)
            return
        for item in message["body"]["syncPushPackage"]["data"]:
            chat = orjson.loads(base64.b64decode(item["data"]))["1"]
            if chat["3"] not in self.seen:
                self.seen[chat["3"]] = None
                if len(self.seen) > 10_000:
                    self.seen.popitem(last=False)
        self.send({"code": 200, "headers": {"mid": headers["mid"], "sid": headers["sid"]}})


async def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    context = ssl.create_default_context(cafile=sys.argv[3]) if len(sys.argv) > 3 else None
    scheme = "wss" if context else "ws"
    gate = asyncio.Semaphore(200)
    sessions = []

    async def begin(number):
        async with gate:
            transport, _ = await ws_connect(
                Session, f"{scheme}://127.0.0.1:{port}/s{number}", ssl_context=context, websocket_handshake_timeout=120)
            sessions.append(transport)

    await asyncio.gather(*(begin(number) for number in range(count)))
    await asyncio.gather(*(transport.wait_disconnected() for transport in sessions))


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
asyncio.run(main())
