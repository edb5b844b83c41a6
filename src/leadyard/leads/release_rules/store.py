"""The statements of release rules."""

from datetime import datetime

import msgspec

from leadyard.leads.release_rules.model import HeldFacts, Progress, ReleaseSettings
from leadyard.storage.database import Connection

_BEGIN = """
INSERT INTO release_rule_progress (account_id, rule_id) VALUES ($1, $2) ON CONFLICT (account_id, rule_id) DO NOTHING
"""

_DUE_ACCOUNTS = """
SELECT DISTINCT p.account_id FROM release_rule_progress p
JOIN release_rules r ON r.account_id = p.account_id AND r.id = p.rule_id
WHERE r.status = 'Active' AND p.due_at <= $1
"""

_STATE = (
    "p.cursor, p.pass_started_at, p.pass_version, p.released, p.rejected, p.stayed, p.due_at, p.last_error"
)

_CLAIM = f"""
SELECT r.account_id, r.id, r.campaign_id, r.name, r.settings, {_STATE}
FROM release_rule_progress p JOIN release_rules r ON r.account_id = p.account_id AND r.id = p.rule_id
WHERE p.account_id = $1 AND r.status = 'Active' AND p.due_at <= $2
ORDER BY p.due_at LIMIT 1 FOR UPDATE OF p SKIP LOCKED
"""

_HOLD = "UPDATE release_rule_progress SET due_at = $3 WHERE account_id = $1 AND rule_id = $2"

_LOCK = """
SELECT p.rule_id FROM release_rule_progress p
JOIN release_rules r ON r.account_id = p.account_id AND r.id = p.rule_id
WHERE p.account_id = $1 AND p.rule_id = $2 AND p.due_at = $3 AND r.status = 'Active'
FOR UPDATE OF p SKIP LOCKED
"""

_ADVANCE = """
UPDATE release_rule_progress SET cursor = $3, pass_started_at = $4, pass_version = $5, released = $6, rejected = $7,
    stayed = $8, due_at = $9, last_error = $10
WHERE account_id = $1 AND rule_id = $2
"""

_PROGRESS = f"SELECT {_STATE} FROM release_rule_progress p WHERE p.account_id = $1 AND p.rule_id = $2"

_HELD = """
SELECT l.id, l.fields, l.received_at, l.supplier_id, l.channel,
    greatest(l.received_at, (SELECT max(e.at) FROM lead_events e
                             WHERE e.account_id = $1 AND e.lead_id = l.id AND e.event = 'quarantined')) AS held_since
FROM leads l
WHERE l.account_id = $1 AND l.system_status = 1 AND l.campaign_id = $2 AND NOT l.is_test AND l.id > $3
  AND l.received_at <= $4
ORDER BY l.id LIMIT $5
"""


class RunningRule(msgspec.Struct, frozen=True):
    """An active rule with how far it has come; `pass_version` is the set-up's version when its pass began."""

    account_id: int
    id: int
    campaign_id: int
    name: str
    settings: ReleaseSettings
    cursor: int
    pass_started_at: datetime
    pass_version: int
    released: int
    rejected: int
    stayed: int
    due_at: datetime
    last_error: str | None


async def begin(connection: Connection, account_id: int, rule_id: int) -> None:
    """Let a new rule begin at once; one that has begun goes on as it does."""
    await connection.execute(_BEGIN, account_id, rule_id)


async def due_accounts(connection: Connection, now: datetime) -> list[int]:
    """List the accounts that have rules to go on with."""
    return [row["account_id"] for row in await connection.fetch(_DUE_ACCOUNTS, now)]


async def claim(connection: Connection, account_id: int, now: datetime) -> RunningRule | None:
    """Take the active rule that is due first, until the unit of work ends; None when others have them all."""
    row = await connection.fetchrow(_CLAIM, account_id, now)
    if row is None:
        return None
    members = dict(row)
    return RunningRule(
        **{**members, "settings": msgspec.convert(members["settings"], ReleaseSettings, strict=False)}
    )


async def hold(connection: Connection, rule: RunningRule) -> None:
    """Keep others from a claimed rule until the time that stands in it."""
    await connection.execute(_HOLD, rule.account_id, rule.id, rule.due_at)


async def lock(connection: Connection, rule: RunningRule) -> bool:
    """Lock a rule that is held until the time that stands in it; False when it is out of use or another's now."""
    return await connection.fetchval(_LOCK, rule.account_id, rule.id, rule.due_at) is not None


async def advance(connection: Connection, rule: RunningRule) -> None:
    """Write how far a locked rule has come."""
    await connection.execute(
        _ADVANCE,
        rule.account_id,
        rule.id,
        rule.cursor,
        rule.pass_started_at,
        rule.pass_version,
        rule.released,
        rule.rejected,
        rule.stayed,
        rule.due_at,
        rule.last_error,
    )


async def progress(connection: Connection, account_id: int, rule_id: int) -> Progress:
    """Read what a rule has done so far."""
    row = dict(await connection.fetchrow(_PROGRESS, account_id, rule_id) or {})
    row.pop("pass_version")
    return Progress(looked_to=row.pop("cursor"), **row)


async def held(
    connection: Connection,
    account_id: int,
    campaign_id: int,
    after_id: int,
    received_to: datetime,
    most: int,
) -> list[HeldFacts]:
    """Read quarantined leads of a campaign that came by an instant, tests left out, by rising id after one."""
    rows = await connection.fetch(_HELD, account_id, campaign_id, after_id, received_to, most)
    return [HeldFacts(**dict(row)) for row in rows]
