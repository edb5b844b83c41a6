"""The values of imports."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from leadyard.identity.model import Permission
from leadyard.imports.mapping import ImportRow


class ImportKind(StrEnum):
    """What the rows of a file are."""

    LEADS = "leads"
    RETURNS = "returns"
    FEEDBACK = "feedback"


NEEDED = {
    ImportKind.LEADS: Permission.LEADS_CREATE,
    ImportKind.RETURNS: Permission.LEADS_RETURN,
    ImportKind.FEEDBACK: Permission.LEADS_FEEDBACK,
}
"""What a key needs to import, as for the same thing one by one."""


class ImportOrder(msgspec.Struct, frozen=True):
    """What a file is and how it is read; `columns` chooses fields by column title.

    `campaign`, `sid`, `buyer` and `reason` count for rows that name none. A trial keeps nothing: leads are judged by
    the campaign's rules without duplicates and caps; returns and feedback are tried and taken back.
    """

    kind: ImportKind = ImportKind.LEADS
    campaign: str = ""
    sid: str = ""
    buyer: str = ""
    reason: str = ""
    columns: Mapping[str, str] = {}
    sheet: str = ""
    is_trial: bool = False

    @property
    def identity(self) -> str:
        """Tell orders apart whose rows are not the same, though the file is."""
        leads = f"{self.campaign.casefold()}\n{self.sid}\n"
        others = (self.sheet, self.buyer, self.reason) if self.kind is ImportKind.LEADS else (
            self.sheet, self.buyer, self.reason, self.kind.value)  # fmt: skip
        return leads + "".join(f"{other}\n" for other in others if other)


class Outcome(msgspec.Struct, frozen=True):
    """What became of a row: taken now, or by an earlier run, or refused with a code (None: it has none) and why."""

    is_taken: bool = False
    was_taken: bool = False
    code: int | None = None
    reasons: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """Name the kind of refusal: the code, else the reason without what it says of this very row."""
        return self.reasons[0].partition(":")[0] if self.code is None else str(self.code)


def refused(reason: str) -> Outcome:
    """Make the outcome of a row that is refused without a code."""
    return Outcome(reasons=(reason,))


TAKEN = Outcome(is_taken=True)
TAKEN_BEFORE = Outcome(was_taken=True)


class Refusal(msgspec.Struct, frozen=True):
    """A row that did not get in: its number in the file, the code, why, and its cells."""

    number: int
    code: int | None
    reasons: tuple[str, ...]
    cells: Sequence[str] = ()


class Summary(msgspec.Struct):
    """What became of a file's rows; `skipped` are those that an earlier run of the same import had taken.

    `unreadable` could not be read at all; `refused` are counted by code, or by the reason where there is no code.
    """

    rows: int = 0
    accepted: int = 0
    skipped: int = 0
    unreadable: int = 0
    refused: dict[str, int] = {}

    def add(self, other: "Summary") -> None:
        """Count another summary in."""
        self.rows += other.rows
        self.accepted += other.accepted
        self.skipped += other.skipped
        self.unreadable += other.unreadable
        for word, count in other.refused.items():
            self.refuse(word, count)

    def refuse(self, word: str, count: int = 1) -> None:
        """Count refusals of a kind."""
        self.refused[word] = self.refused.get(word, 0) + count


class Step(msgspec.Struct, frozen=True):
    """One chunk of a file that is dealt with: its last row, what became of the rows, and those that were refused."""

    last_row: int
    summary: Summary
    refusals: list[Refusal]


class Taker(Protocol):
    """Takes the rows of one kind of file, each once however often the file comes."""

    chunk: int
    """How many rows are taken at once."""

    is_ordered: bool
    """Whether a chunk must wait for the one before it."""

    keeps_empty: bool
    """Whether an empty cell says something else than a column that is not there."""

    def known(self) -> list[tuple[str, str]]:
        """List the fields that columns can be, as (name, label)."""

    async def take(self, rows: Sequence[ImportRow]) -> list[Outcome]:
        """Take readable rows; tells what became of each."""


class ImportRun(msgspec.Struct, frozen=True):
    """One run over a file: what tells its rows from those of others, and since when this import has been going on.

    What an earlier run took since then counts as taken by this import, which was cut short.
    """

    account_id: int
    digest: bytes
    order: ImportOrder
    since: datetime
