"""What a delivery makes of trouble: surely not taken is tried again, possibly taken never is."""

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
from tests.delivery.buyers import ACCEPTING, Call, Script, buyer, listener, transport

from leadyard.delivery.model import FieldMapping, HttpTarget, Outcome, Verdict
from leadyard.delivery.transports.http import HttpTransport

VALUES = {"email": "ann@example.com"}


def _target(url: str, method: str = "POST") -> HttpTarget:
    fields = (FieldMapping("email", "{{ email }}"),)
    if method == "GET":
        return HttpTarget(url, method="GET", body="none", fields=fields, timeout_seconds=1)
    return HttpTarget(url, method="PUT" if method == "PUT" else "POST", fields=fields, timeout_seconds=1)


async def _deliver(http: HttpTransport, url: str, method: str = "POST") -> Verdict:
    return await http.deliver(_target(url, method), ACCEPTING, VALUES, idempotency_key="k")


async def test_a_refused_connection_is_tried_again() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        async with transport() as http:
            verdict = await _deliver(http, f"http://127.0.0.1:{closed.getsockname()[1]}/")
    assert verdict.outcome is Outcome.RETRY
    assert verdict.request_text.startswith("POST http://127.0.0.1")


async def test_a_name_that_does_not_resolve_is_tried_again() -> None:
    async with transport() as http:
        verdict = await _deliver(http, "http://nobody.invalid/")
    assert verdict.outcome is Outcome.RETRY


async def test_a_failed_tls_handshake_is_tried_again() -> None:
    async def garble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"this is not TLS\r\n\r\n")
        await writer.drain()

    async with listener(garble) as port, transport() as http:
        verdict = await _deliver(http, f"https://127.0.0.1:{port}/")
    assert verdict.outcome is Outcome.RETRY


async def test_a_certificate_of_no_one_is_tried_again_and_gets_no_lead(
    self_signed: tuple[Path, Path],
) -> None:
    got: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        got.append(await reader.read(100))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed)
    async with listener(listen, context) as port, transport() as http:
        verdict = await _deliver(http, f"https://127.0.0.1:{port}/")
    assert verdict.outcome is Outcome.RETRY
    assert not any(got)


async def test_a_server_that_never_finishes_the_handshake_is_tried_again() -> None:
    async def hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listener(hang) as port, transport() as http:
        verdict = await _deliver(http, f"https://127.0.0.1:{port}/")
    assert verdict.outcome is Outcome.RETRY


async def test_waiting_for_a_place_with_a_slow_buyer_costs_a_lead_none_of_its_time() -> None:
    async def script(call: Call) -> None:
        await asyncio.sleep(0.6)
        await call.answer("taken")

    async with buyer(script) as running, transport(connections_per_host=1) as http:
        verdicts = await asyncio.gather(*(_deliver(http, running.url) for _ in range(4)))
    assert [verdict.outcome for verdict in verdicts] == [Outcome.ACCEPT] * 4
    assert len(running.calls) == 4


async def test_places_with_one_buyer_are_not_those_with_another() -> None:
    async def never(call: Call) -> None:
        await asyncio.sleep(30)

    async def take(call: Call) -> None:
        await call.answer("taken")

    async with buyer(never) as slow, buyer(take) as quick, transport(connections_per_host=1) as http:
        stuck = asyncio.create_task(_deliver(http, slow.url))
        assert (await _deliver(http, quick.url)).outcome is Outcome.ACCEPT
        assert not stuck.done()
        assert (await stuck).outcome is Outcome.UNKNOWN


async def test_those_who_wait_for_a_slow_buyer_keep_no_place_from_another() -> None:
    async def never(call: Call) -> None:
        await asyncio.sleep(30)

    async def take(call: Call) -> None:
        await call.answer("taken")

    async with (
        buyer(never) as slow,
        buyer(take) as quick,
        transport(connections=2, connections_per_host=1) as http,
    ):
        stuck = [asyncio.create_task(_deliver(http, slow.url)) for _ in range(3)]
        while not slow.calls:  # noqa: ASYNC110 - a buyer tells nobody
            await asyncio.sleep(0.01)
        assert (await _deliver(http, quick.url)).outcome is Outcome.ACCEPT
        assert len(slow.calls) == 1
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)


