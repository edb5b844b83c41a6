"""Normal forms in which values are compared: every comparison of the language is between two of these."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation

_LONGEST_NUMBER = 40
_number = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?").fullmatch
_time = re.compile(r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]").fullmatch


def text_key(value: str) -> str:
    """Give a text without case and without superfluous blanks; empty for a blank one."""
    return " ".join(value.casefold().split())


def text_or_none(value: str) -> str | None:
    """Give a text as texts are compared; None for a blank one."""
    return text_key(value) or None


def solid_or_none(value: str) -> str | None:
    """Give a text without case and without any blank, as postcodes are compared; None for a blank one."""
    return "".join(value.casefold().split()) or None


def number_of(value: object) -> Decimal | None:
    """Read a number from a JSON value; a text with anything but digits, sign, point and exponent is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    text = str(value).strip()
    if len(text) > _LONGEST_NUMBER or _number(text) is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def day_of(value: object) -> str | None:
    """Read the day of a date, with a time or without, as `YYYY-MM-DD`."""
    if not isinstance(value, str):
        return None
    day = value.strip()[:10]
    try:
        return date.fromisoformat(day).isoformat() if len(day) == 10 and day[4] == "-" else None  # noqa: PLR2004 - the length of YYYY-MM-DD
    except ValueError:
        return None


def time_of(value: object) -> str | None:
    """Read a time of the day as `HH:MM`, so that times sort as texts."""
    if not isinstance(value, str) or _time(value.strip()) is None:
        return None
    return value.strip().zfill(5)
