"""The statements about buyers' answers to pings."""

from collections.abc import Collection, Mapping

from leadyard.delivery.deadlines import REMEMBERED, Counts, DeliveryKey
from leadyard.storage.database import Connection

_ADD = """
INSERT INTO ping_answers AS p (account_id, delivery_id, slot, milliseconds, answers)
SELECT $1, delivery_id, slot, milliseconds, answers
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS row (delivery_id, slot, milliseconds, answers)
ON CONFLICT (account_id, delivery_id, slot, milliseconds) DO UPDATE SET answers = p.answers + EXCLUDED.answers
"""

_READ = """
SELECT delivery_id, slot, milliseconds, answers FROM ping_answers
WHERE account_id = $1 AND ($2::bigint[] IS NULL OR delivery_id = ANY($2)) AND slot >= $3
"""

_FORGET = """
DELETE FROM ping_answers p USING (
    SELECT delivery_id, slot,
        sum(sum(answers)) OVER (PARTITION BY delivery_id ORDER BY slot DESC) - sum(answers) AS newer
    FROM ping_answers WHERE account_id = $1 GROUP BY delivery_id, slot
) AS known
WHERE p.account_id = $1 AND p.delivery_id = known.delivery_id AND p.slot = known.slot AND p.slot < $3
    AND (known.newer >= $4 OR p.slot < $2)
"""


async def add(connection: Connection, account_id: int, seen: Mapping[DeliveryKey, Counts]) -> None:
    """Add answers to those that are written, in the order of their key, so that no two processes block each other."""
    rows = sorted(
        (key[1], *place, answers) for key, counts in seen.items() for place, answers in counts.items()
    )
    if rows:
        await connection.execute(_ADD, account_id, *[list(column) for column in zip(*rows, strict=True)])


async def read(
    connection: Connection, account_id: int, delivery_ids: Collection[int] | None, oldest_slot: int
) -> dict[DeliveryKey, Counts]:
    """Read the answers of deliveries, or of all of the account's, from a slot on."""
    wanted = None if delivery_ids is None else sorted(delivery_ids)
    found: dict[DeliveryKey, dict[tuple[int, int], int]] = {}
    for delivery_id, slot, milliseconds, answers in await connection.fetch(
        _READ, account_id, wanted, oldest_slot
    ):
        found.setdefault((account_id, delivery_id), {})[slot, milliseconds] = answers
    return dict(found)


async def forget(connection: Connection, account_id: int, oldest_slot: int, settled_before: int) -> None:
    """Drop slots that are too old, or that newer ones have outvoted; those that may still grow stay."""
    await connection.execute(_FORGET, account_id, oldest_slot, settled_before, 2 * REMEMBERED)
