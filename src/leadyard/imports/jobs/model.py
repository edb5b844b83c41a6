"""The values of files that were handed in."""

from datetime import datetime, timedelta
from enum import IntEnum
from uuid import UUID

import msgspec

from leadyard.identity.model import ApiKey, KeyKind, KeySettings, LeadReturn, Principal
from leadyard.imports.model import ImportOrder, Summary

LARGEST_FILE = 256 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
MOST_OPEN = 20
"""So many imports of one account may wait or be under way."""
HELD = timedelta(minutes=1)
"""A worker that has not been heard of for so long has lost its import to the next."""
ABANDONED = timedelta(hours=1)
KEPT = timedelta(days=14)
"""Files and their refused rows are kept so long after the end."""


class ImportState(IntEnum):
    """How an import stands."""

    ARRIVING = 0
    ACTIVE = 1
    DONE = 2
    CANCELLED = 3
    FAILED = 4


class Author(msgspec.Struct, frozen=True):
    """Whose key handed a file in, with what it may see and do."""

    key_id: int
    kind: KeyKind
    reference: str
    lead_return: LeadReturn
    supplier_id: int | None = None
    buyer_id: int | None = None

    @classmethod
    def of(cls, principal: Principal) -> "Author":
        """Take the holder of a key as the author."""
        key = principal.key
        settings = key.settings
        return cls(key.id, key.kind, key.reference, settings.lead_return, key.supplier_id, key.buyer_id)

    def principal(self, account_id: int) -> Principal:
        """Act as the author; whether it was allowed was checked when the file was handed in."""
        settings = KeySettings(lead_return=self.lead_return)
        key = ApiKey(self.key_id, self.kind, self.reference, "", settings, self.supplier_id, self.buyer_id)
        return Principal(account_id, key)


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was handed in; `cursor` is the last row that was dealt with, `problem` why it failed or waits."""

    account_id: int
    id: int
    name: str
    order: ImportOrder
    author: Author
    state: ImportState
    digest: bytes | None = None
    size: int = 0
    cursor: int = 0
    total: int | None = None
    summary: Summary
    header: list[str] | None = None
    problem: str | None = None
    worker: UUID | None = None
    due_at: datetime
    made_by: str
    created_at: datetime
    started_at: datetime | None = None
    updated_at: datetime
    ended_at: datetime | None = None
    is_emptied: bool = False
