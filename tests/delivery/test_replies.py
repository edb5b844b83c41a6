"""What calls make of answers: unpacked, decoded, or trouble; never anything else, whatever the bytes."""

import asyncio
import encodings.aliases
import gzip
import random
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict
from tests.delivery.buyers import LOOPBACK, Call, buyer
from yarl import URL

from leadyard.delivery.guard import AddressGuard
from leadyard.delivery.model import Outcome
from leadyard.delivery.transports.http.calling import Message, Reply, TroubleError, call
from leadyard.delivery.transports.http.pool import Pool
from leadyard.delivery.transports.http.wire import ANSWER_LIMIT

BODY = b'{"status": "taken"}'
PACKED = {"gzip": gzip.compress(BODY), "x-gzip": gzip.compress(BODY), "deflate": zlib.compress(BODY)}


async def asked(raw: bytes, *, seconds: float = 5) -> Reply | TroubleError:
    """Call a buyer that answers these bytes and hangs up."""

    async def script(got: Call) -> None:
        await got.send(raw)
        got.writer.close()

    async with buyer(script) as running:
        pool = Pool(AddressGuard(LOOPBACK), most=0, most_per_host=1)
        try:
            return await call(pool, Message("POST", URL(running.url), CIMultiDict(), b"lead"), seconds, None)
        except TroubleError as error:
            return error
        finally:
            pool.close()


def framed(body: bytes, *headers: str) -> bytes:
    lines = [f"Content-Length: {len(body)}", *headers]
    return b"HTTP/1.1 200 OK\r\n" + "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@pytest.mark.parametrize("coding", PACKED)
async def test_a_packed_answer_that_nobody_asked_for_is_unpacked(coding: str) -> None:
    reply = await asked(framed(PACKED[coding], f"Content-Encoding: {coding.upper()}"))
    assert isinstance(reply, Reply)
    assert reply.text == BODY.decode()


async def test_a_deflated_answer_may_lack_its_header() -> None:
    bare = zlib.compress(BODY)[2:-4]
    reply = await asked(framed(bare, "Content-Encoding: deflate"))
    assert isinstance(reply, Reply), reply.reason
    assert reply.text == BODY.decode()


@pytest.mark.parametrize("coding", PACKED)
@pytest.mark.parametrize("kept", [1, -5])
async def test_a_packed_answer_that_is_cut_off_is_not_whole(coding: str, kept: int) -> None:
    trouble = await asked(framed(PACKED[coding][:kept], f"Content-Encoding: {coding}"))
    assert isinstance(trouble, TroubleError)
    assert trouble.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "nonsense"])
async def test_a_packing_that_we_do_not_know_leaves_the_lead_unknown(coding: str) -> None:
    trouble = await asked(framed(BODY, f"Content-Encoding: {coding}"))
    assert isinstance(trouble, TroubleError)
    assert trouble.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("more", [-1, 0, 1])
async def test_a_packed_answer_is_read_up_to_the_limit(more: int) -> None:
    body = b"x" * (ANSWER_LIMIT + more)
    reply = await asked(framed(gzip.compress(body), "Content-Encoding: gzip"))
    assert isinstance(reply, Reply)
    assert reply.text == body[:ANSWER_LIMIT].decode()


async def test_a_packed_answer_that_is_longer_than_the_limit_is_judged_by_its_beginning() -> None:
    body = b"taken" + random.Random(7).randbytes(2 * ANSWER_LIMIT)  # noqa: S311 - bytes that do not shrink
    reply = await asked(framed(gzip.compress(body), "Content-Encoding: gzip"))
    assert isinstance(reply, Reply), reply.reason
    assert reply.text.startswith("taken")


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_bomb_is_unpacked_to_the_limit_only(coding: str) -> None:
    packing = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    bomb = b"".join(packing.compress(bytes(1_000_000)) for _ in range(50)) + packing.flush()
    tracemalloc.start()
    try:
        reply = await asked(framed(bomb, f"Content-Encoding: {coding}"))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(reply, Reply)
    assert len(reply.text) == ANSWER_LIMIT
    assert most < 5_000_000


CHARSETS = sorted({*encodings.aliases.aliases.values(), "idna", "punycode", "undefined", "unicode_escape"})


@settings(max_examples=150, deadline=None)
@given(charset=st.sampled_from(CHARSETS) | st.text("ab;=\"' -\x7f", max_size=10), body=st.binary(max_size=80))
def test_a_body_in_any_charset_becomes_text_that_can_be_kept(charset: str, body: bytes) -> None:
    reply = asyncio.run(asked(framed(body, f"Content-Type: text/plain; charset={charset}")))
    assert isinstance(reply, Reply), reply.reason
    assert "\x00" not in reply.text
    reply.text.encode()


@pytest.mark.parametrize("charset", ["punycode", "Punycode-", "idna"])
async def test_a_charset_that_is_none_for_texts_is_not_used(charset: str) -> None:
    reply = await asked(framed(b"a-b9b9", f"Content-Type: text/plain; charset={charset}"))
    assert isinstance(reply, Reply), reply.reason
    assert reply.text == "a-b9b9"


@settings(max_examples=150, deadline=None)
@given(
    body=st.binary(max_size=60) | st.sampled_from([*PACKED.values()]),
    coding=st.sampled_from(["", "gzip", "deflate", "br", ",", "\xff"]),
    kind=st.text(max_size=20).filter(lambda text: text.isprintable()),
    noise=st.binary(max_size=30),
    where=st.integers(0, 200),
)
def test_damaged_answers_are_replies_or_trouble(
    body: bytes, coding: str, kind: str, noise: bytes, where: int
) -> None:
    raw = framed(body, "Content-Encoding: " + coding) + kind.encode()
    found = asyncio.run(asked(raw[:where] + noise + raw[where:], seconds=0.2))
    if isinstance(found, TroubleError):
        assert found.outcome is Outcome.UNKNOWN
    else:
        found.text.encode()
