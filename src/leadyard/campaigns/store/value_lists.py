"""The statements about value lists and where they are used."""

from collections.abc import Collection, Mapping

from leadyard.routing.rules import ValueList
from leadyard.storage.database import Connection

_HEADS = """
SELECT id, reference_key, digest FROM value_lists
WHERE account_id = $1 AND reference_key = ANY($2::text[]) AND status <> 'Archived'
"""

_CONTENTS = (
    "SELECT value_list_id, entries FROM value_list_contents WHERE account_id = $1 AND value_list_id = ANY($2)"
)

_WRITE = """
INSERT INTO value_list_contents (account_id, value_list_id, entries) VALUES ($1, $2, $3)
ON CONFLICT (account_id, value_list_id) DO UPDATE SET entries = EXCLUDED.entries
"""

_DESCRIBE = "UPDATE value_lists SET digest = $3, size = $4 WHERE account_id = $1 AND id = $2"


async def load_value_lists(
    connection: Connection, account_id: int, references: Collection[str], held: Mapping[str, ValueList]
) -> dict[str, ValueList]:
    """Load lists by their references in lower case; what is held already under the same digest is not read again."""
    heads = await connection.fetch(_HEADS, account_id, sorted(references))
    kept = {
        h["reference_key"]: held[h["reference_key"]]
        for h in heads
        if _is_held(h["reference_key"], h["digest"], held)
    }
    missing = {head["id"]: head for head in heads if head["reference_key"] not in kept}
    rows = await connection.fetch(_CONTENTS, account_id, list(missing)) if missing else []
    fresh = {}
    for row in rows:
        head = missing[row["value_list_id"]]
        fresh[head["reference_key"]] = ValueList(head["reference_key"], head["digest"], row["entries"])
    return {**kept, **fresh}


async def known_references(connection: Connection, account_id: int, references: Collection[str]) -> set[str]:
    """Tell which references, in lower case, are those of lists in use."""
    if not references:
        return set()
    return {row["reference_key"] for row in await connection.fetch(_HEADS, account_id, sorted(references))}


async def entries_of(connection: Connection, account_id: int, list_id: int) -> str:
    """Read a list's values, one on a line; empty for a list without any."""
    rows = await connection.fetch(_CONTENTS, account_id, [list_id])
    return str(rows[0]["entries"]) if rows else ""


async def write_entries(
    connection: Connection, account_id: int, list_id: int, entries: str, digest: str, size: int
) -> None:
    """Give a list these values and no others."""
    await connection.execute(_WRITE, account_id, list_id, entries)
    await connection.execute(_DESCRIBE, account_id, list_id, digest, size)


def _is_held(reference: str, digest: str, held: Mapping[str, ValueList]) -> bool:
    known = held.get(reference)
    return known is not None and known.digest == digest
