"""Keys by which leads are compared for duplicates (docs/validation.md)."""

import re
from functools import lru_cache

import phonenumbers

from leadyard.intake.fields.invisible import plain, without_invisible
from leadyard.intake.fields.phones import LONGEST_WRITTEN, compact

_UNITED_KINGDOM = "GB"

_uk_number = re.compile(r"(?:(?:\+|00)?440?|0)?([1-9][0-9]{8,9})").fullmatch
_not_digits = re.compile(r"[^0-9]+").sub


def email_key(value: str) -> str:
    """Return the address in lower case; empty for an empty one."""
    return without_invisible(value).lower()


def phone_key(value: str, country: str) -> str:
    """Return the number as international digits, `447700900123`, however it was written.

    `country` (ISO alpha-2) is where a number without `+` belongs. A value that is not a telephone number
    gives its digits; the key is empty where there are none.
    """
    if country == _UNITED_KINGDOM:
        match = _uk_number(value) or _uk_number(compact(value))
        if match is not None:
            return f"44{match[1]}"
    return _parsed_key(value[:LONGEST_WRITTEN], country)


@lru_cache(maxsize=8192)
def _parsed_key(value: str, country: str) -> str:
    number = plain(value)
    try:
        parsed = phonenumbers.parse(number, country.upper() or None)
    except phonenumbers.NumberParseException:
        return _not_digits("", number)
    return f"{parsed.country_code}{phonenumbers.national_significant_number(parsed)}"
