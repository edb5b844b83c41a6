"""The pool: connections kept for a moment, given back whatever happens, and names looked up once for many."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.buyers import LOOPBACK, Buyer, Call, buyer, listener
from tests.delivery.misbehaving import hangs_up, resolving, silent, takes

from leadyard.delivery.guard import AddressGuard, AddressRefusedError
from leadyard.delivery.transports.http import pool as pools
from leadyard.delivery.transports.http.pool import NotSentError, Origin, Pool
from leadyard.delivery.transports.http.wire import Answered, MaybeSentError

REQUEST = b"GET / HTTP/1.1\r\nHost: buyer.example\r\n\r\n"


@asynccontextmanager
async def pool(*, most: int = 0, most_per_host: int = 10) -> AsyncIterator[Pool]:
    opened = Pool(AddressGuard(LOOPBACK), most=most, most_per_host=most_per_host)
    try:
        yield opened
    finally:
        opened.close()
        await asyncio.sleep(0)


def origin(running: Buyer, host: str = "127.0.0.1") -> Origin:
    return Origin(host, int(running.url.rpartition(":")[2].partition("/")[0]), None)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - the pool tells nobody
            await asyncio.sleep(0.01)


async def closes_politely(call: Call) -> None:
    await call.answer("taken", headers="Connection: close\r\n")
    call.writer.close()


async def closes_without_a_word(call: Call) -> None:
    await call.answer("taken")
    call.writer.close()


async def test_one_connection_serves_one_exchange_after_another() -> None:
    async with buyer(takes) as running, pool() as opened:
        for _ in range(20):
            assert (await opened.exchange(origin(running), REQUEST, 5)).body == b"taken"
    assert len({id(call.writer) for call in running.calls}) == 1


async def test_idle_connections_are_closed_after_their_time_and_hosts_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pools, "_IDLE_SECONDS", 0.1)
    monkeypatch.setattr(pools, "_NAMES_SECONDS", 0.1)
    async with buyer(takes) as running, pool() as opened:
        await asyncio.gather(*(opened.exchange(origin(running), REQUEST, 5) for _ in range(5)))
        assert opened._hosts
        await until(lambda: not opened._hosts and not opened._names)
        assert opened._sweeping is None
        await until(lambda: all(call.writer.transport.is_closing() for call in running.calls))
        assert (await opened.exchange(origin(running), REQUEST, 5)).body == b"taken"
        assert opened._sweeping is not None


async def test_a_connection_that_has_waited_too_long_carries_no_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    async with buyer(takes) as running, pool() as opened:
        await opened.exchange(origin(running), REQUEST, 5)
        monkeypatch.setattr(pools, "_IDLE_SECONDS", 0.0)
        await opened.exchange(origin(running), REQUEST, 5)
    assert len({id(call.writer) for call in running.calls}) == 2


@pytest.mark.parametrize(("most", "most_per_host"), [(2, 10), (0, 2)])
async def test_places_are_given_back_after_errors_time_outs_and_cancellation(
    most: int, most_per_host: int
) -> None:
    async with (
        buyer(silent) as mute,
        buyer(hangs_up) as rude,
        buyer(takes) as good,
        pool(most=most, most_per_host=most_per_host) as opened,
    ):
        for _ in range(3):
            stuck = [asyncio.ensure_future(opened.exchange(origin(mute), REQUEST, 60)) for _ in range(4)]
            await asyncio.sleep(0.02)
            for task in stuck:
                task.cancel()
            await asyncio.wait(stuck)
            late = await asyncio.gather(
                *(opened.exchange(origin(mute), REQUEST, 0.02) for _ in range(4)), return_exceptions=True
            )
            assert [type(one) for one in late] == [TimeoutError] * 4
            broken = await asyncio.gather(
                *(opened.exchange(origin(rude), REQUEST, 5) for _ in range(4)), return_exceptions=True
            )
            assert [type(one) for one in broken] == [MaybeSentError] * 4
        answered = await asyncio.gather(*(opened.exchange(origin(good), REQUEST, 5) for _ in range(8)))
    assert [one.body for one in answered] == [b"taken"] * 8


async def test_no_more_exchanges_than_there_are_places() -> None:
    under_way = most = 0

    async def counts(call: Call) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        await call.answer("taken")

    async with buyer(counts) as running, pool(most_per_host=3) as opened:
        await asyncio.gather(*(opened.exchange(origin(running), REQUEST, 5) for _ in range(30)))
    assert most == 3
    assert len({id(call.writer) for call in running.calls}) <= 3


async def test_a_name_is_looked_up_once_for_many(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolving(monkeypatch, {"buyer.example": ["127.0.0.1", "10.0.0.1"]})
    async with buyer(closes_politely) as running, pool() as opened:
        await asyncio.gather(
            *(opened.exchange(origin(running, "buyer.example"), REQUEST, 5) for _ in range(30))
        )
    assert asked == ["buyer.example"]
    assert len(running.calls) == 30


async def test_a_name_is_looked_up_again_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "_NAMES_SECONDS", 0.0)
    resolving(monkeypatch, {"buyer.example": ["127.0.0.1", "10.0.0.1"]})
    async with buyer(closes_politely) as running, pool() as opened:
        await opened.exchange(origin(running, "buyer.example"), REQUEST, 5)
        with pytest.raises(NotSentError) as refused:
            await opened.exchange(origin(running, "buyer.example"), REQUEST, 5)
    assert isinstance(refused.value.__cause__, AddressRefusedError)


async def test_a_failed_look_up_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    may_answer = asyncio.Event()
    is_failing = True

    async def look_up(_host: str, port: int, **_: Any) -> list[Any]:
        await may_answer.wait()
        if is_failing:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    async with buyer(takes) as running, pool() as opened:
        where = origin(running, "buyer.example")
        # Whoever asked has left before the look-up fails.
        with pytest.raises(NotSentError):
            await opened.exchange(where, REQUEST, 0.02)
        may_answer.set()
        await until(lambda: not opened._names)
        with pytest.raises(NotSentError):
            await opened.exchange(where, REQUEST, 5)
        is_failing = False
        assert (await opened.exchange(where, REQUEST, 5)).body == b"taken"


async def test_one_who_leaves_takes_the_look_up_from_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    may_answer = asyncio.Event()

    async def look_up(_host: str, port: int, **_: Any) -> list[Any]:
        await may_answer.wait()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    async with buyer(takes) as running, pool() as opened:
        where = origin(running, "buyer.example")
        first, second = (asyncio.ensure_future(opened.exchange(where, REQUEST, 5)) for _ in range(2))
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.wait([first])
        may_answer.set()
        assert (await second).body == b"taken"


async def test_a_connection_that_is_closed_before_the_request_has_carried_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def leaves(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with listener(leaves) as port, pool() as opened:
        loop = asyncio.get_running_loop()
        connect = loop.create_connection

        async def connect_and_wait(*arguments: Any, **options: Any) -> Any:
            made = await connect(*arguments, **options)
            await until(lambda: not made[1].is_free)
            return made

        monkeypatch.setattr(loop, "create_connection", connect_and_wait)
        with pytest.raises(NotSentError):
            await opened.exchange(Origin("127.0.0.1", port, None), REQUEST, 5)


@pytest.mark.parametrize("script", [closes_politely, closes_without_a_word, hangs_up, takes])
async def test_hundreds_of_exchanges_leave_no_descriptor_open(script: Any) -> None:
    async with buyer(script) as running, pool() as opened:
        before = descriptors()
        for _ in range(25):
            answers = await asyncio.gather(
                *(opened.exchange(origin(running), REQUEST, 5) for _ in range(20)), return_exceptions=True
            )
            assert all(isinstance(one, Answered | MaybeSentError) for one in answers)
        opened.close()
        await until(lambda: descriptors() <= before)


async def test_a_pool_that_is_closed_meanwhile_keeps_nothing() -> None:
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def waits(call: Call) -> None:
        asked.set()
        await may_answer.wait()
        await call.answer("taken")

    async with buyer(waits) as running, pool() as opened:
        before = descriptors()
        asking = asyncio.ensure_future(opened.exchange(origin(running), REQUEST, 5))
        await asked.wait()
        opened.close()
        may_answer.set()
        assert (await asking).body == b"taken"
        await until(lambda: descriptors() <= before)
