"""The row of a rate limit: when its last requests were taken."""

from datetime import datetime, timedelta

from leadyard.storage.database import Connection

_TAKE = """
INSERT INTO request_windows (account_id, scope, taken_at) VALUES ($1, $2, ARRAY[$3::timestamptz])
ON CONFLICT (account_id, scope) DO UPDATE
SET taken_at = request_windows.taken_at[cardinality(request_windows.taken_at) - $4::int + 2 :] || $3::timestamptz
WHERE cardinality(request_windows.taken_at) < $4::int
  OR request_windows.taken_at[cardinality(request_windows.taken_at) - $4::int + 1]
    NOT BETWEEN $3::timestamptz - $5::interval + interval '1 microsecond' AND $3::timestamptz + $5::interval
RETURNING true
"""
_BLOCKING = """
SELECT taken_at[cardinality(taken_at) - $3::int + 1] FROM request_windows WHERE account_id = $1 AND scope = $2
"""
_PUT_BACK = """
UPDATE request_windows
SET taken_at = taken_at[: array_position(taken_at, $3::timestamptz) - 1]
  || taken_at[array_position(taken_at, $3::timestamptz) + 1 :]
WHERE account_id = $1 AND scope = $2 AND array_position(taken_at, $3::timestamptz) IS NOT NULL
"""


async def take(
    connection: Connection, account_id: int, scope: str, requests: int, window: timedelta, at: datetime
) -> bool:
    """Note a request; False, and nothing is noted, when `requests` others came within the window before it.

    What came more than a window later than this was noted by a clock that has been put right since: it holds up nobody.
    """
    return bool(await connection.fetchval(_TAKE, account_id, scope, at, requests, window))


async def blocking(connection: Connection, account_id: int, scope: str, requests: int) -> datetime | None:
    """Tell when the request was taken that must leave the window before the next is."""
    at: datetime | None = await connection.fetchval(_BLOCKING, account_id, scope, requests)
    return at


async def put_back(connection: Connection, account_id: int, scope: str, at: datetime) -> None:
    """Forget one request of this instant."""
    await connection.execute(_PUT_BACK, account_id, scope, at)
