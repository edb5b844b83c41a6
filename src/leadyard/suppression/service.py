"""What operators do with suppression lists: the lists themselves, and the values on them."""

from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec

from leadyard.campaigns.service.noun import Noun
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit import clock
from leadyard.kit.errors import FieldProblem, InvalidInputError
from leadyard.storage.database import Connection, Database
from leadyard.storage.tables import validation
from leadyard.suppression import store
from leadyard.suppression.model import (
    DIGEST_BYTES,
    LONGEST_VALUE,
    BadEntryError,
    Form,
    ListInput,
    ListRecord,
    ListSettings,
    entry_digest,
)

MOST_VALUES = 1_000_000
"""The most values that one upload can bring."""

_SLICE = 10_000
_MOST_PROBLEMS = 20


class Values(msgspec.Struct, frozen=True):
    """How many values a change was about, and how many are on the list now."""

    given: int
    changed: int
    total: int


class SuppressionLists(Noun[ListInput, ListRecord]):
    """Suppression lists of an account."""

    entity = "suppression list"
    table = validation.suppression_lists
    input = ListInput
    record = ListRecord

    async def update(
        self, database: Database, actor: Actor, row_id: int, patch: Mapping[str, object]
    ) -> ListRecord:
        """Change one as other nouns do; what the list holds and in which form is settled for good."""

        def settled(before: ListRecord) -> Mapping[str, object]:
            wanted = patch.get("settings")
            changes = wanted if isinstance(wanted, Mapping) else {}
            kept = {"holds": before.settings.holds, "form": before.settings.form}
            for member, old in kept.items():
                new = changes.get(member, old)
                if new != old and not (new is None and old is Form.PLAIN):
                    raise InvalidInputError.of(f"settings.{member}", "stays as the list was made")
            return patch

        return await self.update_with(database, actor, row_id, settled)


suppression_lists = SuppressionLists()


async def add_values(database: Database, actor: Actor, list_id: int, values: Sequence[str]) -> Values:
    """Put values on a list; raises NotFoundError, and InvalidInputError naming every line that is no value."""
    settings = (await suppression_lists.read(database, actor.account_id, list_id)).settings
    return await _write(database, actor, list_id, settings, "add values", _read(settings, values))


async def remove_values(database: Database, actor: Actor, list_id: int, values: Sequence[str]) -> Values:
    """Take values off a list; raises as `add_values`."""
    settings = (await suppression_lists.read(database, actor.account_id, list_id)).settings
    digests = _read(settings, values)
    async with database.unit_of_work() as connection:
        await store.lock_list(connection, actor.account_id, list_id)
        changed = await store.remove(connection, actor.account_id, list_id, _each(digests))
        return await _recorded(connection, actor, list_id, "remove values", digests, changed)


async def upload(
    database: Database, actor: Actor, list_id: int, chunks: AsyncIterator[bytes], *, replace: bool
) -> Values:
    """Read a text with one value a line and put all of them on a list, instead of what was there if so wished.

    A first line of `email`, `phone`, `value` or the like is a heading. Nothing changes when a line is no value:
    raises InvalidInputError naming the first of them by number, NotFoundError.
    """
    settings = (await suppression_lists.read(database, actor.account_id, list_id)).settings
    digests, problems, number = bytearray(), list[FieldProblem](), 0
    async for line in _lines(chunks):
        number += 1
        if not line.strip() or (number == 1 and line.strip().lower() in _HEADINGS):
            continue
        _take(settings, line, f"line {number}", digests, problems)
        if len(digests) > MOST_VALUES * DIGEST_BYTES:
            raise InvalidInputError.of("", f"must not have more than {MOST_VALUES} values")
        if len(problems) >= _MOST_PROBLEMS:
            break
    if problems:
        raise InvalidInputError(problems)
    return await _write(
        database,
        actor,
        list_id,
        settings,
        "replace values" if replace else "add values",
        digests,
        replace=replace,
    )


async def count_values(database: Database, account_id: int, list_id: int) -> int:
    """Count the values of a list; raises NotFoundError."""
    await suppression_lists.read(database, account_id, list_id)
    async with database.connection() as connection:
        return await store.count(connection, account_id, list_id)


_HEADINGS = frozenset(
    {"email", "phone", "mobile", "number", "domain", "value", "postcode", "hash", "md5", "sha256"}
)


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Part a stream into lines; one that never ends is cut, so that it cannot fill the memory."""
    rest = b""
    async for chunk in chunks:
        parts = (rest + chunk).split(b"\n")
        rest = parts.pop()[: LONGEST_VALUE * 4]
        for part in parts:
            yield part.decode("utf-8-sig", "replace").replace("\x00", "")
    if rest:
        yield rest.decode("utf-8-sig", "replace").replace("\x00", "")


def _read(settings: ListSettings, values: Sequence[str]) -> bytearray:
    digests, problems = bytearray(), list[FieldProblem]()
    for at, value in enumerate(values):
        _take(settings, value, f"values[{at}]", digests, problems)
    if problems:
        raise InvalidInputError(problems[:_MOST_PROBLEMS])
    return digests


def _take(
    settings: ListSettings, line: str, place: str, digests: bytearray, problems: list[FieldProblem]
) -> None:
    try:
        digests += entry_digest(settings, line)
    except BadEntryError as error:
        problems.append(FieldProblem(place, str(error)))


def _each(digests: bytearray) -> list[bytes]:
    return [bytes(digests[at : at + DIGEST_BYTES]) for at in range(0, len(digests), DIGEST_BYTES)]


async def _write(
    database: Database,
    actor: Actor,
    list_id: int,
    settings: ListSettings,
    action: str,
    digests: bytearray,
    *,
    replace: bool = False,
) -> Values:
    step, changed, now = _SLICE * DIGEST_BYTES, 0, clock.now()
    refreshes = settings.window_hours is not None
    async with database.unit_of_work() as connection:
        await store.lock_list(connection, actor.account_id, list_id)
        if replace:
            await store.clear(connection, actor.account_id, list_id)
        for at in range(0, len(digests), step):
            part = _each(digests[at : at + step])
            changed += await store.add(connection, actor.account_id, list_id, part, now, refreshes=refreshes)
        return await _recorded(connection, actor, list_id, action, digests, changed)


async def _recorded(
    connection: Connection, actor: Actor, list_id: int, action: str, digests: bytearray, changed: int
) -> Values:
    total = await store.count(connection, actor.account_id, list_id)
    values = Values(len(digests) // DIGEST_BYTES, changed, total)
    await record_change(
        connection, actor.account_id, actor.name, action, suppression_lists.entity, list_id, None, values
    )
    return values
