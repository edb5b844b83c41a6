"""Runs imports: chunk by chunk, the same checks as the API, and again from where one stopped."""

import asyncio
import hashlib
import itertools
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from leadyard.imports.files.model import Table
from leadyard.imports.files.texts import clean
from leadyard.imports.mapping import Columns, ImportRow, match_columns, read_values
from leadyard.imports.model import ImportOrder, Outcome, Refusal, Step, Summary, Taker

_IN_FLIGHT = 2

Note = Callable[[Step], Awaitable[None]]


def file_digest(path: Path, order: ImportOrder) -> bytes:
    """Tell imports apart: by what the file holds and where it goes."""
    digest = hashlib.blake2b(order.identity.encode(), digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.digest()


class Opened:
    """A file on its way into an account."""

    def __init__(self, table: Table, columns: Columns, taker: Taker) -> None:
        """Take the open table, its columns, and who takes its rows."""
        self.table = table
        self.columns = columns
        self._taker = taker

    async def run(
        self,
        note: Note,
        *,
        after_row: int = 0,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Take the rows behind `after_row`; `note` hears of each chunk, in order, before the next but one begins.

        Gives False when `goes_on` ended it early. Raises ImportFileError, UnavailableError and what `note` raises.
        """
        values = read_values(self.table.rows, self.columns, keeps_empty=self._taker.keeps_empty)
        rows = (row for row in values if row.number > after_row)
        under_way: deque[asyncio.Task[Step]] = deque()
        most = 1 if self._taker.is_ordered else _IN_FLIGHT
        try:
            while goes_on() and (chunk := await asyncio.to_thread(self._next, rows)):
                under_way.append(asyncio.create_task(self._take(chunk)))
                if len(under_way) >= most:
                    await note(await under_way.popleft())
            is_ended = goes_on()
            while under_way:
                await note(await under_way.popleft())
        finally:
            await asyncio.gather(*under_way, return_exceptions=True)
        return is_ended

    def _next(self, rows: Iterator[ImportRow]) -> list[ImportRow]:
        return list(itertools.islice(rows, self._taker.chunk))

    async def _take(self, rows: Sequence[ImportRow]) -> Step:
        readable = [row for row in rows if not row.problem]
        outcomes = dict(zip((row.number for row in readable), await self._taker.take(readable), strict=True))
        return step_of(rows, outcomes)


def open_import(table: Table, order: ImportOrder, taker: Taker) -> Opened:
    """Match a file's columns to what they can be; raises ImportFileError."""
    return Opened(table, match_columns(table.header, taker.known(), order.columns), taker)


def step_of(rows: Sequence[ImportRow], outcomes: dict[int, Outcome]) -> Step:
    """Count what became of a chunk's rows; those without an outcome could not be read."""
    summary, refusals = Summary(rows=len(rows)), []
    for row in rows:
        outcome = outcomes.get(row.number)
        if outcome is None:
            summary.unreadable += 1
            refusals.append(Refusal(row.number, None, (row.problem,), _shown(row)))
        elif outcome.is_taken:
            summary.accepted += 1
        elif outcome.was_taken:
            summary.skipped += 1
        else:
            summary.refuse(outcome.word)
            refusals.append(Refusal(row.number, outcome.code, outcome.reasons, _shown(row)))
    return Step(rows[-1].number, summary, refusals)


def _shown(row: ImportRow) -> list[str]:
    return [clean(cell) for cell in row.cells]
