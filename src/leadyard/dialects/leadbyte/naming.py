"""Member names that callers use, matched to a campaign's fields (docs/leadbyte.md, "Calls")."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from leadyard.dialects.leadbyte.values import NotPlainError, as_text

_NEVER_FIELDS = frozenset({"key", "campid", "testmode", "returnjson", "debug"})
# ip_address and user_agent need no entry: squeezed, they are the names of their fields.
_ALIASES = {"ip": "ipaddress"}
_PREFIX = re.compile(r"f_[0-9]+_", re.ASCII | re.IGNORECASE)
_DROPPED = str.maketrans("", "", " \t\r\n\u00a0-_")
_MEMO_SIZE = 4096
_MEMO_NAME_LENGTH = 100
_SHAPES_KEPT = 256
_LONGEST_SHAPE = 2000

_EXACT, _LABEL, _SQUEEZED_LABEL, _SQUEEZED_NAME, _PREFIXED = range(5)

Match = tuple[str, int]
Shape = tuple[tuple[str, str], ...]
"""Pairs of a name and the member that stands for it."""


def squeeze(name: str) -> str:
    """Lower-case a name and drop its blanks, `-` and `_`."""
    return name.lower().translate(_DROPPED)


def bare_name(name: str) -> str:
    """Cut a prefix `f_<digits>_` off a name."""
    prefix = _PREFIX.match(name)
    return name[prefix.end() :] if prefix else name


def find_member(members: Mapping[str, Any], name: str) -> Any:
    """Get a member by its name, or else the first in another spelling of it; None if there is none."""
    if name in members:
        return members[name]
    for spelling, value in members.items():
        if squeeze(bare_name(spelling)) == name:
            return value
    return None


class Shapes:
    """Which members are meant by which names: whoever posts leads names their members alike every time.

    What is learned from strangers is bounded.
    """

    def __init__(self, learn: Callable[[tuple[str, ...]], Shape]) -> None:
        """Take what finds out, from members in their order."""
        self._learn = learn
        self._known: dict[tuple[str, ...], Shape] = {}

    def of(self, lead: Mapping[str, Any]) -> Shape:
        """Give the names that a lead's members stand for, each with its member."""
        members = tuple(lead)
        shape = self._known.get(members)
        if shape is None:
            shape = self._learn(members)
            if sum(map(len, members)) <= _LONGEST_SHAPE:
                if len(self._known) >= _SHAPES_KEPT:
                    self._known.clear()
                self._known[members] = shape
        return shape


class FieldMatcher:
    """The fields of one campaign, found by every spelling that callers use.

    Built once per campaign and kept; what it learns about names from strangers is bounded.
    """

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        """Take the campaign's fields as (name, label) pairs."""
        self._fields = {name: label or name for name, label in fields if name not in _NEVER_FIELDS}
        self._squeezed_names = _first_by((squeeze(name), name) for name in self._fields)
        self._squeezed_labels = _first_by((squeeze(label), name) for name, label in self._fields.items())
        for alias, name in _ALIASES.items():
            if name in self._fields:
                self._squeezed_names.setdefault(alias, name)
        self._memo: dict[str, Match | None] = {}
        self._shapes = Shapes(self._learn)

    def match(self, member: str) -> Match | None:
        """Give the field that a member name means and how well it fits (0 is best), None for no field."""
        try:
            return self._memo[member]
        except KeyError:
            found = self._look_up(member)
        if len(member) <= _MEMO_NAME_LENGTH:
            if len(self._memo) >= _MEMO_SIZE:
                self._memo.clear()
            self._memo[member] = found
        return found

    def _look_up(self, member: str) -> Match | None:
        bare = bare_name(member)
        found = self._look_up_bare(bare)
        return (found[0], found[1] + _PREFIXED) if found and bare != member else found

    def _look_up_bare(self, member: str) -> Match | None:
        if member in self._fields:
            return member, _EXACT
        squeezed = squeeze(member)
        if squeezed in _NEVER_FIELDS:
            return None
        field = self._squeezed_names.get(squeezed) or self._squeezed_labels.get(squeezed)
        if field is None:
            return None
        if self._fields[field] == member:
            return field, _LABEL
        return field, _SQUEEZED_NAME if squeezed in self._squeezed_names else _SQUEEZED_LABEL

    def assign(self, lead: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        """Turn a lead's members into texts by field name, and objects into error texts by field name.

        Of several members for one field the best fit counts, then the first. Unknown members are ignored.
        """
        values: dict[str, str] = {}
        errors: dict[str, str] = {}
        for field, member in self._shapes.of(lead):
            value = lead[member]
            if type(value) is str and value.isascii() and "\x00" not in value:
                values[field] = value.strip()
            else:
                self._assign_other(field, value, values, errors)
        return values, errors

    def _learn(self, members: tuple[str, ...]) -> Shape:
        best: dict[str, tuple[int, str]] = {}
        for member in members:
            found = self.match(member)
            if found is not None and (found[0] not in best or found[1] < best[found[0]][0]):
                best[found[0]] = (found[1], member)
        return tuple((field, member) for field, (_, member) in best.items())

    def _assign_other(self, field: str, value: Any, values: dict[str, str], errors: dict[str, str]) -> None:
        try:
            values[field] = as_text(value)
        except NotPlainError:
            errors[field] = f"{self._fields[field].replace('_', ' ')} is not a valid value"


def _first_by(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    first: dict[str, str] = {}
    for spelling, field in pairs:
        if spelling:
            first.setdefault(spelling, field)
    return first
