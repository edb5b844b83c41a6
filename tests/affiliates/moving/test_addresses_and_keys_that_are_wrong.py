"""What cannot be moved is said in a sentence, changes nothing, and shows no key."""

import asyncio
import logging
import os
import sys
from typing import Any

import aiohttp
import pytest
from tests.affiliates.moving.conftest import Here
from tests.affiliates.moving.there import Gate, everything, served
from tests.dialects.leaddyno.world import OTHER_KEY, PRIVATE_KEY, PUBLIC_KEY, World
from tests.vault import SECRET_KEY

from leadyard.affiliates.moving.service import Mover, OtherAccountError
from leadyard.affiliates.moving.source import Source, SourceError, WrongKeyError

WRONG_KEY = "0" * 40


async def leadyard(here: Here, *arguments: str, key: str | None = PRIVATE_KEY) -> tuple[int | None, str, str]:
    """Run the command; gives its exit code and what it prints."""
    environment = {
        **os.environ,
        "LEADYARD_DATABASE_URL": here.database.dsn,
        "LEADYARD_SECRET_KEY": SECRET_KEY,
        "COLUMNS": "160",
    }
    options = () if key is None else ("--key", key)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "leadyard", "migrate-from", "leaddyno", *options, *arguments,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, problems = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), problems.decode()


async def test_the_command_prints_both_sides_and_ends_with_0(here: Here, url: str) -> None:
    code, out, problems = await leadyard(here, "--url", url, "--account", "acme")
    assert (code, problems.strip()) == (0, "")
    figures = {line.split("│")[1].strip(): line.split("│")[2:4] for line in out.splitlines() if "│" in line}
    assert [text.strip() for text in figures["purchases"]] == ["7", "7"]
    assert [text.strip() for text in figures["paid commissions, sum in USD"]] == ["26", "26"]
    assert "Note: plan plus: made without lines" in out
    assert out.endswith("There and here agree.\n")
    assert PRIVATE_KEY not in out


async def test_what_differs_is_named_and_ends_with_1(there: World, here: Here, url: str) -> None:
    await here.post("/purchases", email="jo@example.com", purchase_code="A-1", purchase_amount="80")
    code, out, _ = await leadyard(here, "--url", url)
    assert code == 1
    assert "figures differ:" in out
    assert "  commissions: 15 there, 13 here" in out


@pytest.mark.parametrize("key", [WRONG_KEY, PUBLIC_KEY])
async def test_a_wrong_key_is_said_so_and_shown_nowhere(here: Here, url: str, key: str) -> None:
    before = await everything(here)
    code, out, problems = await leadyard(here, "--url", url, key=key)
    assert (code, out) == (1, "")
    assert problems.endswith("does not know this key; give the account's private key.\n")
    assert key not in problems
    assert await everything(here) == before


async def test_a_key_is_needed(here: Here, url: str) -> None:
    code, _, problems = await leadyard(here, "--url", url, key=None)
    assert code == 2
    assert "--key" in problems


async def test_an_unknown_account_is_said_so(here: Here, url: str) -> None:
    code, _, problems = await leadyard(here, "--url", url, "--account", "nobody")
    assert (code, problems) == (1, "leadyard: There is no account nobody.\n")


