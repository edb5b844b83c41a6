"""The yardstick: a bare ASGI application that answers with the bytes it got, served like the web process."""

import socket
import sys
from typing import Any

import uvicorn


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the body."""
    assert scope["type"] == "http"
    message = await receive()
    body = message["body"]
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    config = uvicorn.Config(
        echo, http="httptools", loop="uvloop", lifespan="off", access_log=False, log_config=None,
        server_header=False,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
