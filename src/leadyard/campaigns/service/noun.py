"""What all nouns of a set-up have in common: create, read, list, update, archive.

Every change is one unit of work. It begins with the version of the set-up, whose row stays locked, so what is
checked here still holds at the commit; then everything is checked, written, and put into the audit log.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa

from leadyard.campaigns.store import bump_version, rows
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.clock import now
from leadyard.kit.documents import LARGEST_INTEGER, merged, read
from leadyard.kit.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from leadyard.kit.masking import MASK, changed, restored
from leadyard.storage.counters import next_id, reserve_up_to
from leadyard.storage.database import Connection, Database, Row
from leadyard.storage.sealing import read_opened

InputT = TypeVar("InputT", bound=msgspec.Struct)
RecordT = TypeVar("RecordT", bound=msgspec.Struct)

ARCHIVED = "Archived"


class Noun(Generic[InputT, RecordT]):
    """The use cases of one kind of thing; `entity` is its name in ids, the audit log and messages."""

    entity: str
    table: sa.Table
    input: type[InputT]
    record: type[RecordT]

    async def create(
        self, database: Database, actor: Actor, document: object, *, chosen_id: int | None = None
    ) -> RecordT:
        """Make one from its input Struct or the JSON form of it, under the next id or a chosen one.

        Raises InvalidInputError with every problem, ConflictError for a unique value that is taken.
        """
        async with database.unit_of_work() as connection:
            return await self.create_in(connection, actor, document, chosen_id=chosen_id)

    async def create_in(
        self, connection: Connection, actor: Actor, document: object, *, chosen_id: int | None = None
    ) -> RecordT:
        """Make one as `create` does, inside the caller's unit of work."""
        wanted = read(restored(msgspec.to_builtins(document), None, self.input), self.input)
        await bump_version(connection, actor.account_id)
        row_id = await self._new_id(connection, actor.account_id, chosen_id)
        wanted = self.completed(wanted, row_id)
        await self._refuse_bad(connection, actor.account_id, row_id, wanted)
        await rows.insert(connection, self.table, actor.account_id, row_id, self.columns(wanted))
        await self.save_parts(connection, actor.account_id, row_id, wanted)
        record = await self.find(connection, actor.account_id, row_id)
        await self._record(connection, actor, "create", row_id, None, record)
        return record

    async def update(
        self, database: Database, actor: Actor, row_id: int, patch: Mapping[str, object]
    ) -> RecordT:
        """Change one by a merge patch; masked secrets that come back are kept as they are.

        Raises NotFoundError, InvalidInputError, ConflictError.
        """
        return await self.update_with(database, actor, row_id, lambda _: patch)

    async def update_with(
        self,
        database: Database,
        actor: Actor,
        row_id: int,
        patch_of: Callable[[RecordT], Mapping[str, object]],
    ) -> RecordT:
        """Change one by a merge patch that is worked out from how it stands in the same unit of work."""
        async with database.unit_of_work() as connection:
            return await self.update_in(connection, actor, row_id, patch_of)

    async def update_in(
        self,
        connection: Connection,
        actor: Actor,
        row_id: int,
        patch_of: Callable[[RecordT], Mapping[str, object]],
    ) -> RecordT:
        """Change one as `update_with` does, inside the caller's unit of work."""
        await bump_version(connection, actor.account_id)
        before = await self.find(connection, actor.account_id, row_id)
        known = self._input_form(before)
        shown = changed(known, self.input, lambda _: MASK)
        document = restored(merged(shown, patch_of(before)), known, self.input)
        wanted = self.completed(read(document, self.input), row_id)
        if msgspec.to_builtins(wanted) == known:
            return before
        await self._refuse_bad(connection, actor.account_id, row_id, wanted)
        return await self._write(connection, actor, "update", row_id, before, wanted)

    async def archive(self, database: Database, actor: Actor, row_id: int) -> None:
        """Put one out of use; it stays readable, and a second time changes nothing. Raises NotFoundError."""
        async with database.unit_of_work() as connection:
            await bump_version(connection, actor.account_id)
            before = await self.find(connection, actor.account_id, row_id)
            known = self._input_form(before)
            if known["status"] == ARCHIVED:
                return
            wanted = msgspec.convert({**known, "status": ARCHIVED}, self.input)
            await self._write(connection, actor, "archive", row_id, before, wanted)

    async def read(self, database: Database, account_id: int, row_id: int) -> RecordT:
        """Give one, archived or not, with its secrets; raises NotFoundError."""
        async with database.connection() as connection:
            return await self.find(connection, account_id, row_id)

    async def search(
        self,
        database: Database,
        account_id: int,
        filters: Mapping[str, object] | None = None,
        *,
        page: int = 1,
        per_page: int = 50,
    ) -> tuple[list[RecordT], int]:
        """Give one page in order of id, archived ones included, and how many there are.

        `filters` are columns and the values they must have; None is no filter.
        """
        async with database.connection() as connection:
            found, total = await rows.page(
                connection, self.table, account_id, filters or {}, per_page, (page - 1) * per_page
            )
            return await self.records(connection, account_id, found), total

    async def find(self, connection: Connection, account_id: int, row_id: int) -> RecordT:
        """Give one inside the caller's unit of work; raises NotFoundError."""
        row = (
            await rows.find(connection, self.table, account_id, row_id) if row_id <= LARGEST_INTEGER else None
        )
        if row is None:
            raise NotFoundError(f"There is no such {self.entity}.")
        return (await self.records(connection, account_id, [row]))[0]

    def completed(self, wanted: InputT, row_id: int) -> InputT:  # noqa: ARG002 - for nouns that need it
        """Fill in what follows from the id."""
        return wanted

    def columns(self, wanted: InputT) -> dict[str, Any]:
        """Give the values of the row's columns."""
        return msgspec.structs.asdict(wanted)

    def unique(self, wanted: InputT) -> dict[str, tuple[str, str]]:  # noqa: ARG002 - for nouns that need it
        """Name the members that must be unique in the account: column and stored value by member."""
        return {}

    def problems(self, wanted: InputT) -> list[FieldProblem]:  # noqa: ARG002 - for nouns that need it
        """Name what is wrong with the values, beyond the types of the members."""
        return []

    async def missing(
        self,
        connection: Connection,  # noqa: ARG002 - for nouns that need it
        account_id: int,  # noqa: ARG002 - for nouns that need it
        wanted: InputT,  # noqa: ARG002 - for nouns that need it
    ) -> list[FieldProblem]:
        """Name the ids that are not of this account."""
        return []

    async def misplaced(
        self,
        connection: Connection,  # noqa: ARG002 - for nouns that need it
        account_id: int,  # noqa: ARG002 - for nouns that need it
        row_id: int,  # noqa: ARG002 - for nouns that need it
        wanted: InputT,  # noqa: ARG002 - for nouns that need it
    ) -> list[FieldProblem]:
        """Name what cannot be for this one, by what others there are."""
        return []

    async def save_parts(self, connection: Connection, account_id: int, row_id: int, wanted: InputT) -> None:
        """Write what lives in other tables."""

    async def records(
        self,
        connection: Connection,
        account_id: int,
        found: Sequence[Row],
    ) -> list[RecordT]:
        """Turn rows into records, their secrets decrypted."""
        names = self.record.__struct_fields__
        return [
            read_opened(
                connection, account_id, self.table.name, {name: row[name] for name in names}, self.record
            )
            for row in found
        ]

    async def exists(self, connection: Connection, account_id: int, row_id: int) -> bool:
        """Tell whether an id is one of this account's."""
        return await rows.find(connection, self.table, account_id, row_id) is not None

    async def _new_id(self, connection: Connection, account_id: int, chosen_id: int | None) -> int:
        if chosen_id is None:
            return await next_id(connection, account_id, self.entity)
        if await self.exists(connection, account_id, chosen_id):
            raise ConflictError("id", f"is taken by another {self.entity}")
        await reserve_up_to(connection, account_id, self.entity, chosen_id)
        return chosen_id

    async def _refuse_bad(self, connection: Connection, account_id: int, row_id: int, wanted: InputT) -> None:
        problems = self.problems(wanted) + await self.missing(connection, account_id, wanted)
        problems += await self.misplaced(connection, account_id, row_id, wanted)
        if problems:
            raise InvalidInputError(problems)
        for member, (column, value) in self.unique(wanted).items():
            holder = await rows.holder(connection, self.table, account_id, column, value)
            if holder not in {None, row_id}:
                raise ConflictError(member, f"is taken by another {self.entity}")

    async def _write(
        self,
        connection: Connection,
        actor: Actor,
        action: str,
        row_id: int,
        before: RecordT,
        wanted: InputT,
    ) -> RecordT:
        values = {**self.columns(wanted), "updated_at": now()}
        await rows.update(connection, self.table, actor.account_id, row_id, values)
        await self.save_parts(connection, actor.account_id, row_id, wanted)
        after = await self.find(connection, actor.account_id, row_id)
        await self._record(connection, actor, action, row_id, before, after)
        return after

    async def _record(
        self,
        connection: Connection,
        actor: Actor,
        action: str,
        row_id: int,
        before: RecordT | None,
        after: RecordT,
    ) -> None:
        await record_change(
            connection, actor.account_id, actor.name, action, self.entity, row_id, before, after
        )

    def _input_form(self, record: RecordT) -> dict[str, Any]:
        document = msgspec.to_builtins(record)
        return {name: document[name] for name in self.input.__struct_fields__}
