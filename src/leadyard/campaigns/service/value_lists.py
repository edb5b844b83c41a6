"""Value lists, which rules name by their references."""

from typing import Any

import msgspec

from leadyard.campaigns import store
from leadyard.campaigns.model import Status
from leadyard.campaigns.rules import lists_used
from leadyard.campaigns.service.noun import Noun
from leadyard.campaigns.store import rows
from leadyard.campaigns.store import value_lists as contents
from leadyard.campaigns.value_lists import (
    ValueListInput,
    ValueListRecord,
    ValueListValues,
    digest_of,
    value_list_problems,
)
from leadyard.kit.errors import ConflictError, FieldProblem
from leadyard.routing.rules import Rule, lists_in
from leadyard.storage.database import Connection, Database
from leadyard.storage.tables.rules import value_lists as table


class ValueLists(Noun[ValueListInput, ValueListRecord]):
    """Value lists; one that a rule names keeps its reference and stays in use."""

    entity = "value list"
    table = table
    input = ValueListInput
    record = ValueListRecord

    def columns(self, wanted: ValueListInput) -> dict[str, Any]:
        """Keep the reference a second time as it is looked for; the values have a table of their own."""
        return {
            "reference": wanted.reference,
            "reference_key": wanted.reference.casefold(),
            "name": wanted.name,
            "status": wanted.status,
        }

    def unique(self, wanted: ValueListInput) -> dict[str, tuple[str, str]]:
        """Take a reference once, in whatever case."""
        return {"reference": ("reference_key", wanted.reference.casefold())}

    def problems(self, wanted: ValueListInput) -> list[FieldProblem]:
        """Check the values."""
        return value_list_problems(wanted)

    async def save_parts(
        self, connection: Connection, account_id: int, row_id: int, wanted: ValueListInput
    ) -> None:
        """Write the values, and refuse to leave a rule without the list that it names."""
        entries = wanted.entries
        if entries is not None:
            text = "\n".join(entries)
            await contents.write_entries(connection, account_id, row_id, text, digest_of(text), len(entries))
        campaigns = await store.load_campaigns(connection, account_id)
        in_use = lists_used(c for c in campaigns.values() if c.status is not Status.ARCHIVED)
        for row in await rows.rules_of_releases(connection, account_id):
            in_use |= lists_in(msgspec.convert(row["rule"], Rule))
        if in_use - await contents.known_references(connection, account_id, in_use):
            member = "status" if wanted.status is Status.ARCHIVED else "reference"
            raise ConflictError(member, "cannot be changed: a rule names this list")

    def _input_form(self, record: ValueListRecord) -> dict[str, Any]:
        known = msgspec.to_builtins(record)
        own = {name: known[name] for name in ("reference", "name", "status")}
        return {**own, "values": None, "lines": None}


value_lists = ValueLists()


async def values_of_list(database: Database, account_id: int, list_id: int) -> ValueListValues:
    """Give the values of a list; raises NotFoundError."""
    async with database.connection() as connection:
        await value_lists.find(connection, account_id, list_id)
        text = await contents.entries_of(connection, account_id, list_id)
    return ValueListValues(tuple(text.split("\n")) if text else ())
