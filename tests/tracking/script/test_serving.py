"""The script as files: small, cached for ever under its hash, and current under `/js`."""

import gzip
from typing import Any

import pytest

from leadyard.kit.asgi import Message
from leadyard.tracking.script import ScriptPages, render_script

SERVER = "https://leads.example.com"
PAGES = ScriptPages(SERVER)


async def get(
    path: str, *headers: tuple[bytes, bytes], method: str = "GET"
) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": [*headers]}
    await PAGES(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def test_it_packs_to_less_than_six_kilobytes() -> None:
    assert len(PAGES.script.packed) < 6 * 1024


async def test_the_path_of_the_original_is_cached_for_an_hour() -> None:
    status, headers, body = await get("/js")

    assert status == 200
    assert headers[b"cache-control"] == b"public, max-age=3600"
    assert headers[b"content-type"] == b"text/javascript; charset=utf-8"
    assert headers[b"access-control-allow-origin"] == b"*"
    assert SERVER.encode() in body
    assert b"%SERVER%" not in body


async def test_the_lasting_name_is_cached_for_ever_and_packed_for_whoever_can_unpack() -> None:
    status, headers, body = await get(PAGES.script.path, (b"accept-encoding", b"br, gzip"))

    assert status == 200
    assert b"immutable" in headers[b"cache-control"]
    assert headers[b"content-encoding"] == b"gzip"
    assert gzip.decompress(body) == PAGES.script.text


async def test_the_name_of_an_earlier_text_gives_todays_for_a_while() -> None:
    status, headers, body = await get(f"/js/leaddyno.{'0' * 20}.js")

    assert status == 200
    assert headers[b"cache-control"] == b"public, max-age=3600"
    assert body == PAGES.script.text


async def test_a_browser_that_has_it_gets_no_body() -> None:
    _, headers, _ = await get("/js")
    status, _, body = await get("/js", (b"if-none-match", headers[b"etag"]))

    assert (status, body) == (304, b"")


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/js/other.js", 404), ("POST", "/js", 405)])
async def test_other_paths_and_methods_are_refused(method: str, path: str, status: int) -> None:
    assert (await get(path, method=method))[0] == status


@pytest.mark.parametrize(
    "address", ['https://x.test/"+alert(1)+"', "https://x.test/\n", "https://x.test/</script>"]
)
def test_an_address_that_would_leave_its_string_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="public address"):
        render_script(address)
