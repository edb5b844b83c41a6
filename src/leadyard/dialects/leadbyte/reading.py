"""LeadByte requests to members and leads (docs/leadbyte.md, "Calls")."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from leadyard.dialects.leadbyte.naming import find_member
from leadyard.dialects.leadbyte.values import NotPlainError, UnreadableError, as_text, yes
from leadyard.kit.bodies import (
    BodyError,
    multipart_boundary,
    nest,
    parse_json,
    parse_multipart,
    parse_urlencoded,
)

BODY_LIMIT = 2 * 1024 * 1024
MAX_LEADS = 1000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n\v\f"
# Markup, quoted text and several lines are not the name of a form's first member.
_FORM_START = re.compile(rb"""[^\x00-\x1f<>"{}=]+=""")
_BESIDE_THE_LEAD = ("campid", "sid", "ssid", "testmode")


class Reading(msgspec.Struct, frozen=True):
    """One request: its members with the query's filled in, the query alone, and whether it was a bare list."""

    members: dict[str, Any]
    query: dict[str, Any]
    bare_list: bool = False


def read_request(content_type: str | None, body: bytes, query: bytes) -> Reading:
    """Read a body by its looks and fill in the query's parameters.

    A bare JSON list becomes the member `leads`. Raises UnreadableError.
    """
    parameters = read_query(query)
    try:
        value = _read_body(content_type, body)
    except BodyError as error:
        raise UnreadableError(str(error)) from None
    members: dict[str, Any] = {"leads": value} if isinstance(value, list) else value
    if parameters:
        members = {**parameters, **members}
    return Reading(members, parameters, isinstance(value, list))


def read_query(query: bytes) -> dict[str, Any]:
    """Read the parameters of a URL; raises UnreadableError when they are too many or nest too deeply."""
    if not query:
        return {}
    try:
        return nest(parse_urlencoded(query))
    except BodyError as error:
        raise UnreadableError(str(error)) from None


def _read_body(content_type: str | None, body: bytes) -> dict[str, Any] | list[Any]:
    text = body.removeprefix(_BYTE_ORDER_MARK).strip(_BLANKS)
    if not text:
        return {}
    boundary = multipart_boundary(content_type)
    if boundary is not None:
        return nest(parse_multipart(body, boundary))
    if text[0] in b"{[":
        value: dict[str, Any] | list[Any] = parse_json(text)
        return value
    if _FORM_START.match(text):
        return nest(parse_urlencoded(text))
    raise UnreadableError("The body is neither JSON nor a form")


def find_key(
    headers: Iterable[tuple[bytes, bytes]], query: Mapping[str, Any], members: Mapping[str, Any]
) -> str | None:
    """Find the API key: header X_KEY, header X-KEY, query, body; the first that is not empty.

    Header names are lower case, as ASGI gives them (docs/leadbyte.md, "Keys").
    """
    dashed = None
    for name, value in headers:
        if name == b"x_key":
            key = value.decode("latin-1").strip()
            if key:
                return key
        elif name == b"x-key" and not dashed:
            dashed = value.decode("latin-1").strip()
    return dashed or _plain_key(query) or _plain_key(members)


def _plain_key(members: Mapping[str, Any]) -> str | None:
    try:
        return as_text(members.get("key")) or None
    except NotPlainError:
        return None


def wants_debug(query: Mapping[str, Any]) -> bool:
    """Tell whether the query asks for an indented answer (docs/leadbyte.md, "Answers")."""
    return yes(query.get("debug"))


def find_leads(members: Mapping[str, Any]) -> tuple[list[dict[str, Any]], bool]:
    """Find the leads of a POST, and tell whether they are a batch.

    campid, sid, ssid and testmode beside the leads count for those that lack them.
    Raises UnreadableError for an empty batch, one of more than 1000, or anything but objects.
    """
    if "lead" in members:
        leads, is_batch = [_object(members["lead"], "lead")], False
    elif "leads" in members:
        leads, is_batch = _batch(members["leads"]), True
    else:
        return [dict(members)], False
    shared = {name: members[name] for name in _BESIDE_THE_LEAD if name in members}
    if not shared:
        return leads, is_batch
    return [_with_shared(lead, shared) for lead in leads], is_batch


def _batch(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise UnreadableError("leads must be a list")
    if not value:
        raise UnreadableError("leads must not be empty")
    if len(value) > MAX_LEADS:
        raise UnreadableError(f"leads must not be more than {MAX_LEADS}")
    return [_object(item, f"leads[{index}]") for index, item in enumerate(value)]


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableError(f"{place} must be an object")
    return value


def _with_shared(lead: dict[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    lacking = {name: value for name, value in shared.items() if find_member(lead, name) in (None, "")}
    return {**lead, **lacking} if lacking else lead
