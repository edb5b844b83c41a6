"""The statements of sessions, sign-in links, passwords, and of what a dashboard shows."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from leadyard.affiliates.model import AffiliateStatus
from leadyard.affiliates.pages.model import Day, Earned
from leadyard.kit.money import from_micros
from leadyard.storage.database import Connection, Row

_BY_DASHBOARD = "SELECT account_id, id FROM affiliates WHERE dashboard_token = $1 AND has_dashboard"
_LINK = (
    "SELECT account_id FROM sign_in_links WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now()"
)
_USE_LINK = """
UPDATE sign_in_links SET used_at = now() WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now()
RETURNING account_id, affiliate_id
"""
_DROP_LINKS = "DELETE FROM sign_in_links WHERE account_id = $1 AND affiliate_id = $2 AND expires_at <= now()"
_INSERT_SESSION = """
INSERT INTO affiliate_sessions (account_id, token_hash, affiliate_id, by_link, expires_at)
VALUES ($1, $2, $3, $4, now() + make_interval(days => $5))
"""
_DROP_SESSIONS = """
DELETE FROM affiliate_sessions WHERE account_id = $1 AND affiliate_id = $2 AND expires_at <= now()
"""
_SESSION = """
SELECT affiliate_id, by_link FROM affiliate_sessions WHERE account_id = $1 AND token_hash = $2 AND expires_at > now()
"""
_END_SESSION = "DELETE FROM affiliate_sessions WHERE account_id = $1 AND token_hash = $2"
_END_OTHERS = (
    "DELETE FROM affiliate_sessions WHERE account_id = $1 AND affiliate_id = $2 AND token_hash <> $3"
)
_NOT_BY_LINK = """
UPDATE affiliate_sessions SET by_link = false WHERE account_id = $1 AND token_hash = $2
"""
_HASH_BY_EMAIL = "SELECT id, password_hash FROM affiliates WHERE account_id = $1 AND email_key = $2"
_HASH_OF = "SELECT password_hash FROM affiliates WHERE account_id = $1 AND id = $2"
_SET_HASH = "UPDATE affiliates SET password_hash = $3 WHERE account_id = $1 AND id = $2"
_DAYS = """
SELECT day, sum(clicks)::bigint AS clicks, sum(visitors)::bigint AS visitors, sum(leads)::bigint AS leads,
  sum(purchases)::bigint AS purchases
FROM affiliate_days WHERE account_id = $1 AND affiliate_id = $2 AND day >= $3 AND day <= $4 GROUP BY day
"""
_EARNED = """
SELECT (created_at AT TIME ZONE $5::text)::date AS day, currency, sum(amount)::bigint AS amount FROM commissions
WHERE account_id = $1 AND affiliate_id = $2 AND state <> 2 AND created_at >= $3 AND created_at < $4
GROUP BY 1, 2
"""
_BROUGHT = f"""
SELECT id, email, first_name, last_name, status, created_at FROM affiliates
WHERE account_id = $1 AND parent_id = $2 AND status <> {int(AffiliateStatus.REJECTED)}
ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4
"""
_COUNT_BROUGHT = f"""
SELECT count(*) FROM affiliates
WHERE account_id = $1 AND parent_id = $2 AND status <> {int(AffiliateStatus.REJECTED)}
"""


async def by_dashboard(connection: Connection, token: str) -> tuple[int, int] | None:
    """Find account and affiliate of a permanent link that is switched on."""
    row = await connection.fetchrow(_BY_DASHBOARD, token)
    return None if row is None else (row["account_id"], row["id"])


async def link_account(connection: Connection, token_hash: bytes) -> int | None:
    """Find the account of a sign-in link that still works, without using it up."""
    account_id: int | None = await connection.fetchval(_LINK, token_hash)
    return account_id


async def use_link(connection: Connection, token_hash: bytes) -> tuple[int, int] | None:
    """Use up a sign-in link: account and affiliate for one caller, None for all others."""
    row = await connection.fetchrow(_USE_LINK, token_hash)
    return None if row is None else (row["account_id"], row["affiliate_id"])


async def begin_session(
    connection: Connection, account_id: int, affiliate_id: int, token_hash: bytes, days: int, *, by_link: bool
) -> None:
    """Write a session, and forget what has run out of the affiliate's others and of its links."""
    await connection.execute(_DROP_LINKS, account_id, affiliate_id)
    await connection.execute(_DROP_SESSIONS, account_id, affiliate_id)
    await connection.execute(_INSERT_SESSION, account_id, token_hash, affiliate_id, by_link, days)


async def session(connection: Connection, account_id: int, token_hash: bytes) -> Row | None:
    """Find a session that has not run out."""
    return await connection.fetchrow(_SESSION, account_id, token_hash)


async def end_session(connection: Connection, account_id: int, token_hash: bytes) -> None:
    """End a session."""
    await connection.execute(_END_SESSION, account_id, token_hash)


async def password_by_email(
    connection: Connection, account_id: int, key: str
) -> tuple[int, str | None] | None:
    """Give an affiliate's id and password hash by its e-mail address as it is compared."""
    row = await connection.fetchrow(_HASH_BY_EMAIL, account_id, key)
    return None if row is None else (row["id"], row["password_hash"])


async def password_of(connection: Connection, account_id: int, affiliate_id: int) -> str | None:
    """Give an affiliate's password hash."""
    found: str | None = await connection.fetchval(_HASH_OF, account_id, affiliate_id)
    return found


async def set_password(
    connection: Connection, account_id: int, affiliate_id: int, password_hash: str
) -> None:
    """Write an affiliate's password hash."""
    await connection.execute(_SET_HASH, account_id, affiliate_id, password_hash)


async def keep_only(connection: Connection, account_id: int, affiliate_id: int, token_hash: bytes) -> None:
    """End all sessions of an affiliate but this one, which counts as one by password from now on."""
    await connection.execute(_END_OTHERS, account_id, affiliate_id, token_hash)
    await connection.execute(_NOT_BY_LINK, account_id, token_hash)


async def days(
    connection: Connection, account_id: int, affiliate_id: int, first: date, last: date
) -> list[Day]:
    """Give what an affiliate brought on each day of a period, both ends in it."""
    rows = await connection.fetch(_DAYS, account_id, affiliate_id, first, last)
    return [Day(**dict(row)) for row in rows]


async def earned(
    connection: Connection,
    account_id: int,
    affiliate_id: int,
    since: datetime,
    before: datetime,
    time_zone: str,
) -> list[Earned]:
    """Give what an affiliate earned by day of a time zone and by currency, cancelled commissions left out."""
    rows = await connection.fetch(_EARNED, account_id, affiliate_id, since, before, time_zone)
    return [Earned(row["day"], row["currency"], from_micros(row["amount"])) for row in rows]


async def brought(
    connection: Connection, account_id: int, affiliate_id: int, limit: int, offset: int
) -> Sequence[Row]:
    """Give the affiliates whom an affiliate brought, the latest first."""
    return await connection.fetch(_BROUGHT, account_id, affiliate_id, limit, offset)


async def count_brought(connection: Connection, account_id: int, affiliate_id: int) -> int:
    """Count the affiliates whom an affiliate brought."""
    found: Any = await connection.fetchval(_COUNT_BROUGHT, account_id, affiliate_id)
    return int(found)
