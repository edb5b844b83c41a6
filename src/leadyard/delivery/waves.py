"""Attempts of one lead that are under way together: its job moves on when the last of them is booked."""

from collections.abc import Iterable
from datetime import datetime

import msgspec


class Wave(msgspec.Struct, eq=False):
    """The attempts, by number, that one step began, and when each booked one wants the lead looked at again."""

    numbers: frozenset[int]
    booked: dict[int, datetime | None] = {}

    def with_booked(self, fresh: Iterable[tuple[int, datetime | None]]) -> "Wave":
        """Give the wave as it is once these are booked too; a booking that fails leaves this one as it was."""
        return Wave(self.numbers, {**self.booked, **dict(fresh)})

    @property
    def is_over(self) -> bool:
        """Tell whether every attempt is booked."""
        return self.booked.keys() >= self.numbers

    @property
    def due_at(self) -> datetime | None:
        """Tell when the lead is due again: when the last attempt that waits may be repeated; None for never."""
        return max((due for due in self.booked.values() if due is not None), default=None)
