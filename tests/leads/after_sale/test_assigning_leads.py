"""A lead given to a buyer by hand: it is sold at the delivery's revenue, and nobody else is charged for it."""

import asyncio
from decimal import Decimal

from tests.delivery.buyers import Call, buyer
from tests.desk import Desk

from leadyard.campaigns.model import AcceptOn, Caps, Trigger
from leadyard.leads.after_sale.model import Ask
from leadyard.leads.model import AttemptState, SaleStatus, Standing
from leadyard.leads.views import DeliveryStatus
from leadyard.ledger.model import Book
from leadyard.ledger.service import balance


async def owed(desk: Desk, book: Book, party_id: int) -> int:
    async with desk.database.connection() as connection:
        return await balance(connection, desk.account_id, book, party_id, "GBP")


async def test_an_unsold_lead_becomes_sold_without_being_sent(desk: Desk) -> None:
    campaign = await desk.campaign()
    (lead_id,) = await desk.sold(1)
    async with buyer(lambda call: call.answer("")) as shop:
        new = await desk.buyer()
        settings = {"trigger": Trigger.MANUAL, "caps": Caps(day=1), "revenue": Decimal(9)}
        delivery = await desk.delivery(campaign.id, new, shop.url, **settings)
        assert await desk.after_sale.assign(desk.principal, [lead_id], delivery.id) == {lead_id: ""}
        assert shop.calls == []
    view = await desk.view(lead_id)
    assert (view.lead.sale_status, view.lead.standing) == (SaleStatus.ASSIGNED, Standing.APPROVED)
    assert (view.lead.revenue, view.lead.payout) == (9_000_000, 3_500_000)
    assert (view.attempts[-1].state, view.delivery_status) == (AttemptState.ASSIGNED, DeliveryStatus.FULL)
    assert view.events[-1].event == "assigned"
    assert view.events[-1].actor.startswith("key ")
    assert await owed(desk, Book.BUYER, new) == 9_000_000
    assert [row["used"] for row in await desk.rows("cap_counters")] == [1]
    assert await desk.differences() == []


async def test_a_sale_of_the_same_delivery_becomes_one_by_hand_at_its_price(desk: Desk) -> None:
    campaign = await desk.campaign()
    caps = Caps(day=5)
    delivery = await desk.delivery(campaign.id, await desk.buyer(), revenue=Decimal(9), caps=caps)
    (lead_id,) = await desk.sold(1)
    assert await desk.after_sale.assign(desk.principal, [lead_id], delivery.id) == {lead_id: ""}
    view = await desk.view(lead_id)
    assert (view.lead.sale_status, view.lead.revenue) == (SaleStatus.ASSIGNED, 9_000_000)
    assert (view.attempts[-1].state, view.delivery_status) == (AttemptState.ASSIGNED, DeliveryStatus.FULL)
    assert await owed(desk, Book.BUYER, delivery.buyer_id) == 9_000_000
    assert [row["used"] for row in await desk.rows("cap_counters")] == [1]
    assert await desk.differences() == []
    again = await desk.after_sale.assign(desk.principal, [lead_id], delivery.id)
    assert again == {lead_id: "Already assigned to this delivery"}


async def test_a_cap_counts_what_is_assigned_but_does_not_refuse_it(desk: Desk) -> None:
    campaign = await desk.campaign()
    ids = await desk.sold(1, 2)
    delivery = await desk.delivery(campaign.id, await desk.buyer(caps=Caps(day=1)))
    assert await desk.after_sale.assign(desk.principal, ids, delivery.id) == dict.fromkeys(ids, "")
    assert [row["used"] for row in await desk.rows("cap_counters")] == [2]
    (third,) = await desk.sold(3)
    assert (await desk.view(third)).lead.sale_status is SaleStatus.UNSOLD


async def test_a_lead_that_waits_for_its_sale_is_taken_out_of_the_distribution(desk: Desk) -> None:
    campaign = await desk.campaign()
    first, second = await desk.buyer("First"), await desk.buyer("Second")
    await desk.delivery(campaign.id, first)
    by_hand = await desk.delivery(campaign.id, second, trigger=Trigger.MANUAL)
    (lead_id,) = await desk.submitted(1)
    await desk.after_sale.assign(desk.principal, [lead_id], by_hand.id)
    await desk.work()
    view = await desk.view(lead_id)
    assert [(a.buyer_id, a.state) for a in view.attempts] == [(second, AttemptState.ASSIGNED)]
    assert await desk.differences() == []


