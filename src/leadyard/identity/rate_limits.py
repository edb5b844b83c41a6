"""How many requests an account may make in a while: exact, over all processes.

A limit is a window that slides: a request is taken when the one that came `requests` before it is at least a window
ago. What is refused is not counted, so a caller that waits as long as it is told is served.
"""

import math
from datetime import datetime, timedelta

import msgspec

from leadyard.identity import rate_limit_store as store
from leadyard.kit.errors import LeadyardError
from leadyard.storage.database import Connection


class RateLimit(msgspec.Struct, frozen=True):
    """At most so many requests in any window of this length; `scope` tells an account's limits apart."""

    scope: str
    requests: int
    window: timedelta


class TooManyRequestsError(LeadyardError):
    """The limit is reached; in `retry_after_seconds` the next request is taken, unless others come first."""

    def __init__(self, limit: RateLimit, retry_after_seconds: int) -> None:
        """Keep the limit and the time to wait."""
        super().__init__("Too many requests")
        self.limit = limit
        self.retry_after_seconds = retry_after_seconds


async def take(connection: Connection, account_id: int, limit: RateLimit, at: datetime) -> None:
    """Count a request at this instant, in a statement of its own; raises TooManyRequestsError."""
    if await store.take(connection, account_id, limit.scope, limit.requests, limit.window, at):
        return
    earliest = await store.blocking(connection, account_id, limit.scope, limit.requests)
    raise TooManyRequestsError(limit, seconds_to_wait(limit, earliest or at, at))


async def put_back(connection: Connection, account_id: int, limit: RateLimit, at: datetime) -> None:
    """Take back what was counted at this instant, for a request that is refused after all."""
    await store.put_back(connection, account_id, limit.scope, at)


def seconds_to_wait(limit: RateLimit, earliest: datetime, at: datetime) -> int:
    """Tell in whole seconds, at least 1 and at most the window, when the earliest request leaves the window."""
    seconds = (earliest + limit.window - at).total_seconds()
    longest = math.ceil(limit.window.total_seconds())
    return min(max(math.ceil(seconds), 1), longest)
