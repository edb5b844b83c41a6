"""The demo's buyer: accepts every lead, over real HTTP, at an address of this very server.

It keeps nothing: its reference for a lead is made from the Idempotency-Key, so a repeat is answered as the first time.
"""

import hashlib

from leadyard.kit.asgi import Receive, Scope, Send, read_body, send_json
from leadyard.kit.ids import new_uuid

PATH = "/demo/buyer"
_LONGEST_BODY = 1 << 16


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept a lead with a reference of the buyer's own."""
    if scope["method"] != "POST":
        await send_json(send, 405, b'{"status":"error","reason":"POST a lead here"}', [(b"allow", b"POST")])
        return
    await read_body(receive, _LONGEST_BODY)
    key = next((value for name, value in scope["headers"] if name == b"idempotency-key"), new_uuid().bytes)
    reference = hashlib.blake2b(key, digest_size=6).hexdigest()
    await send_json(send, 200, b'{"status":"accepted","reference":"%s"}' % reference.encode())
