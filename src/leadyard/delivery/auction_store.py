"""The statements of auctions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from leadyard.delivery.auctions import Auction, digest_of, told
from leadyard.delivery.sending import Job
from leadyard.leads.model import AttemptState
from leadyard.routing.budgets import Bids
from leadyard.routing.offers import Bid
from leadyard.routing.routes import Route
from leadyard.storage.database import Connection, encode_json

PING_FIELD = "ping_id"
"""Where a lead keeps the id of its supplier's ping, among its fields."""

_SAVE = """
INSERT INTO auctions (account_id, id, campaign_id, supplier_id, lead_id, after_attempt, asked, bids, at, expires_at)
SELECT $1, id, campaign_id, supplier_id, lead_id, after_attempt, asked, bids::jsonb, at, expires_at
FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::smallint[], $7::bytea[], $8::text[],
            $9::timestamptz[], $10::timestamptz[])
  AS row (id, campaign_id, supplier_id, lead_id, after_attempt, asked, bids, at, expires_at)
"""

# A ping serves one lead: of several that name it, and that are what its buyers were told of, the first to be routed.
_TAKE = """
UPDATE auctions a SET lead_id = row.lead_id, after_attempt = row.after_attempt
FROM unnest($3::uuid[], $4::bigint[], $5::smallint[], $6::bigint[], $7::bigint[], $8::bytea[])
  AS row (id, lead_id, after_attempt, campaign_id, supplier_id, asked)
WHERE a.account_id = $1 AND a.id = row.id AND a.lead_id IS NULL AND a.expires_at > $2
  AND a.campaign_id = row.campaign_id AND a.supplier_id IS NOT DISTINCT FROM row.supplier_id AND a.asked = row.asked
"""

_OF_LEADS = f"""
SELECT a.lead_id, a.after_attempt, a.bids, a.at, (
  SELECT min(t.started_at) FROM delivery_attempts t
  WHERE t.account_id = $1 AND t.lead_id = a.lead_id AND t.number > a.after_attempt
    AND t.state <> {int(AttemptState.SKIPPED)}
) AS posted_at
FROM auctions a
WHERE a.account_id = $1 AND a.lead_id = ANY($2::bigint[]) AND a.expires_at > $3 ORDER BY a.at
"""

_FORGET = "DELETE FROM auctions WHERE account_id = $1 AND lead_id IS NULL AND expires_at < $2"


async def save(connection: Connection, account_id: int, auctions: Sequence[Auction]) -> None:
    """Keep what was bid."""
    rows = [
        (
            a.id, a.campaign_id, a.supplier_id, a.lead_id, a.after_attempt, a.asked,
            encode_json(msgspec.to_builtins(a.bids)), a.at, a.expires_at,
        )
        for a in auctions
    ]  # fmt: skip
    if rows:
        await connection.execute(_SAVE, account_id, *([list(c) for c in zip(*rows, strict=True)]))


async def bids_of(
    connection: Connection,
    account_id: int,
    now: datetime,
    jobs: Sequence[Job],
    routes: Mapping[int, Route],
) -> dict[int, Bids]:
    """Read the bids that hold for each job's pass, by lead, its supplier's own ping included."""
    await _take_pings(connection, account_id, now, jobs, routes)
    by_id = {job.lead_id: job for job in jobs}
    found: dict[int, Bids] = {}
    for row in await connection.fetch(_OF_LEADS, account_id, list(by_id), now):
        job = by_id[row["lead_id"]]
        if row["after_attempt"] == job.after_attempt:
            bids = msgspec.convert(row["bids"], list[Bid])
            terms, posted_at = routes[job.campaign_id].campaign.settings.auction, row["posted_at"]
            began = now if posted_at is None else max(row["at"], posted_at)
            known = found.setdefault(job.lead_id, Bids())
            known.add(terms, bids, began, is_posted=posted_at is not None, now=now)
    return found


async def _take_pings(
    connection: Connection,
    account_id: int,
    now: datetime,
    jobs: Sequence[Job],
    routes: Mapping[int, Route],
) -> None:
    rows: list[tuple[Any, ...]] = []
    for job in jobs:
        ping_id = _uuid(job.fields.get(PING_FIELD, "")) if not job.tried else None
        if ping_id is not None:
            asked = digest_of(told(routes[job.campaign_id].campaign, job.fields))
            rows.append((ping_id, job.lead_id, job.after_attempt, job.campaign_id, job.supplier_id, asked))
    if rows:
        await connection.execute(_TAKE, account_id, now, *([list(c) for c in zip(*rows, strict=True)]))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def forget_expired(connection: Connection, account_id: int, before: datetime) -> None:
    """Drop pings that no lead followed."""
    await connection.execute(_FORGET, account_id, before)
