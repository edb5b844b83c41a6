"""GET and PUT /buyers (docs/leadbyte.md, "Calls")."""

from typing import Any

from leadyard.campaigns.model import Buyer, Status
from leadyard.campaigns.service import Amendment, amend_buyer
from leadyard.dialects.leadbyte.amending import Noun, amend_many, amend_one
from leadyard.dialects.leadbyte.buyer_credit import credit_of, shown_credit
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.deliveries import read_status
from leadyard.dialects.leadbyte.values import id_number
from leadyard.identity.actor import Actor
from leadyard.kit.errors import NotFoundError
from leadyard.ledger.credit.model import Balance

BUYER = Noun("Buyer", "buyers")


async def list_buyers(call: Call) -> Answer:
    """List buyers in order of id, those of a status if one is asked for."""
    status = read_status(call, ("Active", "Inactive"))
    buyers = [b for b in (await call.setup()).buyers.values() if b.status is not Status.ARCHIVED]
    wanted = [buyer for buyer in buyers if status in {"", buyer.status}]
    balances = await credit_of(call)
    listed = [_shown(buyer, balances.get(buyer.id)) for buyer in wanted]
    return call.answer({"status": "Success", "message": "OK", "buyers": listed})


async def read_buyer(call: Call) -> Answer:
    """Show one buyer."""
    buyer = (await call.setup()).buyers.get(id_number(call.path_id) or 0)
    if buyer is None or buyer.status is Status.ARCHIVED:
        raise NotFoundError("Buyer not found")
    return call.answer(_shown(buyer, (await credit_of(call)).get(buyer.id)))


async def put_buyer(call: Call) -> Answer:
    """Change the buyer that the path names."""
    return await amend_one(call, BUYER, lambda number, wanted: _amend(call, number, wanted))


async def put_buyers(call: Call) -> Answer:
    """Change several buyers."""
    return await amend_many(call, BUYER, lambda number, wanted: _amend(call, number, wanted))


async def _amend(call: Call, buyer_id: int, wanted: Amendment) -> object:
    return await amend_buyer(call.services.database, Actor.of(call.principal), buyer_id, wanted)


def _shown(buyer: Buyer, balance: Balance | None) -> dict[str, Any]:
    settings = buyer.settings
    return {
        "id": str(buyer.id),
        "bid": buyer.bid,
        "company": buyer.company,
        "street1": settings.street1,
        "towncity": settings.towncity,
        "county": settings.county,
        "country": settings.country,
        "postcode": settings.postcode,
        "phone": settings.phone,
        "external_ref": settings.external_ref,
        "external_ref_2": settings.external_ref_2,
        "status": buyer.status,
        **shown_credit(balance),
    }
