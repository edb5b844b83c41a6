"""E-mail addresses (LeadByte contract, section 8): its rule is wider than the one that mail systems have."""

import re
import unicodedata

from leadyard.intake.fields.domains import label_spelled_out
from leadyard.intake.fields.invisible import without_invisible

LONGEST_ADDRESS = 254
_LONGEST_LOCAL = 64

# Among addresses these stand for quoting, comments and lists: an address with them could be read as two.
_RESERVED = frozenset('"(),:;<>@[\\]')
_LOCAL = r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~.]{1,64}+"
_common_form = re.compile(rf"{_LOCAL}@(?:[A-Za-z0-9_-]++\.)++[A-Za-z]{{2,}}+").fullmatch


def normalise_email(value: str) -> str | None:
    """Return the address in lower case, or None where it is not one."""
    if len(value) <= LONGEST_ADDRESS and _common_form(value):
        return value.lower()
    if "@" not in value or len(value) > 2 * LONGEST_ADDRESS:
        return None
    return judged(without_invisible(value).lower())


def judged(address: str) -> str | None:
    """Return an address, in lower case, as it is if it is one, else None."""
    local, _, domain = address.partition("@")
    if len(address) > LONGEST_ADDRESS or not 0 < len(local) <= _LONGEST_LOCAL:
        return None
    if " " in address or not address.isprintable() or not _RESERVED.isdisjoint(local + domain):
        return None
    labels = domain.split(".")
    last = label_spelled_out(labels[-1])
    if len(labels) < 2 or "" in labels or len(last) < 2 or not all(map(_is_letter, last)):  # noqa: PLR2004
        return None
    return address


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"
