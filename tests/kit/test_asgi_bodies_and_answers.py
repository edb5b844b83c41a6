"""Reading ASGI bodies within a limit, and answering."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from leadyard.kit import asgi
from leadyard.kit.asgi import (
    BodyTooLargeError,
    ClientGoneError,
    Message,
    read_body,
    send_empty,
    send_json,
    send_text,
)


class Line:
    """The server's side of one connection: plays messages in and keeps what is sent out."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.waiting = list(messages)
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        return self.waiting.pop(0) if self.waiting else {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)


def chunk(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_one_piece_is_read() -> None:
    assert await read_body(Line(chunk(b"abc")).receive, 3) == b"abc"


async def test_a_message_without_a_body_is_empty() -> None:
    assert await read_body(Line({"type": "http.request"}).receive, 3) == b""


async def test_chunks_are_joined() -> None:
    line = Line(chunk(b"ab", more=True), chunk(b"", more=True), chunk(b"c"))
    assert await read_body(line.receive, 3) == b"abc"


async def test_a_body_over_the_limit_is_refused_after_reading_on() -> None:
    line = Line(chunk(b"abcd", more=True), chunk(b"e" * 9, more=True), chunk(b"end"))
    with pytest.raises(BodyTooLargeError):
        await read_body(line.receive, 3)
    assert line.waiting == []


async def test_an_endless_body_is_not_read_to_its_end() -> None:
    line = Line(*[chunk(b"abcd", more=True)] * 100)
    with pytest.raises(BodyTooLargeError):
        await read_body(line.receive, 3)
    assert len(line.waiting) > 90


async def test_a_caller_who_stops_sending_an_oversized_body_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asgi, "_DRAIN_SECONDS", 0)
    with pytest.raises(BodyTooLargeError):
        await read_body(asyncio.Event().wait, 3, [(b"content-length", b"4")])  # type: ignore[arg-type]  # never answers


async def test_a_last_piece_over_the_limit_is_refused() -> None:
    for line in (Line(chunk(b"abcd")), Line(chunk(b"ab", more=True), chunk(b"cd"))):
        with pytest.raises(BodyTooLargeError):
            await read_body(line.receive, 3)


@pytest.mark.parametrize("length", [b"4", b" 99 ", b"9" * 5000])
async def test_a_declared_length_over_the_limit_is_refused(length: bytes) -> None:
    line = Line(chunk(b"abcd"))
    with pytest.raises(BodyTooLargeError):
        await read_body(line.receive, 3, [(b"host", b"x"), (b"content-length", length)])
    assert line.waiting == []


@pytest.mark.parametrize("length", [b"3", b"-1", b"x", b""])
async def test_other_declared_lengths_do_not_matter(length: bytes) -> None:
    assert await read_body(Line(chunk(b"abc")).receive, 3, [(b"content-length", length)]) == b"abc"


async def test_a_caller_who_hangs_up_is_noticed() -> None:
    for line in (Line(), Line(chunk(b"a", more=True))):
        with pytest.raises(ClientGoneError):
            await read_body(line.receive, 3)


@pytest.mark.parametrize(
    ("answer", "headers", "body"),
    [
        (lambda s: send_json(s, 200, b"{}", [(b"a", b"b")]),
         [(b"content-type", b"application/json"), (b"content-length", b"2"), (b"a", b"b")], b"{}"),
        (lambda s: send_text(s, 200, "é"),
         [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"2")], "é".encode()),
        (lambda s: send_empty(s, 200, [(b"a", b"b")]), [(b"a", b"b")], b""),
    ],
)  # fmt: skip
async def test_an_answer_is_a_start_and_a_body(
    answer: Callable[[Any], Any], headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    line = Line()
    await answer(line.send)
    assert line.sent == [
        {"type": "http.response.start", "status": 200, "headers": headers},
        {"type": "http.response.body", "body": body},
    ]
