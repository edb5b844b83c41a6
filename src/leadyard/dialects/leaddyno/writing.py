"""LeadDyno answers: times, money, and the small objects that others hold (docs/leaddyno.md)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder()

Shown = dict[str, Any]


def encode(payload: Any) -> bytes:
    """Encode an answer."""
    return _ENCODER.encode(payload)


def utc(at: datetime) -> str:
    """Write an instant as `YYYY-MM-DDTHH:MM:SSZ`, cutting fractions off."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def utc_or_none(at: datetime | None) -> str | None:
    """Write an instant that may be missing."""
    return None if at is None else utc(at)


def money(amount: Decimal) -> str:
    """Write an amount with at least one decimal and no needless ones: `1000.0`, `19.99`, `-10.0`."""
    text = f"{amount:f}"
    if "." not in text:
        text += ".0"
    whole, _, decimals = text.partition(".")
    kept = f"{whole}.{decimals.rstrip('0') or '0'}"
    return "0.0" if kept == "-0.0" else kept


def money_or_none(amount: Decimal | None) -> str | None:
    """Write an amount that may be missing."""
    return None if amount is None else money(amount)


def party(row_id: int | None, email: str | None) -> Shown | None:
    """Show an affiliate or a lead inside another object."""
    return None if row_id is None else {"id": row_id, "email": email}


def coded(row_id: int | None, code: str | None) -> Shown | None:
    """Show a campaign or a plan inside another object."""
    return None if row_id is None else {"id": row_id, "code": code}
