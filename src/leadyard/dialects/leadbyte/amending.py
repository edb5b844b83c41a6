"""PUT /deliveries and /buyers: items that each change one thing (docs/leadbyte.md, "Calls")."""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from leadyard.campaigns.model import Status
from leadyard.campaigns.service import AlreadySoError, Amendment, UntestedError
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.outcomes import status_of
from leadyard.dialects.leadbyte.values import UnreadableError, as_text, id_number
from leadyard.dialects.leadbyte.writing import SEE_ERRORS
from leadyard.kit.documents import LARGEST_INTEGER
from leadyard.kit.errors import InvalidInputError, NotFoundError
from leadyard.kit.money import BadAmountError, parse_amount

PERIODS = ("day", "week", "month", "total")
_MOST = 1000
_MOST_LEADS = 1_000_000_000
_LONGEST_CAP = 10
_STATUSES = {"active": Status.ACTIVE, "inactive": Status.INACTIVE}

Amend = Callable[[int, Amendment], Awaitable[object]]
"""Changes the thing of an id; raises NotFoundError, AlreadySoError, UntestedError, InvalidInputError."""


class Noun(msgspec.Struct, frozen=True):
    """What is changed: its name in messages, the answer's list of them, and whether it has a price."""

    name: str
    plural: str
    has_revenue: bool = False


class Done(msgspec.Struct, frozen=True):
    """What became of an item; one that was so already is neither done nor failed."""

    sent_id: Any
    message: str
    success: bool = False
    failed: bool = False


async def amend_one(call: Call, noun: Noun, amend: Amend) -> Answer:
    """Change the thing that the path names; what cannot be read is a 400, an unknown id a 404."""
    number = id_number(call.path_id)
    if number is None:
        raise NotFoundError(f"{noun.name} not found")
    wanted = read_amendment(noun, call.members.get("update"))
    try:
        done = await _amended(noun, number, number, wanted, amend)
    except NotFoundError:
        raise NotFoundError(f"{noun.name} not found") from None
    return call.answer(_envelope(noun, [done]))


async def amend_many(call: Call, noun: Noun, amend: Amend) -> Answer:
    """Change several things one after another; a failed item does not undo a good one."""
    items = _items(call.members, noun)
    return call.answer(_envelope(noun, [await _tried(noun, item, amend) for item in items]))


def read_amendment(noun: Noun, update: Any) -> Amendment:
    """Read what is to change, leaving out members that mean nothing here; raises UnreadableError."""
    members = _merged(update)
    return Amendment(
        _status(members.get("status")),
        _revenue(members.get("revenue")) if noun.has_revenue else None,
        _caps(members.get("caps")),
    )


async def _tried(noun: Noun, item: Mapping[str, Any], amend: Amend) -> Done:
    number = id_number(as_text(item["id"]))
    sent_id = item["id"] if number is None else number
    if number is None:
        return Done(sent_id, f"{noun.name} not found", failed=True)
    try:
        return await _amended(noun, sent_id, number, read_amendment(noun, item.get("update")), amend)
    except NotFoundError:
        return Done(sent_id, f"{noun.name} not found", failed=True)
    except UnreadableError as problem:
        return Done(sent_id, str(problem), failed=True)


async def _amended(noun: Noun, sent_id: Any, number: int, wanted: Amendment, amend: Amend) -> Done:
    if number > LARGEST_INTEGER:
        raise NotFoundError(f"{noun.name} not found")
    try:
        await amend(number, wanted)
    except AlreadySoError as reason:
        return Done(sent_id, f"{noun.name} {reason}")
    except UntestedError as reason:
        return Done(sent_id, str(reason), failed=True)
    except InvalidInputError as error:
        wrong = error.problems[0]
        raise UnreadableError(f"{wrong.field.removeprefix('settings.')} {wrong.detail}") from error
    return Done(sent_id, f"{noun.name} updated", success=True)


def _envelope(noun: Noun, items: list[Done]) -> dict[str, Any]:
    """Sum up by the batch rule: what was so already is a warning, an error only what failed."""
    failures = [item.message for item in items if item.failed]
    status = status_of(item.success for item in items)
    if status == "Error" and not failures:
        status = "Warning"
    answer: dict[str, Any] = {
        "status": status,
        "message": SEE_ERRORS if status == "Error" else "OK",
        noun.plural: [
            {"id": item.sent_id, "success": item.success, "message": item.message} for item in items
        ],
    }
    return answer | ({"errors": failures} if failures else {})


def _items(members: Mapping[str, Any], noun: Noun) -> list[dict[str, Any]]:
    items = members.get(noun.plural)
    if items is None and "id" in members:
        items = dict(members)
    if isinstance(items, dict):
        items = [items]
    if not isinstance(items, list) or not items:
        raise UnreadableError(f"{noun.plural} is required")
    if len(items) > _MOST:
        raise UnreadableError(f"{noun.plural} must not be more than {_MOST}")
    for index, item in enumerate(items):
        place = f"{noun.plural}[{index}]"
        if not isinstance(item, dict):
            raise UnreadableError(f"{place} must be an object")
        sent_id = item.get("id")
        if isinstance(sent_id, bool) or not isinstance(sent_id, int | str) or not as_text(sent_id):
            raise UnreadableError(f"{place}.id is required")
    return items


def _merged(update: Any) -> dict[str, Any]:
    parts = update if isinstance(update, list) and update else [update]
    merged: dict[str, Any] = {}
    for part in parts:
        if not isinstance(part, dict):
            raise UnreadableError("update must be an object")
        merged |= part
    return merged


def _status(value: Any) -> Status | None:
    if value is None:
        return None
    status = None if isinstance(value, dict | list) else _STATUSES.get(as_text(value).lower())
    if status is None:
        raise UnreadableError("status must be Active or Inactive")
    return status


def _revenue(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        return parse_amount(value)
    except BadAmountError as problem:
        raise UnreadableError(f"revenue {problem}") from None


def _caps(value: Any) -> dict[str, int]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnreadableError("caps must be an object")
    return {name: _cap(name, value[name]) for name in PERIODS if value.get(name) is not None}


def _cap(name: str, value: Any) -> int:
    text = "" if isinstance(value, bool | dict | list) else as_text(value)
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_CAP and int(text) <= _MOST_LEADS):
        raise UnreadableError(f"caps.{name} must be a whole number from 0 to {_MOST_LEADS}")
    return int(text)
