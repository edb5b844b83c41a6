"""The tracker as bytes: with the server's public address written in, packed once, under a name that changes with it."""

import base64
import gzip
import hashlib
import re
from pathlib import Path

import msgspec

from leadyard.kit.asgi import Receive, Scope, Send, send_empty

PATH = "/js"
_SOURCE = Path(__file__).with_name("tracker.js")
_PLACEHOLDER = "%SERVER%"
_SHORT = b"public, max-age=3600"
_LONG = b"public, max-age=31536000, immutable"
_earlier = re.compile(rf"{PATH}/leaddyno\.[0-9a-f]{{20}}\.js").fullmatch
"""Names of earlier texts, which pages still ask for after an update: they get today's, but not for ever."""
_OK, _NOT_MODIFIED, _NOT_FOUND, _NO_METHOD = 200, 304, 404, 405


class TrackerScript(msgspec.Struct, frozen=True):
    """The script for one public address; `integrity` is what a page's script tag may demand of it."""

    text: bytes
    packed: bytes
    digest: str
    integrity: str
    server: str

    @property
    def path(self) -> str:
        """The path under which this very text stands for ever."""
        return f"{PATH}/leaddyno.{self.digest}.js"

    @property
    def url(self) -> str:
        """The address of this very text."""
        return f"{self.server}{self.path}"

    def snippet(self, key: str) -> str:
        """Write what a page includes to be tracked for good, with an account's public key.

        It asks for the current text, so it goes on after changes of the script and of the public address.
        """
        return f'<script src="{self.server}{PATH}"></script>\n{_calls(key)}'

    def strict_snippet(self, key: str) -> str:
        """Write what a page includes that runs this very text alone: browsers refuse every later one."""
        return f'<script src="{self.url}" integrity="{self.integrity}" crossorigin="anonymous"></script>\n{_calls(key)}'


def _calls(key: str) -> str:
    return f'<script>LeadDyno.key = "{key}"; LeadDyno.recordVisit(); LeadDyno.autoWatch();</script>'


def render_script(server: str) -> TrackerScript:
    """Write a server's public address into the script; raises ValueError for one that would leave its string."""
    if not server.isprintable() or set(server) & set("\"'\\<>"):
        raise ValueError("the public address has characters that no address has")
    text = _SOURCE.read_text("utf-8").replace(_PLACEHOLDER, server.rstrip("/")).encode()
    digest = hashlib.sha384(text).digest()
    return TrackerScript(
        text=text,
        packed=gzip.compress(text, 9, mtime=0),
        digest=digest.hex()[:20],
        integrity=f"sha384-{base64.b64encode(digest).decode()}",
        server=server.rstrip("/"),
    )


class ScriptPages:
    """Answers `/js` and the script's lasting name."""

    def __init__(self, server: str) -> None:
        """Render the script for the address under which the outside reaches this server."""
        self.script = render_script(server)
        self._tag = f'"{self.script.digest}"'.encode()

    @staticmethod
    def owns(path: str) -> bool:
        """Tell whether a path is one for the script to answer, be it with 404."""
        return path == PATH or path.startswith(PATH + "/")

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer GET and HEAD; anything else is 405."""
        if scope["method"] not in {"GET", "HEAD"}:
            await send_empty(send, _NO_METHOD, [(b"allow", b"GET, HEAD"), (b"content-length", b"0")])
            return
        path = scope["path"]
        lasting = path == self.script.path
        if not lasting and path.rstrip("/") != PATH and not _earlier(path):
            await send_empty(send, _NOT_FOUND, [(b"content-length", b"0")])
            return
        given = dict(scope["headers"])
        headers = [
            (b"cache-control", _LONG if lasting else _SHORT),
            (b"etag", self._tag),
            (b"access-control-allow-origin", b"*"),
            (b"cross-origin-resource-policy", b"cross-origin"),
            (b"x-content-type-options", b"nosniff"),
            (b"vary", b"accept-encoding"),
        ]
        if given.get(b"if-none-match") == self._tag:
            await send_empty(send, _NOT_MODIFIED, headers)
            return
        body = self.script.text
        if b"gzip" in given.get(b"accept-encoding", b""):
            body = self.script.packed
            headers.append((b"content-encoding", b"gzip"))
        headers += [
            (b"content-type", b"text/javascript; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": _OK, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
