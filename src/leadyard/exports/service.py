"""Exports: rows read page by page from one id to another, written in any format, handed on as they are made.

No connection and no snapshot is held between pages, so a slow reader costs nobody anything. The last id is fixed at the
beginning: what comes in later is left out, what is changed meanwhile is shown as it was when its page was read, and
every row is there once.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager

import msgspec
import structlog

from leadyard.affiliates.exporting import PEOPLE
from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.exports.model import MOST_COLUMNS, Column, Form, Format, Rows
from leadyard.exports.sources import Source, leads_source, other_source
from leadyard.exports.store import Wanted
from leadyard.exports.viewing import Side, View
from leadyard.exports.workbook import WorkbookWriter
from leadyard.exports.writers import writer_of
from leadyard.identity.audit import record_change
from leadyard.identity.model import Principal
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError
from leadyard.leads.reading import LeadFilter
from leadyard.storage.database import Connection, Database

PAGE = 1000
_WIDEST = 4_000_000
_LAST_NUMBER = 32_767
_CONNECTIONS = 2
_log = structlog.get_logger(__name__)

Moved = Callable[[int, float], None]
"""Hears how many rows have been read, and which part of the way that is (0 to 1)."""


class Export(msgspec.Struct, frozen=True):
    """A file under way: its name, and its bytes as they are made."""

    file_name: str
    media_type: str
    chunks: AsyncGenerator[bytes, None]


class LeadsExported(msgspec.Struct, frozen=True):
    """What the audit log keeps of an export of leads."""

    format: str
    columns: list[str]
    campaign_id: int | None
    first_lead_id: int
    last_lead_id: int


class PeopleExported(msgspec.Struct, frozen=True):
    """What the audit log keeps of an export of people."""

    format: str
    columns: list[str]
    affiliate_id: int | None


def _nobody(_: int, __: float) -> None:
    """Take no notice."""


class Exports:
    """The exports of a process, which share two of its connections however many there are."""

    def __init__(self, database: Database, configuration: Configuration, *, page: int = PAGE) -> None:
        """Read so many rows at once."""
        self._database = database
        self._configuration = configuration
        self._page = page
        self._turns = asyncio.Semaphore(_CONNECTIONS)

    async def leads(
        self,
        principal: Principal,
        wanted: LeadFilter,
        columns: str | None,
        form: Form,
        moved: Moved = _nobody,
    ) -> Export:
        """Begin an export of leads; a supplier's or buyer's key gets its own, and the audit log says who had it.

        Raises InvalidInputError, UnavailableError.
        """
        view = await self._view(principal)
        wanted = _own(view, wanted)
        async with self._connection() as connection:
            source = await leads_source(connection, view, wanted, columns)
        _check(source.columns)
        names = [column.name for column in source.columns]
        kept = LeadsExported(form.format, names, wanted.campaign_id, source.ids.first, source.ids.last)
        await self._record(principal, "leads", kept)
        return await self._begin("leads", view.setup, source, form, moved)

    async def others(
        self,
        principal: Principal,
        name: str,
        wanted: Wanted,
        columns: str | None,
        form: Form,
        moved: Moved = _nobody,
    ) -> Export:
        """Begin an export of attempts, returns, feedback, the ledger or the programme; a buyer's key gets its own.

        Raises InvalidInputError, UnavailableError.
        """
        view = await self._view(principal)
        if view.buyer_id is not None:
            wanted = msgspec.structs.replace(
                wanted, buyer_id=_same("buyer_id", wanted.buyer_id, view.buyer_id)
            )
        async with self._connection() as connection:
            source = await other_source(connection, view, name, wanted, columns)
        if name == PEOPLE:
            kept = PeopleExported(
                form.format, [column.name for column in source.columns], wanted.affiliate_id
            )
            await self._record(principal, name, kept)
        return await self._begin(name, view.setup, source, form, moved)

    async def _record(self, principal: Principal, entity: str, kept: LeadsExported | PeopleExported) -> None:
        """Keep in the audit log who exported people's data."""
        account_id, actor = principal.account_id, principal.actor
        async with self._turns, self._database.unit_of_work() as connection:
            await record_change(connection, account_id, actor, "exported", entity, 0, None, kept)

    async def table(
        self, account_id: int, name: str, columns: Sequence[Column], rows: Rows, form: Form
    ) -> Export:
        """Begin an export of rows that are there already."""
        setup = await self._configuration.setup(account_id)
        return await self._written(name, setup, columns, _pages(rows, self._page), form)

    async def _view(self, principal: Principal) -> View:
        return View(await self._configuration.current(principal.account_id), principal)

    async def _begin(
        self, name: str, setup: AccountSetup, source: Source, form: Form, moved: Moved
    ) -> Export:
        return await self._written(name, setup, source.columns, self._batches(source, moved), form)

    async def _written(
        self,
        name: str,
        setup: AccountSetup,
        columns: Sequence[Column],
        batches: AsyncGenerator[Rows, None],
        form: Form,
    ) -> Export:
        """Read the first page before anything is answered, so that what is wrong by then is still told in words."""
        first = await anext(batches, None)
        rest = _with_first(first, batches)
        chunks = (
            _workbook(name, columns, rest, form)
            if form.format is Format.XLSX
            else _texts(columns, rest, form)
        )
        moment = clock.now().strftime("%Y%m%dT%H%M%SZ")
        file_name = f"{setup.account.slug}-{name}-{moment}.{form.format}"
        return Export(file_name, form.format.media_type, _told(chunks, name))

    async def _batches(self, source: Source, moved: Moved) -> AsyncGenerator[Rows, None]:
        """Read page after page; where few ids fit, a page looks at more of them, but never without end."""
        ids, width, read = source.ids, self._page, 0
        after = (ids.first - 1, 0)
        while True:
            until = min(after[0] + width, ids.last)
            async with self._connection() as connection:
                rows = await source.statement.page(connection, after, until, self._page)
            is_full = len(rows) == self._page
            after = source.key(rows[-1]) if is_full else (until, _LAST_NUMBER)
            if is_full:
                width = max(self._page, width // 2)
            elif 2 * len(rows) < self._page:
                width = min(2 * width, _WIDEST)
            read += len(rows)
            is_last = not is_full and until >= ids.last
            moved(read, 1.0 if is_last else (after[0] - ids.first + 1) / (ids.last - ids.first + 1))
            if rows:
                yield rows
            if is_last:
                return

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with self._turns, self._database.connection() as connection:
            yield connection


def _own(view: View, wanted: LeadFilter) -> LeadFilter:
    """Narrow a filter to what a key may see; raises InvalidInputError where it asks for what others have."""
    if view.side is Side.OPERATOR:
        return wanted
    own, other = ("supplier_id", "buyer_id") if view.side is Side.SUPPLIER else ("buyer_id", "supplier_id")
    theirs = getattr(view, own)
    for name in (other, "attempt"):
        if getattr(wanted, name) is not None:
            raise InvalidInputError.of(name, "is not for keys of suppliers and buyers")
    return msgspec.structs.replace(wanted, **{own: _same(own, getattr(wanted, own), theirs)})


def _same(name: str, asked: int | None, own: int | None) -> int | None:
    if asked not in {None, own}:
        raise InvalidInputError.of(name, "is not the key's own")
    return own


def _check(columns: Sequence[Column]) -> None:
    if len(columns) > MOST_COLUMNS:
        raise InvalidInputError.of("columns", f"are more than {MOST_COLUMNS}: choose some, or one campaign")


async def _pages(rows: Rows, size: int) -> AsyncGenerator[Rows, None]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


async def _with_first(first: Rows | None, rest: AsyncGenerator[Rows, None]) -> AsyncGenerator[Rows, None]:
    async with aclosing(rest):
        if first is not None:
            yield first
        async for rows in rest:
            yield rows


async def _texts(
    columns: Sequence[Column], batches: AsyncGenerator[Rows, None], form: Form
) -> AsyncGenerator[bytes, None]:
    writer = writer_of(columns, form)
    async with aclosing(batches):
        if heading := writer.heading():
            yield heading
        async for rows in batches:
            yield writer.rows(rows)


async def _workbook(
    name: str, columns: Sequence[Column], batches: AsyncGenerator[Rows, None], form: Form
) -> AsyncGenerator[bytes, None]:
    """Write the whole workbook to disk, then hand it on: its format has no beginning before its end."""
    writer = WorkbookWriter(name, columns, form)
    try:
        await asyncio.to_thread(writer.begin)
        async with aclosing(batches):
            async for rows in batches:
                await asyncio.to_thread(writer.add, rows)
        await asyncio.to_thread(writer.finish)
        chunks = writer.chunks()
        while chunk := await asyncio.to_thread(next, chunks, b""):
            yield chunk
    finally:
        # Whoever hangs up does not wait for the page that is just being written.
        asyncio.get_running_loop().run_in_executor(None, writer.drop)


async def _told(chunks: AsyncGenerator[bytes, None], name: str) -> AsyncGenerator[bytes, None]:
    """Pass chunks on, and log what ends them early."""
    async with aclosing(chunks):
        try:
            async for chunk in chunks:
                yield chunk
        except Exception as error:
            _log.error("export_failed", export=name, error=type(error).__name__)
            raise
