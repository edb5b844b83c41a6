"""The statements of campaign transfer: the claim under which a lead is submitted once, and its chain of origins."""

from uuid import UUID

import msgspec

from leadyard.leads.model import SystemStatus
from leadyard.storage.database import Connection

_CLAIM = """
INSERT INTO lead_transfers AS t (account_id, lead_id, number, delivery_id, uuid) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_id, lead_id, number) DO UPDATE SET delivery_id = t.delivery_id
RETURNING uuid
"""

_ARRIVED = "SELECT id, code, info, system_status FROM leads WHERE account_id = $1 AND uuid = $2"

# Goes back from a lead to the leads that it was made from, and gives the campaign of each.
_CHAIN = """
WITH RECURSIVE chain AS (
  SELECT l.id, l.uuid, l.campaign_id, 0 AS depth FROM leads l WHERE l.account_id = $1 AND l.id = $2
  UNION ALL
  SELECT o.id, o.uuid, o.campaign_id, chain.depth + 1
  FROM chain
  JOIN lead_transfers t ON t.account_id = $1 AND t.uuid = chain.uuid
  JOIN leads o ON o.account_id = $1 AND o.id = t.lead_id
  WHERE chain.depth < $3
)
SELECT campaign_id FROM chain ORDER BY depth
"""

_LINK = """
UPDATE lead_transfers SET target_lead_id = $4
WHERE account_id = $1 AND lead_id = $2 AND number = $3 AND target_lead_id IS NULL
RETURNING lead_id
"""

_LOCK = "SELECT id FROM leads WHERE account_id = $1 AND id = ANY($2::bigint[]) ORDER BY id FOR UPDATE"


class Arrived(msgspec.Struct, frozen=True):
    """What became of a lead in the other campaign."""

    lead_id: int
    code: int
    errors: tuple[str, ...]
    status: SystemStatus


async def claim(
    connection: Connection, account_id: int, lead_id: int, number: int, delivery_id: int, uuid: UUID
) -> UUID:
    """Claim the UUID under which an attempt submits its lead; an attempt that has one keeps it."""
    found = await connection.fetchval(_CLAIM, account_id, lead_id, number, delivery_id, uuid)
    return UUID(str(found))


async def arrived(connection: Connection, account_id: int, uuid: UUID) -> Arrived | None:
    """Look whether the lead is in the other campaign already."""
    row = await connection.fetchrow(_ARRIVED, account_id, uuid)
    if row is None:
        return None
    return Arrived(row["id"], row["code"], tuple(row["info"] or ()), SystemStatus(row["system_status"]))


async def campaigns_so_far(connection: Connection, account_id: int, lead_id: int, most: int) -> list[int]:
    """List the campaigns that a lead has come through, its own first, going back at most so many transfers."""
    return [row["campaign_id"] for row in await connection.fetch(_CHAIN, account_id, lead_id, most)]


async def link(
    connection: Connection, account_id: int, lead_id: int, number: int, target_lead_id: int
) -> bool:
    """Note which lead an attempt made, locking both leads; False when that was noted before."""
    await connection.fetch(_LOCK, account_id, [lead_id, target_lead_id])
    return await connection.fetchval(_LINK, account_id, lead_id, number, target_lead_id) is not None
