"""LeadDyno requests to parameters, and where the key is (docs/leaddyno.md, "Keys")."""

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from leadyard.dialects.leaddyno.nesting import nested
from leadyard.kit.bodies import BodyError, multipart_boundary, parse_multipart, parse_urlencoded
from leadyard.kit.errors import LeadyardError

BODY_LIMIT = 10 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LONGEST_INTEGER = 400
_ADDRESSES = frozenset({"email", "affiliate", "affiliate_email", "paypal_email", "referring_affiliate"})
_spaced_address = re.compile(r"[^\s@]+ [^\s@]+@[^\s@]+").fullmatch


class UnreadableError(LeadyardError):
    """A request that cannot be read, or one of the wrong shape: HTTP 400 without a field."""


class Reading(msgspec.Struct, frozen=True):
    """A request's body: its members, or the array that stands in place of an object, or why it cannot be read.

    `is_nothing`: JSON that says nothing, `null` or the empty array that some languages write for an empty object.
    """

    members: Mapping[str, Any] = {}
    rows: list[Any] | None = None
    problem: str | None = None
    is_nothing: bool = False


def read_query(query: bytes) -> dict[str, Any]:
    """Read the parameters of a URL; raises UnreadableError."""
    try:
        return _read_form(query) if query else {}
    except BodyError as error:
        raise UnreadableError(str(error)) from None


def read_body(content_type: str, body: bytes) -> Reading:
    """Read a body by its looks: JSON, multipart or urlencoded."""
    text = body.removeprefix(_BYTE_ORDER_MARK).strip()
    if not text:
        return Reading()
    try:
        if text[0] in b"{[" or "json" in content_type.lower():
            return _read_json(text)
        boundary = multipart_boundary(content_type)
        if boundary is not None:
            return Reading(nested(parse_multipart(body, boundary, _strict_text)))
        return Reading(_read_form(text))
    except BodyError as error:
        return Reading(problem=str(error))


def _read_form(text: bytes) -> dict[str, Any]:
    pairs = parse_urlencoded(text, _strict_text)
    return nested([(name, _with_plus(value) if _is_address(name) else value) for name, value in pairs])


def _is_address(name: str) -> bool:
    if name.startswith("leads["):
        name = name.rpartition("[")[2].rstrip("]")
    return name in _ADDRESSES


def _with_plus(address: str) -> str:
    """Give an address back the plus sign that a form turns into a blank when nobody encoded it."""
    bare = address.strip()
    return bare.replace(" ", "+") if _spaced_address(bare) else address


def _strict_text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise BodyError("The request is not UTF-8") from None


def _read_json(text: bytes) -> Reading:
    try:
        value = json.loads(
            _strict_text(text), strict=False, parse_int=_whole, parse_float=_fraction, parse_constant=Decimal
        )
    except RecursionError:
        return Reading(problem="The JSON is nested too deeply")
    except json.JSONDecodeError as error:
        return Reading(problem=f"The JSON is malformed at character {error.pos}")
    if isinstance(value, dict):
        return Reading(value)
    if isinstance(value, list):
        return Reading(rows=value, is_nothing=not value)
    if value is None:
        return Reading(is_nothing=True)
    return Reading(problem="The JSON is not an object")


def _whole(digits: str) -> int | str:
    # Python refuses to make numbers of thousands of digits; no parameter is one.
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits


def _fraction(digits: str) -> Decimal | str:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return digits


def merged(query: Mapping[str, Any], body: Mapping[str, Any], *, blank_wins: bool = False) -> dict[str, Any]:
    """Put a body's members over the query's; a blank one says nothing against the query, unless it clears a text."""
    if blank_wins or not query:
        return {**query, **body}
    return {
        **query,
        **{name: value for name, value in body.items() if name not in query or not is_blank(value)},
    }


def is_blank(value: Any) -> bool:
    """Tell whether a value means that nothing is given."""
    return value is None or (isinstance(value, str) and not value.strip())


def find_key(
    headers: Iterable[tuple[bytes, bytes]], query: Mapping[str, Any], body: Mapping[str, Any]
) -> str:
    """Find the key in the query, the body, the header `key` or the Bearer token: the first that is not blank.

    Gives an empty text where there is none. Header names are lower case, as ASGI gives them.
    """
    for members in (query, body):
        if not is_blank(members.get("key")):
            return str(members["key"]).strip()
    own = bearer = ""
    for name, value in headers:
        if name == b"key":
            own = own or value.decode("latin-1").strip()
        elif name == b"authorization":
            scheme, _, token = value.decode("latin-1").strip().partition(" ")
            if scheme.lower() == "bearer":
                bearer = bearer or token.strip()
    return own or bearer
