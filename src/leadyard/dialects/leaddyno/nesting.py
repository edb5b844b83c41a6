"""Bracket names of forms, with `[]` before a member as Rails and PHP write it (docs/leaddyno.md)."""

import re
from typing import Any

from leadyard.kit.bodies import BodyError, nest

_UNNUMBERED = re.compile(r"([^\[\]]+(?:\[[^\[\]]+\])*)\[\]((?:\[[^\[\]]*\])+)", re.DOTALL)
_MOST_BRACKETS = 32


def nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Build objects and lists from `a[0][b]`, `a[][b]` and `a[]`.

    With `a[][b]` a member that the element already has starts the next element. Raises BodyError.
    """
    lists: dict[str, _Elements] = {}
    return nest([(_numbered(name, lists) if "[][" in name else name, value) for name, value in pairs])


class _Elements:
    """The elements of one list: which is being filled, and what it has already."""

    def __init__(self) -> None:
        self.number = 0
        self.members: set[str] = set()

    def place(self, member: str) -> int:
        if member in self.members:
            self.number += 1
            self.members = set()
        if "[]" not in member:
            self.members.add(member)
        return self.number


def _numbered(name: str, lists: dict[str, _Elements]) -> str:
    if name.count("[") > _MOST_BRACKETS:
        raise BodyError("Form names are nested too deeply")
    while (match := _UNNUMBERED.fullmatch(name)) is not None:
        elements = lists.setdefault(match[1], _Elements())
        name = f"{match[1]}[{elements.place(match[2])}]{match[2]}"
    return name