async def test_the_key_is_in_no_row_and_no_log(
    here: Here, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with aiohttp.ClientSession() as session:
        source = Source(session, url, OTHER_KEY)
        await Mover(here.database, here.exchange.actor, source, "leaddyno").run()
    assert OTHER_KEY not in caplog.text
    async with here.database.connection() as connection:
        tables = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (name,) in tables:
            rows = await connection.fetchval(f'SELECT string_agg(t::text, chr(10)) FROM "{name}" t')
            assert OTHER_KEY not in (rows or ""), name


async def test_nobody_at_the_address(here: Here) -> None:
    code, _, problems = await leadyard(here, "--url", "http://127.0.0.1:9")
    assert code == 1
    assert "leadyard: 127.0.0.1:9 does not answer /v1/affiliates/count:" in problems


@pytest.mark.parametrize(
    "address", ["", "shop", "ftp://shop.example", "https://", "http://[", "http://a:99999"]
)
async def test_an_address_that_is_none(here: Here, address: str) -> None:
    code, _, problems = await leadyard(here, "--url", address)
    assert (code, problems) == (
        1,
        "leadyard: The address must begin with https:// or http:// and name a host.\n",
    )


@pytest.mark.parametrize("key", ["", " ", "a b", "key\nX-Other: 1", "ключ", "a" * 300])
def test_a_key_that_could_be_none(key: str) -> None:
    with pytest.raises(SourceError, match="must be the private key"):
        Source(None, "https://api.leaddyno.com", key)  # type: ignore[arg-type]


class Other:
    """A server that answers everything with one thing."""

    def __init__(self, status: int, body: bytes, **headers: bytes) -> None:
        self._status, self._body = status, body
        self._headers = [(name.encode(), value) for name, value in headers.items()]

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})


@pytest.mark.parametrize(
    ("server", "sentence"),
    [
        (Other(404, b"Not found"), "is no LeadDyno API: it has no /v1/affiliates/count"),
        (Other(200, b"<html>Welcome</html>"), "with something that is not JSON"),
        (Other(200, b"\xff\xfe"), "with something that is not JSON"),
        (Other(200, b""), "with something that is not JSON"),
        (Other(200, b"[]"), "in another form than LeadDyno's"),
        (Other(200, b'{"count":"many"}'), "in another form than LeadDyno's"),
        (Other(302, b"", location=b"https://elsewhere.example/"), "sends the call to another address"),
        (Other(400, b"{}"), "with HTTP status 400"),
        (Other(403, b"{}"), "does not know this key"),
        (Other(500, b"{}"), "does not answer /v1/affiliates/count: HTTP status 500"),
    ],
)
async def test_an_address_that_is_no_leaddyno(here: Here, server: Other, sentence: str) -> None:
    async with served(server) as url:
        with pytest.raises(SourceError, match=sentence.replace("?", ".")):
            await here.move(url)
    assert await here.exchange.rows("moves") == []


async def test_a_page_that_breaks_off_in_the_middle_of_a_move(
    there: World, here: Here, gate: Gate, url: str
) -> None:
    gate.refusals = {9: (200, b"", b"<html>We are down for maintenance</html>")}
    with pytest.raises(SourceError, match="not JSON"):
        await here.move(url)
    gate.refusals = {}
    await here.move(url)
    assert await everything(here) == await everything(there)


async def test_a_key_that_is_revoked_in_the_middle(here: Here, gate: Gate, url: str) -> None:
    gate.refusals = {9: (401, b"", b'{"error":"Invalid API key"}')}
    with pytest.raises(WrongKeyError):
        await here.move(url)
    assert await here.exchange.differences() == []


async def test_a_source_that_does_not_turn_pages(here: Here) -> None:
    row = b'{"id":7,"email":"a@b.example","created_at":"2013-05-24T05:28:24Z"}'

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b'{"count":1}' if scope["path"].endswith("count") else b"[" + row + b"]"
        await Other(200, body)(scope, receive, send)

    async with served(app) as url:
        with pytest.raises(SourceError, match="gives the same page of affiliates again and again"):
            await here.move(url)


async def test_another_account_under_the_same_name_is_refused(there: World, here: Here, url: str) -> None:
    await here.move(url)
    before = await everything(here)
    async with there.database.connection() as connection:
        await connection.execute(
            "UPDATE affiliates SET email = id || '@else.example', email_key = id || '@else.example', code = 'else' || id"
        )
        await connection.execute("DELETE FROM affiliate_codes")
    with pytest.raises(OtherAccountError, match="--source"):
        await here.move(url)
    assert await everything(here) == before


async def test_a_second_account_moves_in_under_a_name_of_its_own(there: World, here: Here, url: str) -> None:
    await here.move(url)
    first = await everything(here)
    await here.move(url, name="again")
    second = await everything(here)
    assert second["leads"] == first["leads"]
    assert second["purchases"] == first["purchases"]
    assert await here.exchange.differences() == []
