"""An echo server on loopback, made of somebody else's WebSocket: echo_server.py websockets|aiohttp deflate|off.

Prints the port it chose, and ends when its standard input does. Text and bytes come back as they are; the text "bye" closes
with 4001.
"""

import asyncio
import sys

LIMIT_BYTES = 64 << 20


async def serve_websockets(deflate):
    from websockets.asyncio.server import serve

    async def echo(connection):
        async for message in connection:
            if message == "bye":
                return await connection.close(4001, "as you wish")
            await connection.send(message)

    server = await serve(
        echo, "127.0.0.1", 0, compression="deflate" if deflate else None, max_size=LIMIT_BYTES)
    return next(iter(server.sockets)).getsockname()[1]


async def serve_aiohttp(deflate):
    from aiohttp import WSMsgType, web

    async def echo(request):
        connection = web.WebSocketResponse(compress=deflate, max_msg_size=LIMIT_BYTES)
        await connection.prepare(request)
        async for message in connection:
            if message.type == WSMsgType.TEXT and message.data == "bye":
                await connection.close(code=4001, message=b"as you wish")
            elif message.type == WSMsgType.TEXT:
                await connection.send_str(message.data)
            elif message.type == WSMsgType.BINARY:
                await connection.send_bytes(message.data)
        return connection

    application = web.Application()
    application.router.add_get("/", echo)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner.addresses[0][1]


async def main():
    serve = {"websockets": serve_websockets, "aiohttp": serve_aiohttp}[sys.argv[1]]
    print(await serve(sys.argv[2] == "deflate"), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
