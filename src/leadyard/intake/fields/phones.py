"""Telephone numbers of every field type (docs/fields.md)."""

import re
from collections.abc import Callable

from leadyard.intake.fields.invisible import plain
from leadyard.intake.fields.phone_plan import Line, calling_code, common_form, judged

LONGEST_WRITTEN = 100

_stored_uk_mobile = re.compile(r"07[0-9]{9}").fullmatch
_stored_uk_landline = re.compile(r"0[123][0-9]{8,9}").fullmatch
_uk_mobile = re.compile(r"(?:(?:\+|00)?440?|0)(7[0-9]{9})").fullmatch
_uk_landline = re.compile(r"(?:(?:\+|00)?440?|0)([123][0-9]{8,9})").fullmatch
_any_phone = re.compile(r"\+?[0-9]{7,15}").fullmatch
_digits = re.compile(r"\+?[0-9]{3,20}").fullmatch

_drop_separators = re.compile(r"[\s.()\[\]\-\u2010-\u2015\u2212]+").sub
_trunk_zero = re.compile(r"\A((?:\+|00).*?)\(0\)", re.DOTALL).sub


def normalise_uk_mobile(value: str) -> str | None:
    """`07` and nine digits, or None where the value is not a UK mobile number."""
    if _stored_uk_mobile(value):
        return value
    match = _uk_mobile(value) or _uk_mobile(compact(value))
    return None if match is None else f"0{match[1]}"


def normalise_uk_landline(value: str) -> str | None:
    """`01`, `02` or `03` and eight or nine digits, or None where the value is not a UK landline number."""
    if _stored_uk_landline(value):
        return value
    match = _uk_landline(value) or _uk_landline(compact(value))
    return None if match is None else f"0{match[1]}"


def normalise_phone(value: str) -> str | None:
    """7 to 15 digits, with a leading `+` where one was given; None for anything else."""
    if _any_phone(value):
        return value
    if len(value) > LONGEST_WRITTEN:
        return None
    number = compact(_trunk_zero(r"\1", plain(value))).replace("/", "")
    return number if _any_phone(number) else None


def line_normaliser(line: Line, country: str) -> Callable[[str], str | None]:
    """Return a function that reads mobile or landline numbers as written in a country (ISO alpha-2) or with `+`."""
    pattern = common_form(country, line)
    common = pattern.match if pattern else re.compile(r"(?!)(?P<nsn>)").match
    plus_code = f"+{calling_code(country)}"

    def normalise_line(value: str) -> str | None:
        """Return the number in E.164, or None where it is not a valid number of that kind."""
        match = common(value)
        if match is not None:
            return plus_code + match["nsn"]
        number = compact(value).replace("/", "")
        if not _digits(number):
            return None
        match = common(number)
        return judged(number, country, line) if match is None else plus_code + match["nsn"]

    return normalise_line


def compact(value: str) -> str:
    """Return the value without blanks, dots, dashes and brackets, in plain characters; empty where it is far too long."""
    return _drop_separators("", plain(value)) if len(value) <= LONGEST_WRITTEN else ""
