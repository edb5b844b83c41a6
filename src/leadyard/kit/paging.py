"""Pages of lists that are ordered by time."""

from datetime import datetime

import msgspec


class Page(msgspec.Struct, frozen=True):
    """Which rows of a list, ordered by `created_at` and then `id`, both in the same direction."""

    limit: int = 100
    offset: int = 0
    newest_first: bool = True

    @property
    def order(self) -> str:
        """Write the order as SQL, for a list whose table has no other name in the statement."""
        direction = "DESC" if self.newest_first else "ASC"
        return f"created_at {direction}, id {direction}"


class Created(msgspec.Struct, frozen=True):
    """When rows were made: from the first instant on, and before the second; None is no bound."""

    since: datetime | None = None
    before: datetime | None = None
