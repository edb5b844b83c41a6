"""The filters of the template language: each takes a text and gives a text, and none can fail on a lead's value."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import NamedTuple

from leadyard.delivery.templates.limits import VALUE_LIMIT, TemplateError, UnfitValueError
from leadyard.delivery.templates.phones import international, known_region, national

Filter = Callable[[str], str]

_ARGUMENT_LIMIT = 4096
_DATE_TOKEN = re.compile("YYYY|YY|MM|DD|HH|mm|ss")
_NOT_DIGITS = re.compile("[^0-9]+")
_LONGEST_NUMBER = 64
_WIDE = Context(prec=80, rounding=ROUND_HALF_EVEN)


class _Kind(NamedTuple):
    fewest: int
    most: int
    build: Callable[[Sequence[str]], Filter]


def build_filter(name: str, arguments: Sequence[str], position: int) -> Filter:
    """Make one filter; TemplateError when it does not exist or its arguments do not fit."""
    kind = _KINDS.get(name)
    if kind is None:
        raise TemplateError(f"There is no filter {name!r}; there are {', '.join(sorted(_KINDS))}", position)
    if not kind.fewest <= len(arguments) <= kind.most:
        wanted = str(kind.fewest) if kind.fewest == kind.most else f"{kind.fewest} to {kind.most}"
        raise TemplateError(f"The filter {name} takes {wanted} value(s), not {len(arguments)}", position)
    if any(len(argument) > _ARGUMENT_LIMIT for argument in arguments):
        raise TemplateError(
            f"A value of the filter {name} is longer than {_ARGUMENT_LIMIT} characters", position
        )
    try:
        return kind.build(arguments)
    except ValueError as error:
        raise TemplateError(f"The filter {name}: {error}", position) from None


def _plain(function: Filter) -> _Kind:
    return _Kind(0, 0, lambda _arguments: function)


def _default(arguments: Sequence[str]) -> Filter:
    fallback = arguments[0]
    return lambda text: text or fallback


def _replace(arguments: Sequence[str]) -> Filter:
    old, new = arguments
    if not old:
        raise ValueError("the text to look for is empty")

    def replace(text: str) -> str:
        if len(text) + text.count(old) * (len(new) - len(old)) > VALUE_LIMIT:
            raise UnfitValueError(f"A filtered value is longer than {VALUE_LIMIT} characters")
        return text.replace(old, new)

    return replace


def _map(arguments: Sequence[str]) -> Filter:
    table: dict[str, str] = {}
    for pair in arguments[0].split(","):
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"{pair.strip()!r} is not of the form from=to")
        table[key.strip()] = value.strip()
    other = table.pop("*", None)
    return lambda text: table.get(text.strip(), text if other is None else other)


def _count(text: str, largest: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) <= largest):  # noqa: PLR2004 - digits
        raise ValueError(f"{text!r} is not a whole number from 0 to {largest}")
    return int(text)


def _first(arguments: Sequence[str]) -> Filter:
    length = _count(arguments[0], VALUE_LIMIT)
    return lambda text: text[:length]


def _last(arguments: Sequence[str]) -> Filter:
    length = _count(arguments[0], VALUE_LIMIT)
    return lambda text: text[-length:] if length else ""


def _prefix(arguments: Sequence[str]) -> Filter:
    # An empty value stays empty, so that a missing number does not become a lone dialling code.
    before = arguments[0]
    return lambda text: before + text if text else ""


def _suffix(arguments: Sequence[str]) -> Filter:
    after = arguments[0]
    return lambda text: text + after if text else ""


def _date(arguments: Sequence[str]) -> Filter:
    layout = arguments[0]

    def write(text: str) -> str:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            return text
        tokens = {
            "YYYY": f"{moment.year:04d}",
            "YY": f"{moment.year % 100:02d}",
            "MM": f"{moment.month:02d}",
            "DD": f"{moment.day:02d}",
            "HH": f"{moment.hour:02d}",
            "mm": f"{moment.minute:02d}",
            "ss": f"{moment.second:02d}",
        }
        return _DATE_TOKEN.sub(lambda match: tokens[match[0]], layout)

    return write


def _number(arguments: Sequence[str]) -> Filter:
    step = Decimal(1).scaleb(-_count(arguments[0], 10))

    def write(text: str) -> str:
        stripped = text.strip()
        if len(stripped) > _LONGEST_NUMBER or "_" in stripped:
            return text
        try:
            number = Decimal(stripped)
            return f"{number.quantize(step, context=_WIDE):f}" if number.is_finite() else text
        except InvalidOperation:
            return text

    return write


def _phone(write: Callable[[str, str], str]) -> _Kind:
    def build(arguments: Sequence[str]) -> Filter:
        region = arguments[0].upper() if arguments else "GB"
        if not known_region(region):
            raise ValueError(f"{region!r} is not a country code such as GB")
        return lambda text: write(text, region)

    return _Kind(0, 1, build)


def _hash(name: str) -> _Kind:
    return _plain(
        lambda text: hashlib.new(name, text.encode(errors="replace"), usedforsecurity=False).hexdigest()
    )


def _base64(text: str) -> str:
    return b64encode(text.encode(errors="replace")).decode()


_KINDS = {
    "lower": _plain(str.lower),
    "upper": _plain(str.upper),
    "title": _plain(str.title),
    "trim": _plain(str.strip),
    "digits": _plain(lambda text: _NOT_DIGITS.sub("", text)),
    "default": _Kind(1, 1, _default),
    "replace": _Kind(2, 2, _replace),
    "map": _Kind(1, 1, _map),
    "first": _Kind(1, 1, _first),
    "last": _Kind(1, 1, _last),
    "prefix": _Kind(1, 1, _prefix),
    "suffix": _Kind(1, 1, _suffix),
    "date": _Kind(1, 1, _date),
    "number": _Kind(1, 1, _number),
    "md5": _hash("md5"),
    "sha1": _hash("sha1"),
    "sha256": _hash("sha256"),
    "sha512": _hash("sha512"),
    "base64": _plain(_base64),
    "international": _phone(international),
    "national": _phone(national),
}
FILTER_NAMES = tuple(sorted(_KINDS))
