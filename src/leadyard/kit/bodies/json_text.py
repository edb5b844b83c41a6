"""JSON of unknown shape and origin."""

import json
from typing import Any, NoReturn

import msgspec

from leadyard.kit.bodies.text import BodyError, clean_text, decode_text

MAX_DEPTH = 32
MAX_NUMBER_DIGITS = 30
_LARGEST = 10**MAX_NUMBER_DIGITS
_DECODER = msgspec.json.Decoder()
_TOO_DEEP = "JSON is nested too deeply"


def parse_json(raw: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """Decode JSON to plain values: dict, list, str, int, float, bool, None.

    Tolerates a byte order mark, Windows-1252 bytes, raw control characters and repeated names (last wins);
    removes NUL and lone surrogates from texts and names. A number of more than 30 digits or beyond the
    range of a float is returned as its text, so that no later conversion can overflow. `max_depth` counts
    nested containers. Raises BodyError for everything else that is not JSON.
    """
    try:
        value = _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _tidied(_decode_leniently(raw), max_depth)
    # Without an escape no text holds NUL or a surrogate, and without more brackets nothing nests too deeply.
    if b"\\u" not in raw and raw.count(b"{") + raw.count(b"[") <= max_depth and not _has_giant(value):
        return value
    return _tidied(value, max_depth)


def _has_giant(value: Any) -> bool:
    """Tell whether a whole number of more digits than are kept stands anywhere in a value."""
    kind = type(value)
    if kind is dict:
        value = value.values()
    elif kind is not list:
        return kind is int and not -_LARGEST < value < _LARGEST
    for item in value:  # noqa: SIM110 - a generator costs more than the whole look at an ordinary lead
        if type(item) is not str and _has_giant(item):
            return True
    return False


def _decode_leniently(raw: bytes) -> Any:
    try:
        return json.loads(
            decode_text(raw),
            strict=False,
            parse_int=_whole,
            parse_float=_fraction,
            parse_constant=_refuse_constant,
        )
    except RecursionError:
        raise BodyError(_TOO_DEEP) from None
    except json.JSONDecodeError as error:
        raise BodyError(f"JSON is malformed at character {error.pos}: {error.msg}") from None


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_NUMBER_DIGITS else digits


def _fraction(digits: str) -> float | str:
    number = float(digits)
    return digits if number in {float("inf"), float("-inf")} else number


def _refuse_constant(name: str) -> NoReturn:
    raise BodyError(f"JSON has no {name}")


def _tidied(value: Any, levels: int) -> Any:
    kind = type(value)
    if kind is str:
        return clean_text(value)
    if kind is dict:
        return _tidied_object(value, levels - 1)
    if kind is list:
        if levels <= 0:
            raise BodyError(_TOO_DEEP)
        return [_tidied(item, levels - 1) for item in value]
    if kind is int and not -_LARGEST < value < _LARGEST:
        return str(value)
    return value


def _tidied_object(members: dict[str, Any], levels: int) -> dict[str, Any]:
    if levels < 0:
        raise BodyError(_TOO_DEEP)
    tidy: dict[str, Any] = {}
    for name, value in members.items():
        kept = name if name.isascii() and "\x00" not in name else clean_text(name)
        if type(value) is str and value.isascii() and "\x00" not in value:
            tidy[kept] = value
        else:
            tidy[kept] = _tidied(value, levels)
    return tidy
