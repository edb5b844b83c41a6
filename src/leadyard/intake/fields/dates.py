"""Dates, with or without a time (docs/fields.md)."""

import re
from collections.abc import Callable
from datetime import date

from leadyard.intake.fields.invisible import plain

_iso_date = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch

_TIME = (
    r"(?:[T ](?P<clock>(?:[01][0-9]|2[0-3]):[0-5][0-9])(?P<seconds>:[0-5][0-9](?:[.,][0-9]{1,9})?)?"
    r"(?: ?(?P<zone>[Zz]|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9]))?)?"
)
_YEAR_FIRST = r"(?P<y1>[0-9]{4})-(?P<m1>[0-9]{2})-(?P<d1>[0-9]{2})"
_YEAR_LAST = r"(?P<{0}>[0-9]{{2}})(?P<mark>[/-])(?P<{1}>[0-9]{{2}})(?P=mark)(?P<y2>[0-9]{{4}})"
_day_first = re.compile(f"(?:{_YEAR_FIRST}|{_YEAR_LAST.format('d2', 'm2')}){_TIME}").fullmatch
_month_first = re.compile(f"(?:{_YEAR_FIRST}|{_YEAR_LAST.format('m2', 'd2')}){_TIME}").fullmatch


def date_normaliser(*, month_first: bool) -> Callable[[str], str | None]:
    """Return a function that reads dates; `month_first` reads 03/04/2020 as the fourth of March."""
    any_form = _month_first if month_first else _day_first

    def normalise_date(value: str) -> str | None:
        """ISO date, `YYYY-MM-DDTHH:MM:SS` where a time was given, with its zone where one was; else None."""
        if _iso_date(value):
            return value if _is_real(value) else None
        match = any_form(plain(value))
        return None if match is None else _stored(match)

    return normalise_date


def _is_real(iso: str) -> bool:
    try:
        date.fromisoformat(iso)
    except ValueError:
        return False
    return True


def _stored(match: re.Match[str]) -> str | None:
    part = match.groupdict(default="")
    day = f"{part['y1'] or part['y2']}-{part['m1'] or part['m2']}-{part['d1'] or part['d2']}"
    if not _is_real(day):
        return None
    if not part["clock"]:
        return day
    return f"{day}T{part['clock']}{part['seconds'][:3] or ':00'}{_zone(part['zone'])}"


def _zone(given: str) -> str:
    """`Z`, `+hh:mm` or nothing, whatever way it was written."""
    if not given:
        return ""
    digits = given[1:].replace(":", "")
    return "Z" if digits in {"", "0000"} else f"{given[0]}{digits[:2]}:{digits[2:]}"
