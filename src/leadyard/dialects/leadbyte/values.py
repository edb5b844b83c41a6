"""Member values of a request, in whatever JSON type the caller chose."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from leadyard.kit.bodies import clean_text
from leadyard.kit.errors import LeadyardError
from leadyard.kit.money import plain

LARGEST_ID = 2**63 - 1
_LONGEST_ID = 19
_YES = frozenset({"yes", "y", "1", "true", "on"})


class UnreadableError(LeadyardError):
    """A request body or parameter of the wrong shape: HTTP 400."""


class NotPlainError(UnreadableError):
    """An object or a list of lists where a text or number belongs."""


def as_text(value: Any) -> str:
    """Turn a member's value into trimmed text (docs/leadbyte.md, "Calls").

    Numbers take their shortest plain form, booleans `true` and `false`, null is empty and a list of plain
    values is joined with `,`. NUL and lone surrogates are removed. Raises NotPlainError for anything else.
    """
    if isinstance(value, str):
        return clean_text(value).strip()
    if isinstance(value, list):
        return ",".join(_plain_text(item) for item in value)
    return _plain_text(value)


def _plain_text(value: Any) -> str:
    if isinstance(value, str):
        return clean_text(value).strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return plain(Decimal(repr(value)))
    raise NotPlainError("Expected a text or number")


def yes(value: Any) -> bool:
    """Read a flag such as testmode or returnjson: yes, y, 1, true or on, in any case."""
    if value is None:
        return False
    if isinstance(value, list | Mapping):
        return False
    return as_text(value).lower() in _YES


def as_ids(value: Any) -> list[str]:
    """Read ids from a number, a text, a comma list or a list of these, as trimmed texts in order, each once.

    Null and blanks count as nothing. Raises NotPlainError for objects and deeper lists.
    """
    return list(dict.fromkeys(as_asked(value)))


def as_asked(value: Any) -> list[str]:
    """Read ids as `as_ids` does, but keep those that are named again: for answers with an item for each."""
    text = as_text(value)
    if "," not in text:
        return [text] if text else []
    return [part for item in text.split(",") if (part := item.strip())]


def id_number(text: str) -> int | None:
    """Read a record id of 1 to 2^63-1, None for a text that no record's id can be."""
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID):
        return None
    number = int(text)
    return number if 1 <= number <= LARGEST_ID else None
