"""Whose turn it is in a weighted or evenly weighted group: pure, over what the group remembers.

Weighted is stride scheduling: each choice moves a member on by a step that is the shorter the heavier it is, and
whoever is furthest behind comes next. A member that could not be chosen for a while comes back level with the
others: it gets its share from now on, not what it missed.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

_LAP = 10**9
"""How far a member of weight 1 moves on; whole numbers, rounding is far below a lead in a million."""


class Turn(msgspec.Struct, frozen=True, array_like=True):
    """When a member was last chosen (0 never; the group counts its choices), and how far it has come."""

    last: int = 0
    position: int = 0


class Turns(msgspec.Struct):
    """What a group remembers: how often it chose, how far the last choice had come, and its members' turns."""

    chosen: int = 0
    level: int = 0
    members: dict[str, Turn] = {}

    def evenly(self, keys: Sequence[str]) -> list[str]:
        """Put members in order: whoever was chosen longest ago first, newcomers in their own order before all."""
        return sorted(keys, key=lambda key: self.members.get(key, _NEVER).last)

    def by_weight(self, keys: Sequence[str]) -> list[str]:
        """Put members in order: whoever is furthest behind its share first."""
        return sorted(keys, key=lambda key: (self._position(key), self.members.get(key, _NEVER).last))

    def take(self, key: str, weight: int) -> None:
        """Note that a member was chosen."""
        self.chosen += 1
        self.level = max(self.level, self._position(key))
        self.members[key] = Turn(self.chosen, self._position(key) + _LAP // weight)

    def _position(self, key: str) -> int:
        return max(self.level, self.members.get(key, _NEVER).position)


_NEVER = Turn()

TurnKey = tuple[int, str]
"""A group: its campaign, and its place in the campaign's distribution (`""` for the whole, `0.2` for a group in it)."""


class TurnBook:
    """The turns of all groups that a unit of work may choose in, and which of them moved."""

    def __init__(self, held: Mapping[TurnKey, Turns] | None = None) -> None:
        """Start from what was read and locked; a group that is not there has never chosen."""
        self._held = dict(held or {})
        self._moved: set[TurnKey] = set()

    def of(self, key: TurnKey) -> Turns:
        """Give what a group remembers."""
        return self._held.setdefault(key, Turns(members={}))

    def take(self, key: TurnKey, member: str, weight: int) -> None:
        """Note a choice."""
        self.of(key).take(member, weight)
        self._moved.add(key)

    @property
    def moved(self) -> dict[TurnKey, Turns]:
        """Give the groups that have to be written."""
        return {key: self._held[key] for key in sorted(self._moved)}


Order = Callable[[Turns, Sequence[str]], list[str]]
"""How a group puts its members in order by their turns."""
