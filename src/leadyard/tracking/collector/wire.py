"""Reads what a beacon sent: pure, and without a refusal; what cannot be read is nothing (docs/tracking.md)."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from leadyard.tracking.claims import LONGEST_ADDRESS, LONGEST_AGENT, LONGEST_TEXT, cut
from leadyard.tracking.collector.model import EventBody

_LONGEST_KEY = 255


class Beacon(msgspec.Struct, frozen=True):
    """A beacon's members as they stand in its body; `k` is the account's key."""

    k: str | None = None
    t: str | None = None
    n: str | None = None
    u: str | None = None
    r: str | None = None
    a: str | None = None
    ch: str | None = None
    e: str | None = None
    d: dict[str, Any] | None = None


_read_typed = msgspec.json.Decoder(Beacon).decode
_read_any = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_MEMBERS = tuple(name for name in Beacon.__struct_fields__ if name != "d")


def read_beacon(body: bytes) -> Beacon | None:
    """Read a body that should be JSON; members of the wrong type count as missing, None when nothing can be read."""
    try:
        return _read_typed(body)
    except (ValueError, RecursionError):
        return _leniently(body)


def _leniently(body: bytes) -> Beacon | None:
    try:
        document = _read_any(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    texts = {name: _text(document.get(name)) for name in _MEMBERS}
    data = document.get("d")
    return Beacon(**texts, d=data if isinstance(data, dict) else None)


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def read_query(query: bytes, page: str | None) -> Beacon:
    """Read the variant without script; the page is where the image stands, unless `u` says so."""
    values = dict(parse_qsl(query.decode("latin-1"), errors="replace"))
    return Beacon(k=values.get("k"), t=values.get("t"), u=values.get("u") or page, r=values.get("r"))


def body_of(beacon: Beacon, ip: str, agent: str | None) -> str:
    """Write an event's body as it is kept."""
    kept = EventBody(
        t=cut(beacon.t, LONGEST_TEXT),
        n=cut(beacon.n, LONGEST_TEXT),
        u=cut(beacon.u, LONGEST_ADDRESS),
        r=cut(beacon.r, LONGEST_ADDRESS),
        a=cut(beacon.a, LONGEST_TEXT),
        ch=cut(beacon.ch, LONGEST_TEXT),
        e=cut(beacon.e, LONGEST_TEXT),
        d=beacon.d,
        ip=ip or None,
        ua=cut(agent, LONGEST_AGENT),
    )
    text = _encode(kept).decode()
    if "\\u0000" in text:
        # The database's JSON holds no NUL; only `d` can still have one.
        text = _encode(msgspec.structs.replace(kept, d=_without_nul(kept.d))).decode()
    return text


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(member) for name, member in value.items()}
    return [_without_nul(member) for member in value] if isinstance(value, list) else value
