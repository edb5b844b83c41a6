"""Imports a file into a campaign: the same checks as for a posted lead, in batches, and again from where it stopped."""

import asyncio
import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.intake.imports.reading import (
    Columns,
    ImportFileError,
    ImportRow,
    match_columns,
    read_header,
    read_rows,
)
from leadyard.intake.model import ACCEPTED, Reading, Submission
from leadyard.intake.plan import CampaignPlan, Plans
from leadyard.intake.service import Intake
from leadyard.kit import clock
from leadyard.leads.model import Channel

CHUNK = 512
_IN_FLIGHT = 2
_SURELY_BEHIND = 2 * _IN_FLIGHT
"""After so many chunks in a row that an earlier run did not take, none of the rest was."""


class Refusal(msgspec.Struct, frozen=True):
    """A row that did not get in: its number in the file, the code (None: the row cannot be read), and why."""

    number: int
    code: int | None
    errors: tuple[str, ...]


class Summary(msgspec.Struct):
    """What became of a file's rows; `skipped` are those that an earlier run of the same import had taken."""

    rows: int = 0
    accepted: int = 0
    skipped: int = 0
    unreadable: int = 0
    refused: Counter[int] = msgspec.field(default_factory=Counter)


class ImportOrder(msgspec.Struct, frozen=True):
    """Which file goes into which campaign; `columns` chooses fields by column title.

    A trial judges the rows by the campaign's rules and keeps nothing; duplicates and caps are not looked at.
    """

    path: Path
    campaign: str
    sid: str = ""
    columns: Mapping[str, str] = {}
    is_trial: bool = False


class Importer:
    """Runs imports of one account."""

    def __init__(self, intake: Intake, plans: Plans, setup: AccountSetup) -> None:
        """Take the intake that commits, and the account's set-up as of now."""
        self._intake = intake
        self._plans = plans
        self._setup = setup

    def open(self, order: ImportOrder) -> tuple[Columns, str, CampaignPlan]:
        """Look at the header: which column is which field, the delimiter, and the campaign.

        Raises ImportFileError.
        """
        campaign = self._setup.campaign(order.campaign)
        if campaign is None:
            raise ImportFileError(f"There is no campaign {order.campaign}")
        plan = self._plans.of(self._setup, campaign)
        with _lines(order.path) as lines:
            header, delimiter = read_header(lines)
        return match_columns(header, plan.names, order.columns), delimiter, plan

    async def run(
        self,
        order: ImportOrder,
        *,
        refused: Callable[[Refusal], None],
        moved: Callable[[int], None],
    ) -> Summary:
        """Import the file; `refused` hears of each row that did not get in, `moved` how many rows are done.

        Started again after it was cut short, it goes on where it stopped: rows that are stored are skipped. Raises
        ImportFileError, UnavailableError.
        """
        columns, delimiter, _ = self.open(order)
        run = _Run(self._intake, self._setup.account.id, order, _digest(order), Summary(), refused)
        with _lines(order.path) as lines:
            next(lines)
            rows = read_rows(lines, delimiter, columns)
            under_way: set[asyncio.Task[int]] = set()
            try:
                while chunk := list(itertools.islice(rows, CHUNK)):
                    under_way.add(asyncio.create_task(run.take(chunk)))
                    if len(under_way) >= _IN_FLIGHT:
                        done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                        moved(sum(task.result() for task in done))
            finally:
                rest = await asyncio.gather(*under_way, return_exceptions=True)
            moved(sum(_rows_done(result) for result in rest))
        return run.summary


class _Run:
    """One import under way."""

    def __init__(
        self,
        intake: Intake,
        account_id: int,
        order: ImportOrder,
        digest: bytes,
        summary: Summary,
        refused: Callable[[Refusal], None],
    ) -> None:
        self._intake = intake
        self._account_id = account_id
        self._order = order
        self._digest = digest
        self._refused = refused
        self._chunks_without_any = 0
        self.summary = summary

    async def take(self, rows: Sequence[ImportRow]) -> int:
        self.summary.rows += len(rows)
        readable = [row for row in rows if not row.problem]
        for row in rows:
            if row.problem:
                self.summary.unreadable += 1
                self._refused(Refusal(row.number, None, (row.problem,)))
        if self._order.is_trial:
            for row in readable:
                verdict = await self._intake.judge(self._submission(row, None))
                self._count(row, verdict.code, verdict.errors)
            return len(rows)
        uuids = {row.number: row_uuid(self._digest, row.number) for row in readable}
        stored = await self._stored(list(uuids.values()))
        self.summary.skipped += len(stored)
        fresh = [row for row in readable if uuids[row.number] not in stored]
        submissions = [self._submission(row, uuids[row.number]) for row in fresh]
        results = await self._intake.submit_many(submissions)
        for row, result in zip(fresh, results, strict=True):
            self._count(row, result.code, result.errors)
        return len(rows)

    async def _stored(self, uuids: Sequence[UUID]) -> set[UUID]:
        """Find the rows that an earlier run took: they come first, but for chunks that overtook others."""
        if self._chunks_without_any >= _SURELY_BEHIND or not uuids:
            return set()
        stored = await self._intake.stored(self._account_id, uuids)
        self._chunks_without_any = 0 if stored else self._chunks_without_any + 1
        return stored

    def _submission(self, row: ImportRow, uuid: UUID | None) -> Submission:
        values = row.values
        return Submission(
            account_id=self._account_id,
            principal=None,
            campaign=self._order.campaign,
            sid=values.get("sid") or self._order.sid,
            ssid=values.get("ssid", ""),
            channel=Channel.IMPORT,
            is_test=False,
            received_at=clock.now(),
            read=lambda _: Reading(dict(values), {}),
            uuid=uuid,
        )

    def _count(self, row: ImportRow, code: int, errors: Sequence[str]) -> None:
        if code == ACCEPTED:
            self.summary.accepted += 1
        else:
            self.summary.refused[code] += 1
            self._refused(Refusal(row.number, code, tuple(errors)))


def _rows_done(result: int | BaseException) -> int:
    if isinstance(result, BaseException):
        raise result
    return result


def row_uuid(digest: bytes, number: int) -> UUID:
    """Give a row's lead its UUID (version 8): the same at every run of the same import, in the order of the rows."""
    value = int.from_bytes(digest[:8], "big") << 64 | number << 30 | int.from_bytes(digest[8:12], "big") >> 2
    value = value & ~(0xF << 76) | 0x8 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def _digest(order: ImportOrder) -> bytes:
    """Tell imports apart: by what the file holds and where it goes."""
    digest = hashlib.blake2b(f"{order.campaign.casefold()}\n{order.sid}\n".encode(), digest_size=16)
    with order.path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.digest()


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[str]]:
    """Open a file of whatever encoding; bytes that are not UTF-8 are kept for whoever reads the cell."""
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        yield iter(file)
