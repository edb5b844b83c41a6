"""Caps and prepaid credit follow a lead that comes back, or that goes to another buyer by hand."""

from decimal import Decimal

from tests.desk import Desk

from leadyard.campaigns.limits import AmountCaps
from leadyard.campaigns.model import Caps
from leadyard.identity.actor import Actor
from leadyard.leads.after_sale.model import Ask
from leadyard.leads.model import SaleStatus
from leadyard.ledger.credit.model import CreditMode, CreditTerms
from leadyard.ledger.credit.service import Credit

PRICE = 12_500_000
CAPS = Caps(total=2, revenue=AmountCaps(total=Decimal(40)))


async def prepaid(desk: Desk, amount: str) -> int:
    buyer_id = await desk.buyer(credit=CreditTerms(mode=CreditMode.PREPAID))
    credit = Credit(desk.database, desk.configuration, desk.ledger)
    await credit.add(Actor(desk.account_id, "test"), buyer_id, Decimal(amount))
    return buyer_id


async def spent(desk: Desk) -> dict[int, tuple[int, int]]:
    """What each buyer has spent, and what is reserved."""
    return {row["buyer_id"]: (row["spent"], row["reserved"]) for row in await desk.rows("buyer_credit")}


async def used(desk: Desk, delivery_id: int) -> list[int]:
    rows = await desk.rows("cap_counters")
    return sorted(row["used"] for row in rows if row["owner_id"] == delivery_id)


async def test_a_return_gives_caps_and_credit_back_once(desk: Desk) -> None:
    campaign, buyer = await desk.campaign(), await prepaid(desk, "30")
    delivery = await desk.delivery(campaign.id, buyer, caps=CAPS)
    first, second = await desk.sold(1, 2)
    assert await spent(desk) == {buyer: (2 * PRICE, 0)}
    asked = Ask(buyer, "DNCC", True)
    done = await desk.after_sale.return_leads(desk.principal, [first], asked)
    assert done == {first: ""}
    assert await desk.after_sale.return_leads(desk.principal, [first], asked) == {first: "Already returned"}
    assert await spent(desk) == {buyer: (PRICE, 0)}
    assert await used(desk, delivery.id) == [1, PRICE]
    (view,) = [await desk.view(first)]
    assert (view.lead.sale_status, view.lead.revenue) == (SaleStatus.RETURNED, 0)
    (made,) = await desk.after_sale.returns(desk.principal)
    assert made.revenue == PRICE
    assert await desk.differences() == []
    (third,) = await desk.sold(3)
    assert (await desk.view(third)).lead.sale_status is SaleStatus.SOLD
    assert (await desk.view(second)).lead.sale_status is SaleStatus.SOLD
    assert await desk.differences() == []


async def test_assigning_by_hand_moves_caps_and_credit_from_buyer_to_buyer(desk: Desk) -> None:
    campaign, old, new = await desk.campaign(), await prepaid(desk, "30"), await prepaid(desk, "30")
    left = await desk.delivery(campaign.id, old, caps=CAPS, priority=1)
    right = await desk.delivery(campaign.id, new, caps=CAPS, priority=2)
    (lead_id,) = await desk.sold(1)
    assert await desk.after_sale.assign(desk.principal, [lead_id], right.id) == {lead_id: ""}
    assert await spent(desk) == {old: (0, 0), new: (PRICE, 0)}
    assert await used(desk, left.id) == [0, 0]
    assert await used(desk, right.id) == [1, PRICE]
    assert await desk.differences() == []
    asked = Ask(new, "DNCC", True)
    assert await desk.after_sale.return_leads(desk.principal, [lead_id], asked) == {lead_id: ""}
    assert await spent(desk) == {old: (0, 0), new: (0, 0)}
    assert await used(desk, right.id) == [0, 0]
    assert await desk.differences() == []


async def test_what_a_person_assigns_may_go_beyond_caps_and_credit(desk: Desk) -> None:
    campaign, buyer = await desk.campaign(), await prepaid(desk, "20")
    delivery = await desk.delivery(campaign.id, buyer, caps=Caps(total=1))
    leads = await desk.sold(1, 2)
    statuses = {(await desk.view(lead)).lead.sale_status: lead for lead in leads}
    unsold = statuses[SaleStatus.UNSOLD]
    assert await desk.after_sale.assign(desk.principal, [unsold], delivery.id) == {unsold: ""}
    assert await used(desk, delivery.id) == [2]
    ((taken, reserved),) = (await spent(desk)).values()
    assert (taken, reserved) == (20_000_000, 0)
    assert await desk.differences() == []
