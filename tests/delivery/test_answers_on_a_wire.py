"""Answers as they come over a connection: in any pieces, framed in any way, longer than anybody reads, or no HTTP at all."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.delivery.wires import PATIENCE, cut, line

from leadyard.delivery.transports.http.wire import ANSWER_LIMIT, Answered

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
INTERIM = b"HTTP/1.1 102 Processing\r\nX-Interim: yes\r\n\r\n"
LINE_ENDS = b"\r\n"


class Raw(NamedTuple):
    """An answer as bytes, and what is to be read from it."""

    raw: bytes
    status: int
    body: bytes
    ends_with_connection: bool = False


@st.composite
def answers(draw: st.DrawFn) -> Raw:
    """Make answers of every framing, some behind interim ones."""
    interim = INTERIM * draw(st.integers(0, 2))
    status = draw(st.sampled_from([200, 201, 302, 404, 429, 500]))
    body = draw(st.binary(max_size=200))
    framing = draw(st.sampled_from(["length", "chunks", "trailers", "end", "old", "nothing"]))
    head = b"%sHTTP/1.%d %d Words\r\nX-Kept: yes\r\n" % (interim, framing != "old", status)
    if framing == "nothing":
        status = draw(st.sampled_from([204, 304]))
        return Raw(b"%sHTTP/1.1 %d Words\r\nX-Kept: yes\r\n\r\n" % (interim, status), status, b"")
    if framing == "length":
        return Raw(b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body), status, body)
    if framing in {"end", "old"}:
        return Raw(b"%s\r\n%s" % (head, body), status, body, True)
    pieces = [piece for piece in cut(body, draw(st.lists(st.integers(0, 200), max_size=4))) if piece]
    chunks = b"".join(b"%x;name=value\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    trailers = b"X-Kept: no\r\n" if framing == "trailers" else b""
    return Raw(b"%sTransfer-Encoding: chunked\r\n\r\n%s0\r\n%s\r\n" % (head, chunks, trailers), status, body)


@settings(max_examples=300, deadline=None)
@given(answer=answers(), places=st.lists(st.integers(0, 400), max_size=12))
def test_an_answer_is_the_same_in_any_pieces(answer: Raw, places: Sequence[int]) -> None:
    async def check() -> None:
        async with line() as one:
            found = await one.exchange(cut(answer.raw, places), ends=answer.ends_with_connection, seconds=5)
            assert isinstance(found, Answered), found
            assert (found.status, found.body) == (answer.status, answer.body)
            assert found.headers.getall("X-Kept") == ["yes"]
            assert "X-Interim" not in found.headers
            assert one.wire.is_free is not answer.ends_with_connection
            if one.wire.is_free:
                again = await one.exchange([OK], seconds=5)
                assert isinstance(again, Answered)
                assert again.body == b"ok"
                assert "X-Kept" not in again.headers

    asyncio.run(check())


def mangled() -> st.SearchStrategy[bytes]:
    """Make bytes that have something of answers, and bytes that have nothing of them."""
    tokens = [
        OK, INTERIM, b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 101 Switching\r\n", b"\r\n", b"\n", b"\r", b" ",
        b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Content-Length: 99999999999999999999\r\n", b"HTTP/1.1 ",
        b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"5\r\ntaken\r\n",
        b"0\r\n\r\n", b"ffffffffffffffffff\r\n", b"Connection: close\r\n", b"Connection: upgrade\r\nUpgrade: h2c\r\n",
        b"taken", b"HTTP/2 200\r\n", b": \r\n", b" folded\r\n", b"\x00", b"\xff\xfe", b"HTTP/1.1 204 No\r\n", b"HTTP/1.1 999 \r\n",
    ]  # fmt: skip
    pieces = st.one_of(st.sampled_from(tokens), st.binary(max_size=20))
    return st.lists(pieces, max_size=12).map(b"".join)


@settings(max_examples=400, deadline=None)
@given(raw=mangled(), places=st.lists(st.integers(0, 300), max_size=4), ends=st.booleans())
@example(raw=OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", places=[], ends=False)
def test_whatever_comes_ends_in_time_and_reaches_no_other_exchange(
    raw: bytes, places: Sequence[int], ends: bool
) -> None:
    async def check() -> None:
        async with line() as one, asyncio.timeout(10):
            found = await one.exchange(cut(raw, places), ends=ends)
            assert isinstance(found, Answered) or found in {"MaybeSentError", "TimeoutError"}
            if not isinstance(found, Answered):
                assert not one.wire.is_free
            await asyncio.sleep(0)
            if one.wire.is_free and not ends:
                again = await one.exchange(
                    [b"HTTP/1.1 200 OK\r\nX-Second: yes\r\nContent-Length: 6\r\n\r\nsecond"]
                )
                assert isinstance(again, Answered), again
                assert (again.body, again.headers.get("X-Second")) == (b"second", "yes")

    asyncio.run(check())


@settings(max_examples=200, deadline=None)
@given(rest=mangled().filter(lambda raw: bool(raw.strip(LINE_ENDS))), place=st.integers(0, 300))
def test_a_connection_with_anything_behind_its_answer_serves_no_other(rest: bytes, place: int) -> None:
    async def check() -> None:
        now, later = cut(rest, [place])[0], rest
        async with line() as one, asyncio.timeout(10):
            await one.exchange([OK + (now if now.strip(LINE_ENDS) else later)])
            assert not one.wire.is_free

    asyncio.run(check())


@pytest.mark.parametrize("late", [OK, b"HTTP/1.1 200", b"\x00"])
async def test_what_comes_when_nothing_was_asked_gives_the_connection_up(late: bytes) -> None:
    async with line() as one:
        assert isinstance(await one.exchange([OK]), Answered)
        assert one.wire.is_free
        await one.say(late)
        assert not one.wire.is_free
        assert await one.exchange([]) == "MaybeSentError"


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("more", [-1, 0, 1, 70_000])
async def test_a_body_is_read_up_to_the_limit(more: int, is_chunked: bool) -> None:
    body = b"x" * (ANSWER_LIMIT + more)
    if is_chunked:
        raw = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    else:
        raw = b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    async with line() as one:
        found = await one.exchange([b"HTTP/1.1 200 OK\r\n" + raw], seconds=5)
        assert isinstance(found, Answered)
        assert found.body == body[:ANSWER_LIMIT]
        if more < 0:
            assert one.wire.is_free


@pytest.mark.parametrize("more", [-1, 0, 1])
async def test_a_body_without_end_is_taken_at_the_limit_and_not_before(more: int) -> None:
    async with line() as one:
        found = await one.exchange([b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (ANSWER_LIMIT + more)], seconds=0.5)
        assert not one.wire.is_free
    if more < 0:
        assert found == "TimeoutError"
    else:
        assert isinstance(found, Answered)
        assert len(found.body) == ANSWER_LIMIT


@pytest.mark.parametrize("size", [100, 60_000])
async def test_large_headers_are_read(size: int) -> None:
    async with line() as one:
        raw = b"HTTP/1.1 200 OK\r\nX-Large: %s\r\nContent-Length: 2\r\n\r\nok" % (b"x" * size)
        found = await one.exchange(cut(raw, range(0, len(raw), 5000)), seconds=5)
    assert isinstance(found, Answered)
    assert len(found.headers["X-Large"]) == size


@pytest.mark.parametrize(
    ("beginning", "more"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Large: ", b"x" * 1000),
        (b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n" * 100),
        (b"", INTERIM * 20),
        (b"", b"\r\n" * 500),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;%s\r\nx\r\n" % (b"y" * 1000)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: 1\r\n" * 100),
    ],
    ids=["header", "headers", "interim answers", "line ends", "extensions", "trailers"],
)
async def test_framing_without_end_is_given_up_long_before_the_time_is(beginning: bytes, more: bytes) -> None:
    async with line() as one:
        found = await one.exchange([beginning, *[more] * 2500], seconds=60)
    assert found == "MaybeSentError"


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ntaken",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntaken\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntaken\r\n0\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"",
    ],
)
async def test_an_answer_whose_connection_ends_early_is_not_whole(raw: bytes) -> None:
    async with line() as one:
        assert await one.exchange([raw], ends=True, seconds=5) == "MaybeSentError"


async def test_an_offer_to_change_the_protocol_is_no_change() -> None:
    async with line() as one:
        raw = b"HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: h2\r\nContent-Length: 5\r\n\r\ntaken"
        found = await one.exchange([raw], seconds=5)
    assert isinstance(found, Answered)
    assert found.body == b"taken"


async def test_an_exchange_that_is_cancelled_gives_its_connection_up() -> None:
    async with line() as one:
        loop = asyncio.get_running_loop()
        asking = asyncio.ensure_future(one.wire.exchange(b"x", loop.time() + 60))
        await one.asked()
        asking.cancel()
        await asyncio.wait([asking])
        assert not one.wire.is_free
        assert await one.exchange([], seconds=PATIENCE) == "MaybeSentError"
