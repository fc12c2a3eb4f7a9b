"""The job on Python's websockets, as its documentation suggests: one task per session. websockets_peer.py PORT SESSIONS [CA]"""

import asyncio
import base64
import collections
import itertools
import json
import random
import resource
import ssl
import sys

import websockets

mids = itertools.count()


def mid():
    return f"p{next(mids)} 0"


async def beats(socket, open_beats):
    await asyncio.sleep(random.random() * 15)
    while True:
        number = mid()
        answer = open_beats[number] = asyncio.get_running_loop().create_future()
        await socket.send(json.dumps({"lwp": "/!", "headers": {"mid": number}}))
        try:
            await asyncio.wait_for(answer, 30)
        except asyncio.TimeoutError:
            await socket.close()
            return
        await asyncio.sleep(15)


async def session(port, name, context):
    async with websockets.connect(
            f"{'wss' if context else 'ws'}://127.0.0.1:{port}/{name}", ssl=context, compression=None, ping_interval=None,
            open_timeout=120) as socket:
        await socket.send(json.dumps({"lwp": "/reg", "headers": {
            "cache-header": "app-key token ua wv", "app-key": "444", "token": "t", "ua": "u", "dt": "j",
            "wv": "im:3,au:3,sy:6", "sync": "0,0;0;0;", "did": "d", "mid": mid()}}))
        json.loads(await socket.recv())
        open_beats, seen = {}, collections.OrderedDict()
        task = asyncio.create_task(beats(socket, open_beats))
        async for text in socket:
            message = json.loads(text)
            headers = message["headers"]
            if "lwp" not in message:
                waiting = open_beats.pop(headers["mid"], None)
                if waiting and not waiting.done() and message["code"] == 200:
                    waiting.set_result(None)
                continue
            for item in message["body"]["syncPushPackage"]["data"]:
                chat = json.loads(base64.b64decode(item["data"]))["1"]
                if chat["3"] not in seen:
                    seen[chat["3"]] = None
                    if len(seen) > 10_000:
                        seen.popitem(last=False)
            await socket.send(json.dumps({"code": 200, "headers": {"mid": headers["mid"], "sid": headers["sid"]}}))
        task.cancel()


async def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    context = ssl.create_default_context(cafile=sys.argv[3]) if len(sys.argv) > 3 else None
    gate = asyncio.Semaphore(200)
    running = set()

    async def begin(number):
        async with gate:
            task = asyncio.create_task(session(port, f"s{number}", context))
            running.add(task)
            await asyncio.sleep(0)

    await asyncio.gather(*(begin(number) for number in range(count)))
    await asyncio.gather(*running)


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
asyncio.run(main())
