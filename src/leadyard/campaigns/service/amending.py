"""Switching deliveries and buyers on and off, and changing their caps and prices, as callers of an API do."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from leadyard.campaigns.inputs import BuyerRecord, DeliveryRecord
from leadyard.campaigns.model import DeliveryStatus, Status
from leadyard.campaigns.service.buyers import buyers
from leadyard.campaigns.service.deliveries import deliveries
from leadyard.identity.actor import Actor
from leadyard.kit.errors import LeadyardError, NotFoundError
from leadyard.kit.money import plain
from leadyard.storage.database import Database


class AlreadySoError(LeadyardError):
    """The status asked for is the one it has, and nothing else was to change."""


class UntestedError(LeadyardError):
    """A saved delivery whose status may not change before it has passed a test."""


class Amendment(msgspec.Struct, frozen=True):
    """What is to change; None and caps that are absent stay as they are."""

    status: Status | None = None
    revenue: Decimal | None = None
    caps: Mapping[str, int] = {}


async def amend_delivery(
    database: Database, actor: Actor, delivery_id: int, wanted: Amendment
) -> DeliveryRecord:
    """Change a delivery in one unit of work.

    Raises NotFoundError, AlreadySoError, UntestedError (docs/leadbyte.md, "Calls") and InvalidInputError.
    """

    def patch(record: DeliveryRecord) -> dict[str, Any]:
        if record.status is DeliveryStatus.ARCHIVED:
            raise NotFoundError("There is no such delivery.")
        changes_status = wanted.status is not None and wanted.status.value != record.status.value
        if changes_status and record.status is DeliveryStatus.SAVED and record.tested_at is None:
            raise UntestedError("Delivery has not passed a test")
        return _patch(wanted, record.status, record.settings)

    return await deliveries.update_with(database, actor, delivery_id, patch)


async def amend_buyer(database: Database, actor: Actor, buyer_id: int, wanted: Amendment) -> BuyerRecord:
    """Change a buyer in one unit of work; raises NotFoundError, AlreadySoError and InvalidInputError."""

    def patch(record: BuyerRecord) -> dict[str, Any]:
        if record.status is Status.ARCHIVED:
            raise NotFoundError("There is no such buyer.")
        return _patch(wanted, record.status, record.settings)

    return await buyers.update_with(database, actor, buyer_id, patch)


def _patch(wanted: Amendment, status: str, settings: Any) -> dict[str, Any]:
    """Write the merge patch; raises AlreadySoError when a status was all that was asked for and it is so."""
    changed: dict[str, Any] = {}
    caps = {name: cap for name, cap in wanted.caps.items() if cap != getattr(settings.caps, name)}
    if caps:
        changed["caps"] = caps
    if wanted.revenue is not None and wanted.revenue != settings.revenue:
        changed["revenue"] = plain(wanted.revenue)
    if wanted.status is not None and wanted.status == status and not changed:
        raise AlreadySoError(f"already {wanted.status.lower()}")
    patch: dict[str, Any] = {"settings": changed} if changed else {}
    return patch if wanted.status is None else {**patch, "status": wanted.status.value}
