"""When a connection's plans are too old to be trusted.

PostgreSQL keeps the plan of a prepared statement until somebody analyses its tables, and a plan that was made while a table
had a hundred rows reads all of it for every batch, also when it has a million. Making plans anew costs milliseconds.
"""

import time

RENEW = "DISCARD PLANS"

_FIRST_SECONDS, _LONGEST_SECONDS = 0.5, 10.0


class Plans:
    """How old the plans of one connection are; renewed more often while it is young, for then tables may be small."""

    def __init__(self) -> None:
        """Start with a new connection."""
        self._seconds = _FIRST_SECONDS
        self._due = time.monotonic() + self._seconds

    def are_old(self) -> bool:
        """Tell whether plans are to be made anew; whoever is told so does it."""
        now = time.monotonic()
        if now < self._due:
            return False
        self._seconds = min(self._seconds * 2, _LONGEST_SECONDS)
        self._due = now + self._seconds
        return True
