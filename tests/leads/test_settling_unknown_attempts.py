"""A buyer that may have taken a lead: a person says what became of it, and all that follows from it follows once."""

import asyncio

import pytest
from tests.delivery.buyers import Call, buyer
from tests.desk import Desk

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import Caps, UnknownPolicy
from leadyard.kit.errors import InvalidInputError
from leadyard.leads.model import AttemptState, SaleStatus, Standing


async def unclear(call: Call) -> None:
    """Take the lead, and hang up before answering."""


async def unknown_lead(desk: Desk, **settings: object) -> int:
    """A lead whose only attempt so far is unknown, and whose next delivery would accept."""
    campaign = await desk.campaign()
    async with buyer(unclear) as shop:
        await desk.delivery(campaign.id, await desk.buyer("First"), shop.url, priority=1, **settings)
        await desk.delivery(campaign.id, await desk.buyer("Second"), priority=2)
        (lead_id,) = await desk.sold(1)
    return lead_id


async def states(desk: Desk, lead_id: int) -> list[AttemptState]:
    return [attempt.state for attempt in (await desk.view(lead_id)).attempts]


async def test_an_accepted_attempt_becomes_a_sale_at_the_deliverys_price(desk: Desk) -> None:
    lead_id = await unknown_lead(desk)
    assert await states(desk, lead_id) == [AttemptState.UNKNOWN]
    assert await desk.leads.resolve_unknown(desk.principal, lead_id, 1, accepted=True) == ""
    view = await desk.view(lead_id)
    assert (view.lead.sale_status, view.lead.standing) == (SaleStatus.SOLD, Standing.APPROVED)
    assert (view.lead.revenue, view.lead.payout) == (12_500_000, 3_500_000)
    trace = view.attempts[0].trace
    assert trace is not None
    assert trace["settled_by"] == desk.principal.actor
    assert "request" in trace
    assert [event.event for event in view.events][-1] == "resolved"
    await desk.work()
    assert await states(desk, lead_id) == [AttemptState.SOLD]
    assert await desk.differences() == []


async def test_the_price_that_the_buyer_tells_counts(desk: Desk) -> None:
    lead_id = await unknown_lead(desk)
    done = await desk.leads.resolve_unknown(desk.principal, lead_id, 1, accepted=True, revenue=7_000_000)
    assert done == ""
    assert (await desk.view(lead_id)).lead.revenue == 7_000_000
    assert await desk.differences() == []


async def test_a_rejected_attempt_gives_its_cap_back_and_the_lead_goes_on(desk: Desk) -> None:
    lead_id = await unknown_lead(desk, caps=Caps(total=1))
    assert [row["used"] for row in await desk.rows("cap_counters")] == [1]
    assert await desk.leads.resolve_unknown(desk.principal, lead_id, 1, accepted=False) == ""
    assert [row["used"] for row in await desk.rows("cap_counters")] == [0]
    await desk.work()
    assert await states(desk, lead_id) == [AttemptState.REJECTED, AttemptState.SOLD]
    assert (await desk.view(lead_id)).lead.sale_status is SaleStatus.SOLD
    assert await desk.differences() == []


async def test_a_lead_that_went_on_meanwhile_is_sold_to_both_and_paid_for_once(desk: Desk) -> None:
    lead_id = await unknown_lead(desk, when_unknown=UnknownPolicy.NEXT)
    assert await states(desk, lead_id) == [AttemptState.UNKNOWN, AttemptState.SOLD]
    assert await desk.leads.resolve_unknown(desk.principal, lead_id, 1, accepted=True) == ""
    lead = (await desk.view(lead_id)).lead
    assert (lead.revenue, lead.payout) == (25_000_000, 3_500_000)
    assert await desk.rows("delivery_jobs") == []
    assert await desk.differences() == []


async def test_a_rejection_of_a_lead_that_was_sold_meanwhile_queues_nothing(desk: Desk) -> None:
    lead_id = await unknown_lead(desk, when_unknown=UnknownPolicy.NEXT)
    assert await desk.leads.resolve_unknown(desk.principal, lead_id, 1, accepted=False) == ""
    assert await desk.rows("delivery_jobs") == []
    assert await desk.differences() == []


async def test_of_many_answers_at_once_one_counts(desk: Desk) -> None:
    lead_id = await unknown_lead(desk)
    answers = await asyncio.gather(
        *(desk.leads.resolve_unknown(desk.principal, lead_id, 1, accepted=n % 2 == 0) for n in range(12))
    )
    assert sorted(answers) == ["", *["Attempt not unknown"] * 11]
    await desk.work()
    assert await desk.differences() == []


async def test_attempts_that_are_not_unknown_are_refused(desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer())
    (lead_id,) = await desk.sold(1)
    resolve = desk.leads.resolve_unknown
    for number in (1, 2, 0, -1, 2**40):
        assert await resolve(desk.principal, lead_id, number, accepted=True) == "Attempt not unknown"
    for missing in (999, 2**70):
        assert await resolve(desk.principal, missing, 1, accepted=True) == "Lead not found"
    other = await setup.suppliers.create(desk.database, desk.actor, {"name": "Other", "sid": "2"})
    key = await desk.supplier_key(other.id)
    assert await resolve(key, lead_id, 1, accepted=True) == "Lead not found"
    assert (await desk.view(lead_id)).lead.revenue == 12_500_000


@pytest.mark.parametrize(("accepted", "revenue"), [(True, -1), (True, 10**16), (False, 1)])
async def test_a_price_that_cannot_be_booked_is_refused(desk: Desk, accepted: bool, revenue: int) -> None:
    lead_id = await unknown_lead(desk)
    with pytest.raises(InvalidInputError):
        await desk.leads.resolve_unknown(desk.principal, lead_id, 1, accepted=accepted, revenue=revenue)
    assert await states(desk, lead_id) == [AttemptState.UNKNOWN]


async def test_a_rejection_in_a_later_pass_goes_on_with_that_pass(desk: Desk) -> None:
    """The second pass asks the first buyer, who is unclear; rejected, the lead goes to the second buyer again."""
    campaign = await desk.campaign()
    mood = ["no"]

    async def moody(call: Call) -> None:
        if mood[0] != "unclear":
            await call.answer('{"status":"no"}')

    async def refuse(call: Call) -> None:
        await call.answer('{"status":"no"}')

    async with buyer(moody) as first, buyer(refuse) as second:
        await desk.delivery(campaign.id, await desk.buyer("First"), first.url, priority=1)
        await desk.delivery(campaign.id, await desk.buyer("Second"), second.url, priority=2)
        (lead_id,) = await desk.sold(1)
        mood[0] = "unclear"
        await desk.leads.reprocess(desk.principal, [lead_id])
        await desk.work()
        assert await states(desk, lead_id) == [AttemptState.REJECTED] * 2 + [AttemptState.UNKNOWN]
        assert await desk.leads.resolve_unknown(desk.principal, lead_id, 3, accepted=False) == ""
        await desk.work()
        assert (len(first.calls), len(second.calls)) == (2, 2)
    assert await states(desk, lead_id) == [AttemptState.REJECTED] * 4
    assert (await desk.view(lead_id)).lead.sale_status is SaleStatus.UNSOLD
    assert await desk.differences() == []
