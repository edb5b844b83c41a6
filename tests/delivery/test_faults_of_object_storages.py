"""S3 storages that misbehave: each ends in the state that says whether the file may be there."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.delivery.buyers import Call, buyer
from tests.delivery.drops import s3
from tests.delivery.mailboxes import GUARD
from tests.delivery.misbehaving import PATIENCE, faulty, resolving, takes

from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.transports.file.s3 import put_by_s3

ENDS: Mapping[str, Outcome] = {
    "refused connection": Outcome.RETRY,
    "a certificate of no one": Outcome.RETRY,
    "no TLS": Outcome.RETRY,
    "a handshake without end": Outcome.RETRY,
    "silence": Outcome.UNKNOWN,
    "slow headers": Outcome.UNKNOWN,
    "endless headers": Outcome.UNKNOWN,
    "slow body": Outcome.UNKNOWN,
    "endless body": Outcome.ACCEPT,
    "shorter than announced": Outcome.UNKNOWN,
    "hangs up": Outcome.UNKNOWN,
    "a redirect into the network": Outcome.ERROR,
    "429 with Retry-After": Outcome.RETRY,
    "500 after having taken it": Outcome.RETRY,
}


async def put(url: str) -> Verdict:
    where = s3(url.removesuffix("/leads"), timeout_seconds=PATIENCE)
    return await put_by_s3(GUARD, where, "leads.csv", b"name\r\nAnn\r\n", "text/csv")


@pytest.mark.parametrize(("fault", "outcome"), ENDS.items())
async def test_a_storage_with_a_fault(fault: str, outcome: Outcome, tmp_path: Path) -> None:
    async with faulty(fault, tmp_path) as storage:
        verdict = await put(storage.url)
    assert verdict.outcome is outcome, verdict.reason
    assert len(storage.calls) <= 2  # the client puts the same once more when the connection breaks
    assert storage.pointed_at == []
    assert verdict.retry_after_seconds == (7 if fault == "429 with Retry-After" else None)
    assert len(verdict.response_text) <= 4096


async def test_an_answer_in_pieces_is_read_to_its_end() -> None:
    async def in_pieces(call: Call) -> None:
        await call.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 36\r\n\r\n")
        for piece in ("<Error><Code>", "Denied</Code></Error", ">\r\n"):
            await call.send(piece)
            await asyncio.sleep(0.02)

    async with buyer(in_pieces) as storage:
        verdict = await put(storage.url)
    assert verdict.outcome is Outcome.ERROR
    assert verdict.response_text.startswith("<Error><Code>Denied</Code></Error>")


async def test_a_name_is_called_where_it_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolving(monkeypatch, {"storage.example": ["127.0.0.1", "10.0.0.1"]})
    async with buyer(takes) as storage:
        url = storage.url.replace("127.0.0.1", "storage.example")
        assert (await put(url)).outcome is Outcome.ACCEPT
        refused = await put(url)
    assert refused.outcome is Outcome.ERROR
    assert "not allowed" in refused.reason
    assert (len(asked), len(storage.calls)) == (2, 1)
