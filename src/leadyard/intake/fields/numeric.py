"""Whole numbers, decimals and yes/no (docs/fields.md)."""

import re

from leadyard.intake.fields.invisible import plain

LONGEST_WRITTEN = 40

_whole = re.compile(r"(?:\+(?!-))?(-?[0-9]{1,18})").fullmatch
_decimal = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?").fullmatch
_MOST_DECIMAL_DIGITS = 30

_ANSWERS = {
    **dict.fromkeys(("yes", "y", "true", "1", "on"), "Yes"),
    **dict.fromkeys(("no", "n", "false", "0", "off"), "No"),
}


def normalise_whole_number(value: str) -> str | None:
    """Up to 18 digits as sent, leading zeros too, with a minus sign or without; None for anything else."""
    match = _whole(_plain_number(value))
    return None if match is None else match[1]


def normalise_decimal(value: str) -> str | None:
    """Return the number without exponent, plus sign and zeros that say nothing; None unless it has up to 30 digits."""
    match = _decimal(_plain_number(value))
    if match is None:
        return None
    sign, whole, fraction = match.groups(default="")
    if len(whole) + len(fraction) > _MOST_DECIMAL_DIGITS:
        return None
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    number = f"{whole}.{fraction}" if fraction else whole
    return f"-{number}" if sign == "-" and number != "0" else number


def normalise_yes_no(value: str) -> str | None:
    """`Yes` or `No`, or None where the value says neither."""
    return _ANSWERS.get(value.lower()) or _ANSWERS.get(_plain_number(value).lower())


def _plain_number(value: str) -> str:
    return plain(value) if len(value) <= LONGEST_WRITTEN else ""
