"""Turns in the database: locked with a group's first choice in a unit of work, written with its end."""

from collections.abc import Iterable, Mapping

import msgspec

from leadyard.routing.turns import TurnBook, TurnKey, Turns
from leadyard.storage.database import Connection, encode_json

# The update changes nothing but holds the row, also one that another unit of work has just made.
_LOCK = """
INSERT INTO distribution_turns AS t (account_id, campaign_id, place, turns)
SELECT $1, campaign_id, place, '{}'::jsonb FROM unnest($2::bigint[], $3::text[]) AS row (campaign_id, place)
ON CONFLICT (account_id, campaign_id, place) DO UPDATE SET turns = t.turns
RETURNING campaign_id, place, turns
"""

_WRITE = """
UPDATE distribution_turns t SET turns = row.turns::jsonb
FROM unnest($2::bigint[], $3::text[], $4::text[]) AS row (campaign_id, place, turns)
WHERE t.account_id = $1 AND t.campaign_id = row.campaign_id AND t.place = row.place
"""


async def lock_turns(connection: Connection, account_id: int, keys: Iterable[TurnKey]) -> TurnBook:
    """Lock groups in a fixed order and read what they remember; without groups the database is not asked."""
    wanted = sorted(set(keys))
    if not wanted:
        return TurnBook()
    rows = await connection.fetch(_LOCK, account_id, [k[0] for k in wanted], [k[1] for k in wanted])
    return TurnBook(
        {(row["campaign_id"], row["place"]): msgspec.convert(row["turns"], Turns) for row in rows}
    )


async def write_turns(connection: Connection, account_id: int, moved: Mapping[TurnKey, Turns]) -> None:
    """Write the groups that chose."""
    if moved:
        texts = [encode_json(msgspec.to_builtins(turns)) for turns in moved.values()]
        await connection.execute(_WRITE, account_id, [k[0] for k in moved], [k[1] for k in moved], texts)
