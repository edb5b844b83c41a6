"""GET and PUT /deliveries (docs/leadbyte.md, "Calls")."""

from typing import Any

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign, Delivery
from leadyard.campaigns.service import Amendment, amend_delivery
from leadyard.dialects.leadbyte.amending import PERIODS, Noun, amend_many, amend_one
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.naming import find_member
from leadyard.dialects.leadbyte.records import buyer_part, campaign_part
from leadyard.dialects.leadbyte.values import UnreadableError, as_ids, as_text, id_number
from leadyard.dialects.leadbyte.writing import number
from leadyard.identity.actor import Actor
from leadyard.kit.errors import NotFoundError

DELIVERY = Noun("Delivery", "deliveries", has_revenue=True)
_STATUSES = ("Active", "Inactive", "Saved")


async def list_deliveries(call: Call) -> Answer:
    """List deliveries in order of id, those of a status or buyer if one is asked for."""
    setup = await call.setup()
    status = read_status(call, _STATUSES)
    buyers = _wanted_buyers(call, setup)
    listed = [
        _shown(setup, campaign, delivery)
        for campaign, delivery in _deliveries(setup)
        if status in {"", delivery.status} and (buyers is None or delivery.buyer_id in buyers)
    ]
    return call.answer({"status": "Success", "message": "OK", "deliveries": listed})


async def read_delivery(call: Call) -> Answer:
    """Show one delivery."""
    setup = await call.setup()
    asked = id_number(call.path_id)
    for campaign, delivery in _deliveries(setup):
        if delivery.id == asked:
            return call.answer(_shown(setup, campaign, delivery))
    raise NotFoundError("Delivery not found")


async def put_delivery(call: Call) -> Answer:
    """Change the delivery that the path names."""
    return await amend_one(call, DELIVERY, lambda number, wanted: _amend(call, number, wanted))


async def put_deliveries(call: Call) -> Answer:
    """Change several deliveries."""
    return await amend_many(call, DELIVERY, lambda number, wanted: _amend(call, number, wanted))


def read_status(call: Call, known: tuple[str, ...]) -> str:
    """Read the status to list, in any case; "" for all. Raises UnreadableError."""
    text = as_text(call.members.get("status")).casefold()
    for status in known:
        if status.casefold() == text:
            return status
    if text:
        raise UnreadableError(f"status is not one of {', '.join(known)}")
    return ""


async def _amend(call: Call, delivery_id: int, wanted: Amendment) -> object:
    return await amend_delivery(call.services.database, Actor.of(call.principal), delivery_id, wanted)


def _wanted_buyers(call: Call, setup: AccountSetup) -> set[int] | None:
    """Find the buyers to list deliveries of, by id and by bid; both at once must agree."""
    ids, bids = as_ids(find_member(call.members, "buyerid")), as_ids(find_member(call.members, "bid"))
    by_id = {found for text in ids if (found := id_number(text)) is not None} if ids else None
    by_bid = {found for text in bids if (found := setup.buyer_ids.get(text)) is not None} if bids else None
    if by_id is None or by_bid is None:
        return by_bid if by_id is None else by_id
    return by_id & by_bid


def _deliveries(setup: AccountSetup) -> list[tuple[Campaign, Delivery]]:
    found = [
        (campaign, delivery) for campaign in setup.campaigns.values() for delivery in campaign.deliveries
    ]
    return sorted(found, key=lambda pair: pair[1].id)


def _shown(setup: AccountSetup, campaign: Campaign, delivery: Delivery) -> dict[str, Any]:
    settings = delivery.settings
    return {
        "id": str(delivery.id),
        "reference": delivery.reference,
        "status": delivery.status,
        "campaign": campaign_part(setup, campaign.id),
        "deliver_to": settings.kind,
        "buyer": buyer_part(setup, delivery.buyer_id),
        "caps": {period: getattr(settings.caps, period) for period in PERIODS},
        "trigger": settings.trigger,
        "revenue": number(campaign.settings.revenue if settings.revenue is None else settings.revenue),
    }
