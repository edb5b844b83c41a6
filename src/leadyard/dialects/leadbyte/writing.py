"""LeadByte answers: their numbers, times, key order and texts (docs/leadbyte.md, "Answers")."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from leadyard.kit.money import plain

RESPONSE_TEXTS: Mapping[int, str] = {
    1: "OK",
    2: "OK",
    -2: "Duplicate or resubmission",
    -3: "Remote system error",
    -4: "Campaign cap reached",
    -5: "Validation error",
    -7: "Supplier not authorised",
    -8: "HLR rejection",
    -9: "Campaign not active",
    -10: "PAF rejection",
    -11: "IP address blocked",
    -12: "Email rejection",
    -13: "Landline rejection",
    -14: "IP address country rejection",
    -15: "Number matched TPS database",
    -16: "Number matched DNCR database",
    -100: "Internal error",
}
SEE_ERRORS = "One or more errors occurred, see errors array"

_CAP = re.compile(r"(?:campaign|supplier|delivery|buyer) cap \(").match
_ENCODER = msgspec.json.Encoder()
_INDENT = 4


def number(value: Decimal | int) -> msgspec.Raw:
    """Make an exact JSON number in shortest form: `250`, `37.5`, `0.026`, never `250.0` or an exponent."""
    return msgspec.Raw(plain(Decimal(value)).encode())


def encode(payload: Any, *, debug: bool = False) -> bytes:
    """Encode an answer on one line without blanks, or indented when the caller asked for `debug`."""
    line = _ENCODER.encode(payload)
    return msgspec.json.format(line, indent=_INDENT) if debug else line


def utc(moment: datetime) -> str:
    """Write a moment as `YYYY-MM-DDTHH:MM:SSZ`, cutting fractions off."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def skip_reason(reason: str) -> str:
    """Say why a delivery is passed over in the contract's words (section 7), which have one for all caps."""
    return "cap" if _CAP(reason) else reason


def error(message: str, errors: Sequence[str] = ()) -> dict[str, Any]:
    """Make the error object of everything but lead intake; without `errors` the message is the only one."""
    return {"status": "Error", "message": message, "errors": list(errors) or [message]}


def success_code(version: str) -> int:
    """Give the code of success in POST /leads: 1 in v1.3, 2 before."""
    return 1 if version == "v1.3" else 2


def accepted_item(queue_id: str, status: str, version: str) -> dict[str, Any]:
    """Make the result of one accepted lead; `status` is `Queued` or `Quarantined`."""
    return {"queueId": queue_id, "status": status, "code": success_code(version)}


def accepted(queue_id: str, status: str, version: str) -> dict[str, Any]:
    """Make the answer to one accepted lead."""
    return _with_results("Success", "", [accepted_item(queue_id, status, version)], version)


def refusal(code: int, errors: Sequence[str] = (), redirect_url: str = "") -> dict[str, Any]:
    """Make the answer to one refused lead; without `errors` the code's own text is the only one."""
    return {
        "status": "Error",
        "code": code,
        "message": SEE_ERRORS,
        "redirectUrl": redirect_url,
        "errors": list(errors) or [RESPONSE_TEXTS[code]],
    }


def refused_item(code: int, errors: Sequence[str] = ()) -> dict[str, Any]:
    """Make the result of one refused lead of a batch."""
    return {
        "queueId": None,
        "status": "Error",
        "code": code,
        "errors": list(errors) or [RESPONSE_TEXTS[code]],
    }


def batch(items: Sequence[Mapping[str, Any]], version: str, redirect_url: str = "") -> dict[str, Any]:
    """Make the answer to a batch from its items in order: Success, Warning, or the first item's refusal.

    `redirect_url` is that of the first lead's campaign; it shows only when no lead went in.
    """
    refused = [item for item in items if item["status"] == "Error"]
    if not refused:
        return _with_results("Success", "", items, version)
    if len(refused) < len(items):
        return _with_results("Warning", SEE_ERRORS, items, version)
    first = refused[0]
    return {**refusal(first["code"], first["errors"], redirect_url), "results": list(items)}


def _with_results(status: str, message: str, items: Sequence[Any], version: str) -> dict[str, Any]:
    return {"status": status, "code": success_code(version), "message": message, "results": list(items)}
