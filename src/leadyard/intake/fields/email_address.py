"""E-mail addresses (docs/fields.md)."""

import re
import unicodedata

import email_validator

from leadyard.intake.fields.invisible import without_invisible

LONGEST_ADDRESS = 254

# LeadByte asks for a dotted domain, no more: example.test is as good as any. This list is the
# library's documented switch for it.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

# Up to 64 characters in all, neither the local part (64) nor a label of the domain (63) can be too
# long, so length needs no further check. Doubled hyphens (punycode among them) are the library's.
_LONGEST_COMMON = 64
_ATOM = r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]++"
_LABEL = r"[A-Za-z0-9]++(?:-[A-Za-z0-9]++)*+"
_common_form = re.compile(rf"{_ATOM}(?:\.{_ATOM})*+@(?:{_LABEL}\.)++[A-Za-z]{{2,}}+").fullmatch


def normalise_email(value: str, *, shortest_ending: int = 2) -> str | None:
    """Return the address in lower case, or None where it is not one.

    The last part of the domain has at least `shortest_ending` letters.
    """
    if len(value) <= _LONGEST_COMMON and _common_form(value):
        return value.lower()
    if "@" not in value or len(value) > 2 * LONGEST_ADDRESS:
        return None
    stored = _judged(without_invisible(value), shortest_ending)
    if stored is None or stored == value:
        return stored
    # Lower case and Unicode normal form can undo each other; what is stored must be its own normal form.
    return stored if _judged(stored, shortest_ending) == stored else None


def _judged(value: str, shortest_ending: int) -> str | None:
    try:
        address = email_validator.validate_email(value, check_deliverability=False, strict=True)
    except email_validator.EmailNotValidError:
        return None
    stored = address.normalized.lower()
    if len(stored) > LONGEST_ADDRESS or stored.count("@") != 1:
        return None
    last_part = stored.rpartition(".")[2]
    return stored if len(last_part) >= shortest_ending and all(map(_is_letter, last_part)) else None


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"
