"""Member names that callers use, matched to a campaign's fields (docs/leadbyte.md, "Calls")."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leadyard.dialects.leadbyte.values import NotPlainError, as_text

_NEVER_FIELDS = frozenset({"key", "campid", "testmode", "returnjson", "debug"})
# ip_address and user_agent need no entry: squeezed, they are the names of their fields.
_ALIASES = {"ip": "ipaddress"}
_PREFIX = re.compile(r"f_[0-9]+_", re.ASCII | re.IGNORECASE)
_DROPPED = str.maketrans("", "", " \t\r\n\u00a0-_")
_MEMO_SIZE = 4096
_MEMO_NAME_LENGTH = 100

_EXACT, _LABEL, _SQUEEZED_LABEL, _SQUEEZED_NAME, _PREFIXED = range(5)

Match = tuple[str, int]


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
        fits: dict[str, int] = {}
        memo, match = self._memo, self.match
        for member, value in lead.items():
            found = memo[member] if member in memo else match(member)
            if found is None:
                continue
            field, fit = found
            if field in fits:
                if fits[field] <= fit:
                    continue
                errors.pop(field, None)
            fits[field] = fit
            if type(value) is str and value.isascii() and "\x00" not in value:
                values[field] = value.strip()
            else:
                self._assign_other(field, value, values, errors)
        return values, errors

    def _assign_other(self, field: str, value: Any, values: dict[str, str], errors: dict[str, str]) -> None:
        try:
            values[field] = as_text(value)
        except NotPlainError:
            values.pop(field, None)
            errors[field] = f"{self._fields[field].replace('_', ' ')} is not a valid value"


def _first_by(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    first: dict[str, str] = {}
    for spelling, field in pairs:
        if spelling:
            first.setdefault(spelling, field)
    return first
