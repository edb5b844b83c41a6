"""The items of PUT /leads, read and checked before any of them is done (docs/leadbyte.md, "Calls")."""

from collections.abc import Mapping
from typing import Any

import msgspec

from leadyard.dialects.leadbyte.quarantine import PROCESS, REJECT, read_action
from leadyard.dialects.leadbyte.values import UnreadableError, as_ids, as_text
from leadyard.identity.model import Permission

REPROCESS = "reprocess"
_MOST = 1000


class Change(msgspec.Struct, frozen=True):
    """One item: `sent_id` is the id as it was sent, `named` its text; an `action` of "" is none."""

    sent_id: Any
    named: str
    is_held: bool
    update: dict[str, Any]
    deliveries: list[str]
    action: str

    @property
    def permissions(self) -> list[Permission]:
        """List what the key must be ticked for; an item that asks for nothing counts as an update."""
        needed = []
        if self.action:
            needed.append(Permission.QUARANTINE_PROCESS if self.is_held else Permission.LEADS_REPROCESS)
        if self.deliveries:
            needed.append(Permission.DELIVERIES_TRIGGER)
        if self.update or not needed:
            needed.insert(0, Permission.LEADS_UPDATE)
        return needed


def read_changes(members: Mapping[str, Any]) -> list[Change]:
    """Read the items of a request, which may be a single one; raises UnreadableError."""
    items = members.get("leads")
    if items is None and ("id" in members or "quarantineId" in members):
        items = dict(members)
    if isinstance(items, dict):
        items = [items]
    if not isinstance(items, list) or not items:
        raise UnreadableError("leads is required")
    if len(items) > _MOST:
        raise UnreadableError(f"leads must not be more than {_MOST}")
    return [_read_change(item, f"leads[{index}]") for index, item in enumerate(items)]


def _read_change(item: Any, place: str) -> Change:
    if not isinstance(item, dict):
        raise UnreadableError(f"{place} must be an object")
    is_held = item.get("quarantineId") not in (None, "")
    sent_id = item.get("quarantineId") if is_held else item.get("id")
    if isinstance(sent_id, bool | float) or not isinstance(sent_id, int | str) or not as_text(sent_id):
        raise UnreadableError(f"{place}.id is required")
    known = (PROCESS, REJECT) if is_held else (REPROCESS,)
    action = item.get("action")
    return Change(
        sent_id,
        as_text(sent_id),
        is_held,
        _read_update(item.get("update"), place),
        as_ids(item.get("triggerDeliveryId")) + as_ids(item.get("triggerDeliveryIds")),
        "" if action in (None, "") else read_action(action, known),
    )


def _read_update(update: Any, place: str) -> dict[str, Any]:
    """Merge an update that came as a list of objects."""
    if update in (None, ""):
        return {}
    parts = update if isinstance(update, list) else [update]
    merged: dict[str, Any] = {}
    for part in parts:
        if not isinstance(part, dict):
            raise UnreadableError(f"{place}.update must be an object")
        merged |= part
    return merged
