"""E-mail addresses (docs/fields.md): the rule is wider than the one that mail systems have."""

import re
import unicodedata

from leadyard.intake.fields.domains import label_spelled_out
from leadyard.intake.fields.invisible import without_invisible

LONGEST_ADDRESS = 254
_LONGEST_LOCAL = 64
_SHORTEST_ENDING = 2

# Among addresses these stand for quoting, comments and lists: an address with them could be read as two.
_RESERVED = frozenset('"(),:;<>@[\\]')
_LOCAL = r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~.]{1,64}+"
_common_form = re.compile(rf"{_LOCAL}@(?:[A-Za-z0-9_-]++\.)++[A-Za-z]{{2,}}+").fullmatch


def normalise_email(value: str, *, shortest_ending: int = _SHORTEST_ENDING) -> str | None:
    """Return the address in lower case, or None where it is not one.

    The last part of the domain has at least `shortest_ending` letters.
    """
    if len(value) <= LONGEST_ADDRESS and _common_form(value):
        return value.lower()
    if "@" not in value or len(value) > 2 * LONGEST_ADDRESS:
        return None
    return judged(without_invisible(value).lower(), shortest_ending)


def judged(address: str, shortest_ending: int = _SHORTEST_ENDING) -> str | None:
    """Return an address, in lower case, as it is if it is one, else None."""
    local, _, domain = address.partition("@")
    if len(address) > LONGEST_ADDRESS or not 0 < len(local) <= _LONGEST_LOCAL:
        return None
    if " " in address or not address.isprintable() or not _RESERVED.isdisjoint(local + domain):
        return None
    *labels, last = domain.split(".")
    last = label_spelled_out(last)
    if not labels or "" in labels or len(last) < shortest_ending or not all(map(_is_letter, last)):
        return None
    return address


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"
