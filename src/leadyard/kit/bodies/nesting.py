"""Bracket names of a form to objects and lists."""

import re
from collections.abc import Iterable
from typing import Any

from leadyard.kit.bodies.text import BodyError

MAX_DEPTH = 32
MAX_BRANCHES = 20_000
_BRACKETED = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)\s*")
_INDEX = re.compile(r"[0-9]{1,9}", re.ASCII)


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Build objects and lists from names such as `lead[campid]`, `leads[0][email]` and `leads[]`.

    Members that are all numbered become a list in order of their numbers, without gaps, whatever the
    numbers are. A later member of the same name wins. Brackets that do not pair are part of the name.
    Raises BodyError beyond 32 levels or 20,000 objects and lists.
    """
    root: dict[str, Any] = {}
    branches = 0
    for name, value in pairs:
        match = _BRACKETED.fullmatch(name) if "[" in name else None
        if match is None:
            root[name] = value
        else:
            branches += _place(root, match[1], match[2][1:-1].split("]["), value)
            if branches > MAX_BRANCHES:
                raise BodyError("Form has too many nested members")
    return {name: _settled(value) for name, value in root.items()} if branches else root


class _Branch(dict[str, Any]):
    """An object or list under construction; `end` is the number that `[]` takes next."""

    end = 0


def _place(root: dict[str, Any], name: str, path: list[str], value: str) -> int:
    if len(path) >= MAX_DEPTH:
        raise BodyError("Form names are nested too deeply")
    branch, added = root, 0
    for step in path:
        below = branch.get(name)
        if not isinstance(below, _Branch):
            below = branch[name] = _Branch()
            added += 1
        branch, name = below, step.strip() or str(below.end)
        if _INDEX.fullmatch(name):
            below.end = max(below.end, int(name) + 1)
    branch[name] = value
    return added


def _settled(value: Any) -> Any:
    if not isinstance(value, _Branch):
        return value
    if all(_INDEX.fullmatch(name) for name in value):
        return [_settled(value[name]) for name in sorted(value, key=int)]
    return {name: _settled(member) for name, member in value.items()}