async def test_a_lead_that_a_worker_has_in_hand_is_not_assigned(desk: Desk) -> None:
    campaign = await desk.campaign()
    asked = asyncio.Event()
    go_on = asyncio.Event()

    async def slowly(call: Call) -> None:
        asked.set()
        await go_on.wait()
        await call.answer('{"status": "accepted"}')

    async with buyer(slowly) as shop:
        await desk.delivery(campaign.id, await desk.buyer("Slow"), shop.url)
        by_hand = await desk.delivery(campaign.id, await desk.buyer("Other"), trigger=Trigger.MANUAL)
        (lead_id,) = await desk.submitted(1)
        async with desk.working(desk.dsn, desk.settings):
            await asked.wait()
            done = await desk.after_sale.assign(desk.principal, [lead_id], by_hand.id)
            go_on.set()
            await desk.until_idle()
    assert done == {lead_id: "The lead is being delivered just now, try again"}
    assert (await desk.view(lead_id)).lead.sale_status is SaleStatus.SOLD
    assert await desk.differences() == []


async def test_a_sold_lead_goes_to_another_buyer_without_a_return(desk: Desk) -> None:
    campaign = await desk.campaign()
    first, second = await desk.buyer("First"), await desk.buyer("Second")
    await desk.delivery(campaign.id, first)
    by_hand = await desk.delivery(campaign.id, second, trigger=Trigger.MANUAL, revenue=Decimal(20))
    (lead_id,) = await desk.sold(1)
    await desk.leads.change_financials(desk.principal, [lead_id], revenue=15_000_000, payout=1)
    await desk.after_sale.assign(desk.principal, [lead_id], by_hand.id)
    view = await desk.view(lead_id)
    assert [a.state for a in view.attempts] == [AttemptState.REASSIGNED, AttemptState.ASSIGNED]
    assert (view.lead.revenue, view.lead.payout) == (20_000_000, 3_500_000)
    assert await owed(desk, Book.BUYER, first) == 0
    assert await owed(desk, Book.BUYER, second) == 20_000_000
    assert sum(row["returned"] for row in await desk.rows("lead_deltas")) == 0
    assert sum(row["returned"] for row in await desk.rows("buyer_deltas")) == 0
    assert await desk.differences() == []
    again = await desk.after_sale.assign(desk.principal, [lead_id], by_hand.id)
    assert again == {lead_id: "Already assigned to this delivery"}
    await desk.after_sale.return_leads(desk.principal, [lead_id], Ask(second, "DNCC", True))
    assert (await desk.view(lead_id)).lead.revenue == 0
    assert await desk.differences() == []


async def test_a_returned_lead_can_be_assigned_and_its_supplier_is_owed_again(desk: Desk) -> None:
    for number, accept_on in enumerate(AcceptOn, 1):
        campaign = await desk.campaign(f"C{number}", accept_on=accept_on)
        first = await desk.buyer("First")
        await desk.delivery(campaign.id, first)
        by_hand = await desk.delivery(campaign.id, first, trigger=Trigger.MANUAL)
        (lead_id,) = await desk.sold(number, campaign=f"C{number}")
        await desk.after_sale.return_leads(desk.principal, [lead_id], Ask(first, "DNCC", True))
        assert (await desk.view(lead_id)).lead.payout == 0
        await desk.after_sale.assign(desk.principal, [lead_id], by_hand.id)
        lead = (await desk.view(lead_id)).lead
        assert (lead.sale_status, lead.payout) == (SaleStatus.ASSIGNED, 3_500_000)
        assert await desk.differences() == []


async def test_of_many_that_assign_at_once_one_does(desk: Desk) -> None:
    campaign = await desk.campaign()
    delivery = await desk.delivery(campaign.id, await desk.buyer(), trigger=Trigger.MANUAL)
    (lead_id,) = await desk.sold(1)
    answers = await asyncio.gather(
        *(desk.after_sale.assign(desk.principal, [lead_id], delivery.id) for _ in range(8))
    )
    assert sorted(a[lead_id] for a in answers) == ["", *["Already assigned to this delivery"] * 7]
    assert (await desk.view(lead_id)).lead.revenue == 12_500_000
    assert await desk.differences() == []


async def test_what_cannot_be_assigned_has_its_reason(desk: Desk) -> None:
    campaign = await desk.campaign()
    other = await desk.campaign("OTHER")
    here = await desk.delivery(campaign.id, await desk.buyer(), trigger=Trigger.MANUAL)
    there = await desk.delivery(other.id, await desk.buyer(), trigger=Trigger.MANUAL)
    (lead_id,) = await desk.sold(1)
    (test,) = await desk.submitted(2, is_test=True)
    assign = desk.after_sale.assign
    assert await assign(desk.principal, [test, 999, 2**70], here.id) == dict.fromkeys(
        (test, 999, 2**70), "Lead not found"
    )
    assert (await assign(desk.principal, [lead_id], 999))[lead_id] == "Delivery not found"
    assert (await assign(desk.principal, [lead_id], there.id))[
        lead_id
    ] == "The delivery belongs to another campaign"
    assert (await desk.view(lead_id)).lead.sale_status is SaleStatus.UNSOLD
