"""Turns what msgspec says of a bad value into a sentence for the person who sent it."""

import re
from ast import literal_eval
from collections.abc import Callable
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

_KINDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
    "datetime": "a date and time",
    "date": "a date",
}
_UNITS = {"str": "characters", "array": "items", "object": "members"}
_BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


def plain_words(message: str, hint: Any) -> str:
    """Word msgspec's message, without its path, for a value that should have been a `hint`.

    A message of a kind that is not known here is passed on as it is.
    """
    for pattern, sentence in _SENTENCES:
        match = pattern.fullmatch(message)
        if match is not None:
            return sentence(match, hint)
    return message.replace("`", "")


def _length(match: re.Match[str], _: Any) -> str:
    kind, sign, count = match["kind"], match["sign"], match["count"]
    if (sign, count) == (">=", "1"):
        return "must not be empty"
    return f"must have {_BOUNDS[sign]} {count} {_UNITS.get(kind, 'members')}"


def _bound(match: re.Match[str], _: Any) -> str:
    return f"must be {_BOUNDS[match['sign']]} {match['limit'].removesuffix('.0')}"


def _kind(match: re.Match[str], _: Any) -> str:
    wanted = [_KINDS.get(kind, kind) for kind in match["wanted"].split(" | ")]
    return f"must be {' or '.join(wanted)}, not {_KINDS.get(match['got'], match['got'])}"


def _choice(match: re.Match[str], hint: Any) -> str:
    choices = ", ".join(_choices(hint))
    return f"must be one of {choices}" if choices else f"is not a known value: {match['value']}"


def _choices(hint: Any) -> list[str]:
    """List what an enumeration, a Literal or the tag of a Struct allows, also inside a union."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _choices(get_args(hint)[0])
    if origin is Literal:
        return [str(value) for value in get_args(hint)]
    if origin in {Union, UnionType}:
        return [choice for member in get_args(hint) for choice in _choices(member)]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return [str(member.value) for member in hint]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        tag = hint.__struct_config__.tag
        return [] if tag is None else [str(tag)]
    return []


def _missing(match: re.Match[str], _: Any) -> str:
    return f"lacks the member {match['name']}"


def _form(match: re.Match[str], _: Any) -> str:
    regex = literal_eval(match["regex"])
    return "must not be blank" if regex == r"\S" else f"must have the form {regex}"


def _always(sentence: str) -> Callable[[re.Match[str], Any], str]:
    return lambda _, __: sentence


_SENTENCES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Any], str]], ...] = (
    (re.compile(r"Expected `(?P<kind>\w+)` of length (?P<sign>[<>]=?) (?P<count>\d+)"), _length),
    (re.compile(r"Expected `(?:int|float)` (?P<sign>[<>]=?) (?P<limit>\S+)"), _bound),
    (re.compile(r"Expected `(?P<wanted>[\w |]+)`, got `(?P<got>\w+)`"), _kind),
    (re.compile(r"Invalid (?:enum )?value (?P<value>.*)", re.DOTALL), _choice),
    (re.compile(r"Object missing required field `(?P<name>\w+)`"), _missing),
    (re.compile(r"Expected `str` matching regex (?P<regex>.*)", re.DOTALL), _form),
    (
        re.compile("Expected `datetime` with a timezone component"),
        _always("must name its time zone, as in 2026-01-31T12:00:00Z"),
    ),
    (
        re.compile("Invalid RFC3339 encoded datetime"),
        _always("must be a date and time such as 2026-01-31T12:00:00Z"),
    ),
    (re.compile("Invalid RFC3339 encoded date"), _always("must be a date such as 2026-01-31")),
    (re.compile("Invalid UUID"), _always("must be a UUID")),
)
