"""Queueing leads again: for deliveries triggered by hand, and for another pass of the distribution."""

import asyncio

from tests.delivery.buyers import Call, buyer
from tests.desk import Desk

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import Trigger
from leadyard.leads.model import AttemptState, SaleStatus


class Moods:
    """A buyer's answers: refuses until it is told to accept."""

    def __init__(self) -> None:
        self.accepts = False

    async def __call__(self, call: Call) -> None:
        await call.answer('{"status":"accepted"}' if self.accepts else '{"status":"no"}')


async def states(desk: Desk, lead_id: int) -> list[tuple[int, AttemptState]]:
    return [(a.delivery_id, a.state) for a in (await desk.view(lead_id)).attempts]


async def test_a_triggered_delivery_turns_an_unsold_lead_into_a_sold_one_once(desk: Desk) -> None:
    campaign = await desk.campaign()
    delivery = await desk.delivery(campaign.id, await desk.buyer(), trigger=Trigger.MANUAL)
    (lead_id,) = await desk.sold(1)
    assert (await desk.view(lead_id)).lead.sale_status is SaleStatus.UNSOLD
    assert await desk.leads.trigger(desk.principal, lead_id, [delivery.id]) == {delivery.id: ""}
    assert await desk.leads.trigger(desk.principal, lead_id, [delivery.id, delivery.id]) == {delivery.id: ""}
    await desk.work()
    view = await desk.view(lead_id)
    assert view.lead.sale_status is SaleStatus.SOLD
    assert (view.lead.revenue, view.lead.payout) == (12_500_000, 3_500_000)
    assert "triggered" in [event.event for event in view.events]
    again = await desk.leads.trigger(desk.principal, lead_id, [delivery.id])
    assert again == {delivery.id: "Already sold to this delivery"}
    assert await desk.rows("delivery_jobs") == []
    assert await desk.differences() == []


async def test_deliveries_that_are_not_for_triggering_are_refused_by_name(desk: Desk) -> None:
    campaign, other = await desk.campaign(), await desk.campaign("VANS")
    bought_by = await desk.buyer()
    automatic = await desk.delivery(campaign.id, bought_by)
    switched_off = await desk.delivery(campaign.id, bought_by, trigger=Trigger.MANUAL)
    elsewhere = await desk.delivery(other.id, bought_by, trigger=Trigger.MANUAL)
    await setup.deliveries.update(desk.database, desk.actor, switched_off.id, {"status": "Inactive"})
    (lead_id,) = await desk.sold(1)
    asked = [automatic.id, switched_off.id, elsewhere.id, 999, 2**70]
    refused = {id_: f"Delivery {id_} cannot be triggered" for id_ in asked}
    assert await desk.leads.trigger(desk.principal, lead_id, asked) == refused
    assert await desk.rows("delivery_jobs") == []


async def test_a_refused_lead_and_a_test_are_neither_triggered_nor_processed_again(desk: Desk) -> None:
    campaign = await desk.campaign()
    delivery = await desk.delivery(campaign.id, await desk.buyer(), trigger=Trigger.MANUAL)
    (refused,) = await desk.submitted(1, values={"email": "x"})
    (test,) = await desk.submitted(2, is_test=True)
    wanted = {
        **dict.fromkeys((refused, 999, 2**70), "Lead not found"),
        test: "Test leads are not delivered",
    }
    for lead_id, reason in wanted.items():
        assert await desk.leads.trigger(desk.principal, lead_id, [delivery.id]) == {delivery.id: reason}
    assert await desk.leads.reprocess(desk.principal, list(wanted)) == wanted
    assert await desk.rows("delivery_jobs") == []


async def test_processing_again_asks_the_buyers_afresh_and_sells_once(desk: Desk) -> None:
    campaign, mood = await desk.campaign(), Moods()
    async with buyer(mood) as shop:
        delivery = await desk.delivery(campaign.id, await desk.buyer(), shop.url)
        (lead_id,) = await desk.sold(1)
        assert await states(desk, lead_id) == [(delivery.id, AttemptState.REJECTED)]
        mood.accepts = True
        answers = await asyncio.gather(*(desk.leads.reprocess(desk.principal, [lead_id]) for _ in range(8)))
        assert all(answer == {lead_id: ""} for answer in answers)
        await desk.work()
        assert len(shop.calls) == 2
        await desk.leads.reprocess(desk.principal, [lead_id])
        await desk.work()
        assert len(shop.calls) == 2
    view = await desk.view(lead_id)
    assert [a.state for a in view.attempts] == [AttemptState.REJECTED, AttemptState.SOLD]
    assert (view.lead.sale_status, view.lead.revenue) == (SaleStatus.SOLD, 12_500_000)
    assert await desk.differences() == []


async def test_good_leads_are_queued_although_others_of_the_list_are_not_there(desk: Desk) -> None:
    await desk.campaign()
    one, two = await desk.sold(1, 2)
    assert await desk.leads.reprocess(desk.principal, [two, 999, one]) == {
        two: "",
        999: "Lead not found",
        one: "",
    }
    assert [(job["lead_id"], job["delivery_id"]) for job in await desk.rows("delivery_jobs")] == [
        (one, 0),
        (two, 0),
    ]
    await desk.work()
    assert await desk.differences() == []


async def test_a_supplier_key_reaches_only_its_own_leads(desk: Desk) -> None:
    campaign = await desk.campaign()
    delivery = await desk.delivery(campaign.id, await desk.buyer(), trigger=Trigger.MANUAL)
    (lead_id,) = await desk.sold(1)
    other = await setup.suppliers.create(desk.database, desk.actor, {"name": "Other", "sid": "2"})
    key = await desk.supplier_key(other.id)
    assert await desk.leads.reprocess(key, [lead_id]) == {lead_id: "Lead not found"}
    assert await desk.leads.trigger(key, lead_id, [delivery.id]) == {delivery.id: "Lead not found"}
    assert await desk.leads.reprocess(await desk.supplier_key(1), [lead_id]) == {lead_id: ""}