async def _no_headers(call: Call) -> None:
    await asyncio.sleep(30)


async def _slow_headers(call: Call) -> None:
    for character in "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken":
        await call.send(character)
        await asyncio.sleep(0.2)


async def _slow_body(call: Call) -> None:
    await call.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\ntaken")
    while True:
        await call.send(".")
        await asyncio.sleep(0.1)


async def _too_short_a_body(call: Call) -> None:
    await call.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\ntaken")
    call.writer.close()


async def _half_a_chunk(call: Call) -> None:
    await call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\ntaken")
    call.writer.close()


async def _close_at_once(call: Call) -> None:
    call.writer.close()


async def _reset(call: Call) -> None:
    call.writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
    )
    call.writer.transport.abort()


async def _not_http(call: Call) -> None:
    await call.send("220 mail.example ESMTP\r\n\r\n")
    call.writer.close()


async def _bad_compression(call: Call) -> None:
    await call.answer("taken", headers="Content-Encoding: gzip\r\n")


@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
@pytest.mark.parametrize(
    "script",
    [
        _no_headers,
        _slow_headers,
        _slow_body,
        _too_short_a_body,
        _half_a_chunk,
        _close_at_once,
        _reset,
        _not_http,
        _bad_compression,
    ],
)
async def test_a_lead_that_may_have_been_taken_is_unknown_and_sent_once(script: Script, method: str) -> None:
    async with buyer(script) as running, transport() as http:
        verdict = await _deliver(http, running.url, method)
    assert verdict.outcome is Outcome.UNKNOWN, verdict.reason
    assert len(running.calls) == 1


@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
async def test_a_reused_connection_that_drops_a_lead_is_never_used_to_send_it_again(method: str) -> None:
    seen: list[Call] = []

    async def script(call: Call) -> None:
        seen.append(call)
        if len(seen) == 1:
            await call.answer("taken")
        else:
            call.writer.close()

    async with buyer(script) as running, transport() as http:
        first = await _deliver(http, running.url, method)
        second = await _deliver(http, running.url, method)
    assert (first.outcome, second.outcome) == (Outcome.ACCEPT, Outcome.UNKNOWN)
    assert len(running.calls) == 2
    assert running.calls[0].writer is running.calls[1].writer


async def test_a_connection_that_the_buyer_closed_while_idle_is_replaced() -> None:
    async def script(call: Call) -> None:
        await call.answer("taken")

    async with buyer(script, calls_per_connection=1) as running, transport() as http:
        for _ in range(5):
            verdict = await _deliver(http, running.url)
            assert verdict.outcome is Outcome.ACCEPT, verdict.reason
            await asyncio.sleep(0.05)
    assert len(running.calls) == 5


async def test_an_endless_answer_is_judged_by_its_beginning() -> None:
    async def script(call: Call) -> None:
        await call.send("HTTP/1.1 200 OK\r\n\r\ntaken")
        while True:
            await call.send("." * 10_000)

    async with buyer(script) as running, transport() as http:
        verdict = await _deliver(http, running.url)
    assert verdict.outcome is Outcome.ACCEPT
    assert len(verdict.response_text) == 4096


async def test_an_answer_longer_than_its_length_is_not_trusted() -> None:
    async def script(call: Call) -> None:
        await call.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken and more")

    async with buyer(script) as running, transport() as http:
        verdict = await _deliver(http, running.url)
    assert verdict.outcome is Outcome.UNKNOWN


async def test_a_line_end_after_the_body_does_no_harm() -> None:
    async def script(call: Call) -> None:
        await call.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken\r\n")

    async with buyer(script) as running, transport() as http:
        verdicts = [await _deliver(http, running.url) for _ in range(3)]
    assert [verdict.outcome for verdict in verdicts] == [Outcome.ACCEPT] * 3


async def test_a_cancelled_delivery_is_not_turned_into_a_verdict() -> None:
    arrived = asyncio.Event()

    async def script(_call: Call) -> None:
        arrived.set()
        await asyncio.sleep(30)

    async with buyer(script) as running, transport() as http:
        task = asyncio.create_task(_deliver(http, running.url))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
