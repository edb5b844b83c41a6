"""A buyer for the benchmarks: accepts every lead over HTTP and counts them."""

import socket
import sys
from typing import Any

import uvicorn

_taken = 0


async def buyer(scope: Any, receive: Any, send: Any) -> None:
    """Take a lead, or tell how many were taken."""
    global _taken  # noqa: PLW0603 - one process, one counter
    assert scope["type"] == "http"
    await receive()
    body = b'{"status":"accepted"}'
    if scope["path"] == "/taken":
        body = b"%d" % _taken
    else:
        _taken += 1
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    config = uvicorn.Config(
        buyer, http="httptools", loop="uvloop", lifespan="off", access_log=False, log_config=None,
        server_header=False,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
