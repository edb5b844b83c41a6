"""One connection to a buyer: writes a request, reads its answer, and says of every failure what may have left.

Answers are read by llhttp. Nothing that a buyer sends is kept beyond the limits below, however it is framed.
"""

import asyncio
from typing import NamedTuple, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from multidict import CIMultiDict

ANSWER_LIMIT = 65_536
"""Bytes of an answer's body that are read; the rest of a longer one is never fetched."""

_HEAD_LIMIT = 65_536
_FRAMING_LIMIT = 1_048_576
"""Bytes that may come around a body that never gets long: chunks of one byte, extensions, trailers, interim answers."""

_INTERIM = range(100, 200)
_WITHOUT_BODY = frozenset({204, 304})


class MaybeSentError(Exception):
    """A connection failed after the request may have left."""


class Answered(NamedTuple):
    """An answer as it came: its status, its headers, and its body up to the limit."""

    status: int
    headers: CIMultiDict[str]
    body: bytes


class Wire(asyncio.Protocol):
    """A connection for one exchange at a time; `is_free` tells whether it may serve another."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait to be connected."""
        self.idle_since = 0.0
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Answered] | None = None
        self._is_spent = False
        self._parser = HttpResponseParser(self)
        # What servers of the field get wrong without any harm: line ends, blanks, odd characters in headers.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self._begin()

    def _begin(self) -> None:
        self._answer: Answered | None = None
        self._status = 0
        self._headers: CIMultiDict[str] = CIMultiDict()
        self._body: list[bytes] = []
        self._size = self._fed = 0
        self._is_body = self._keeps_alive = self._is_followed = False

    @property
    def is_free(self) -> bool:
        """Tell whether the connection stands and its last answer ended cleanly."""
        return not self._is_spent and self._transport is not None and not self._transport.is_closing()

    async def exchange(self, request: bytes, until: float) -> Answered:
        """Send a request and read its answer by an instant of the loop's clock.

        Raises TimeoutError, or MaybeSentError when no whole answer comes; either way the request may have left.
        """
        if self._transport is None or self._transport.is_closing():
            raise MaybeSentError("The connection was closed")
        waiter: asyncio.Future[Answered] = self._loop.create_future()
        self._waiter = waiter
        self._begin()
        self._transport.write(request)
        timer = self._loop.call_at(until, self._expire)
        try:
            return await waiter
        except BaseException:
            self._is_spent = True
            raise
        finally:
            timer.cancel()
            self._waiter = None
            if self._is_spent:
                self.close()

    def close(self) -> None:
        """Give the connection up, at once and without a farewell that a buyer could hold up."""
        self._is_spent = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Read on; whatever comes when nothing was asked makes the connection useless."""
        if self._waiter is None or self._waiter.done():
            self.close()
            return
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self._fail("it switches to another protocol")
        except HttpParserError as error:
            self._fail(f"it is not HTTP: {error}")
        else:
            self._go_on()

    def _go_on(self) -> None:
        """Take the answer if it is whole or long enough, and give up on one that never ends."""
        if self._answer is not None:
            self._end(self._answer, is_spent=self._is_followed or not self._keeps_alive)
        elif self._size >= ANSWER_LIMIT:
            self._end(self._whole(), is_spent=True)
        elif not self._is_body and self._fed > _HEAD_LIMIT:
            self._fail("its headers do not end")
        elif self._fed > _FRAMING_LIMIT:
            self._fail("it does not end")

    def connection_lost(self, exc: Exception | None) -> None:
        """End an answer whose end is the connection's; any other is not whole."""
        self._is_spent = True
        if self._is_body and exc is None and self._ends_with_connection():
            self._end(self._whole(), is_spent=True)
        else:
            self._fail(str(exc or "the connection was closed"))

    def on_message_begin(self) -> None:
        """See a second answer begin behind the first: what is left of it must not reach the next exchange."""
        self._is_followed = self._answer is not None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; a trailer says nothing any more."""
        if not self._is_body:
            self._headers.add(name.decode("latin-1"), value.decode("utf-8", "replace"))

    def on_headers_complete(self) -> None:
        """Learn what follows."""
        self._status = self._parser.get_status_code()
        self._is_body = self._status not in _INTERIM
        self._keeps_alive = self._parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body up to the limit."""
        self._body.append(body[: ANSWER_LIMIT - self._size])
        self._size += len(self._body[-1])

    def on_message_complete(self) -> None:
        """Take an answer as whole unless it was an interim one."""
        if not self._is_body:
            self._headers = CIMultiDict()
        elif self._answer is None:
            self._answer = self._whole()

    def _whole(self) -> Answered:
        return Answered(self._status, self._headers, b"".join(self._body))

    def _ends_with_connection(self) -> bool:
        framed = "Content-Length" in self._headers or "Transfer-Encoding" in self._headers
        return not framed and self._status not in _WITHOUT_BODY

    def _expire(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(TimeoutError())

    def _end(self, answer: Answered, *, is_spent: bool) -> None:
        self._is_spent = is_spent
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(answer)

    def _fail(self, why: str) -> None:
        self._is_spent = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(MaybeSentError(why))
