"""A lead that a buyer gives back: the sale, the money, the counts and the history follow, once."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import time_machine
from tests.desk import Desk

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import AcceptOn, Payout, PayoutKind, Trigger
from leadyard.campaigns.returns import ReturnPeriod, ReturnPolicy
from leadyard.kit.errors import NotFoundError
from leadyard.leads.after_sale.model import Ask, ReturnState
from leadyard.leads.model import AttemptState, SaleStatus, Standing
from leadyard.ledger.model import Book
from leadyard.ledger.service import balance


def ask(buyer_id: int, reason: str = "DNCC", *, reverse_payout: bool = True) -> Ask:
    return Ask(buyer_id, reason, reverse_payout)


async def owed(desk: Desk, book: Book, party_id: int) -> int:
    async with desk.database.connection() as connection:
        return await balance(connection, desk.account_id, book, party_id, "GBP")


async def sold_lead(desk: Desk, number: int = 1, **campaign: Any) -> tuple[int, int]:
    """A sold lead and its buyer."""
    made = await desk.campaign(**campaign)
    buyer = await desk.buyer()
    await desk.delivery(made.id, buyer)
    (lead_id,) = await desk.sold(number)
    return lead_id, buyer


async def test_a_return_takes_back_revenue_and_payout_everywhere(desk: Desk) -> None:
    lead_id, buyer = await sold_lead(desk)
    assert await desk.after_sale.return_leads(desk.principal, [lead_id], ask(buyer)) == {lead_id: ""}
    view = await desk.view(lead_id)
    assert (view.lead.sale_status, view.lead.standing) == (SaleStatus.RETURNED, Standing.RETURNED)
    assert (view.lead.payout, view.lead.revenue) == (0, 0)
    assert [attempt.state for attempt in view.attempts] == [AttemptState.RETURNED]
    assert [e.event for e in view.events][-2:] == ["sold", "returned"]
    assert view.events[-1].detail == f"buyer {buyer}: DNCC"
    assert await owed(desk, Book.BUYER, buyer) == 0
    assert await owed(desk, Book.SUPPLIER, 1) == 0
    (made,) = await desk.after_sale.returns(desk.principal)
    assert (made.state, made.revenue, made.payout) == (ReturnState.RETURNED, 12_500_000, 3_500_000)
    assert await desk.differences() == []


async def test_a_payout_that_is_not_reversed_stays_with_the_supplier(desk: Desk) -> None:
    lead_id, buyer = await sold_lead(desk)
    await desk.after_sale.return_leads(desk.principal, [lead_id], ask(buyer, reverse_payout=False))
    lead = (await desk.view(lead_id)).lead
    assert (lead.payout, lead.revenue, lead.sale_status) == (3_500_000, 0, SaleStatus.RETURNED)
    assert await owed(desk, Book.SUPPLIER, 1) == -3_500_000
    assert await desk.differences() == []


async def test_a_return_counts_once_however_many_ask_at_once(desk: Desk) -> None:
    lead_id, buyer = await sold_lead(desk)
    answers = await asyncio.gather(
        *(desk.after_sale.return_leads(desk.principal, [lead_id], ask(buyer)) for _ in range(10))
    )
    texts = sorted(answer[lead_id] for answer in answers)
    assert texts == ["", *["Already returned"] * 9]
    assert await owed(desk, Book.BUYER, buyer) == 0
    deltas = await desk.rows("lead_deltas")
    assert sum(row["returned"] for row in deltas) == 1
    assert sum(row["returned"] for row in await desk.rows("buyer_deltas")) == 1
    assert await desk.differences() == []


async def test_a_shared_sale_gives_back_one_buyers_revenue_until_none_is_left(desk: Desk) -> None:
    campaign = await desk.campaign()
    first, second = await desk.buyer("First"), await desk.buyer("Second")
    await desk.delivery(campaign.id, first)
    by_hand = await desk.delivery(campaign.id, second, trigger=Trigger.MANUAL, revenue=Decimal(4))
    (lead_id,) = await desk.sold(1)
    await desk.leads.trigger(desk.principal, lead_id, [by_hand.id])
    await desk.work()
    assert (await desk.view(lead_id)).lead.revenue == 16_500_000
    await desk.after_sale.return_leads(desk.principal, [lead_id], ask(first))
    lead = (await desk.view(lead_id)).lead
    assert (lead.sale_status, lead.revenue, lead.payout) == (SaleStatus.SOLD, 4_000_000, 3_500_000)
    assert await desk.differences() == []
    assert await desk.after_sale.return_leads(desk.principal, [lead_id], ask(first)) == {
        lead_id: "Already returned"
    }
    await desk.after_sale.return_leads(desk.principal, [lead_id], ask(second))
    lead = (await desk.view(lead_id)).lead
    assert (lead.sale_status, lead.revenue, lead.payout) == (SaleStatus.RETURNED, 0, 0)
    assert await desk.differences() == []


async def test_what_a_financial_update_booked_goes_back_with_the_last_sale(desk: Desk) -> None:
    lead_id, buyer = await sold_lead(desk)
    other = await desk.buyer("Other")
    change = desk.leads.change_financials
    await change(desk.principal, [lead_id], revenue=20_000_000, payout=5_000_000)
    await change(desk.principal, [lead_id], revenue=23_000_000, buyer_id=other)
    await change(desk.principal, [lead_id], revenue=22_000_000)
    assert await owed(desk, Book.BUYER, buyer) == 19_000_000
    await desk.after_sale.return_leads(desk.principal, [lead_id], ask(buyer))
    assert await owed(desk, Book.BUYER, buyer) == 0
    assert await owed(desk, Book.BUYER, other) == 0
    assert (await desk.view(lead_id)).lead.payout == 0
    assert await desk.differences() == []


async def test_on_system_accept_the_payout_of_a_valid_lead_goes_back(desk: Desk) -> None:
    lead_id, buyer = await sold_lead(desk, accept_on=AcceptOn.SYSTEM)
    assert await owed(desk, Book.SUPPLIER, 1) == -3_500_000
    await desk.after_sale.return_leads(desk.principal, [lead_id], ask(buyer))
    assert await owed(desk, Book.SUPPLIER, 1) == 0
    assert await desk.differences() == []


async def test_a_returned_lead_can_be_sold_to_another_buyer_and_pays_its_supplier_once(desk: Desk) -> None:
    percent = Payout(kind=PayoutKind.PERCENT, amount=Decimal(20))
    lead_id, buyer = await sold_lead(desk, payout=percent)
    await desk.after_sale.return_leads(desk.principal, [lead_id], ask(buyer, reverse_payout=False))
    await desk.delivery(1, await desk.buyer("Next"), revenue=Decimal(5))
    await desk.leads.reprocess(desk.principal, [lead_id])
    await desk.work()
    lead = (await desk.view(lead_id)).lead
    assert (lead.sale_status, lead.revenue, lead.payout) == (SaleStatus.SOLD, 5_000_000, 2_500_000)
    assert await desk.differences() == []


async def test_on_system_accept_a_payout_that_went_back_is_owed_again_by_the_next_sale(desk: Desk) -> None:
    lead_id, buyer = await sold_lead(desk, accept_on=AcceptOn.SYSTEM)
    await desk.after_sale.return_leads(desk.principal, [lead_id], ask(buyer))
    await desk.delivery(1, await desk.buyer("Next"))
    await desk.leads.reprocess(desk.principal, [lead_id])
    await desk.work()
    lead = (await desk.view(lead_id)).lead
    assert (lead.sale_status, lead.payout) == (SaleStatus.SOLD, 3_500_000)
    assert await desk.differences() == []


async def test_each_lead_that_cannot_be_returned_has_its_reason(desk: Desk) -> None:
    lead_id, buyer = await sold_lead(desk)
    other = await desk.buyer("Other")
    (test,) = await desk.submitted(2, is_test=True)
    (refused,) = await desk.submitted(3, values={"email": "x"})
    (open_,) = await desk.submitted(4)
    asked = [lead_id, test, refused, open_, 999, 2**70]
    back = desk.after_sale.return_leads
    assert await back(desk.principal, asked, ask(other)) == {
        lead_id: "Lead was not sold to this buyer",
        test: "Lead is not approved",
        refused: "Lead not found",
        open_: "Lead is not approved",
        999: "Lead not found",
        2**70: "Lead not found",
    }
    assert await back(desk.principal, [lead_id], ask(buyer, "XYZ")) == {lead_id: "Return reason is not known"}
    assert await back(desk.as_buyer(other), [lead_id], ask(other)) == {lead_id: "Lead not found"}
    assert await desk.rows("lead_returns") == []
    assert await desk.differences() == []


async def test_a_reason_of_the_account_can_be_used_and_a_usual_one_switched_off(desk: Desk) -> None:
    lead_id, buyer = await sold_lead(desk)
    new = {"code": "TPS", "label": "On the TPS list"}
    await setup.return_reasons.create(desk.database, desk.actor, new)
    await setup.return_reasons.create(
        desk.database, desk.actor, {"code": "DNCC", "label": "Off", "status": "Inactive"}
    )
    back = desk.after_sale.return_leads
    assert (await back(desk.principal, [lead_id], ask(buyer)))[lead_id] == "Return reason is not known"
    assert (await back(desk.principal, [lead_id], ask(buyer, "tps")))[lead_id] == ""
    assert [made.reason for made in await desk.after_sale.returns(desk.principal)] == ["TPS"]


async def limit(desk: Desk, buyer: int, policy: ReturnPolicy) -> None:
    patch = {"settings": {"returns": msgspec.to_builtins(policy)}}
    await setup.buyers.update(desk.database, desk.actor, buyer, patch)


@pytest.mark.parametrize("policy", [ReturnPolicy(most=2), ReturnPolicy(most_percent=50)])
async def test_no_more_is_returned_than_the_buyer_may(desk: Desk, policy: ReturnPolicy) -> None:
    campaign = await desk.campaign()
    buyer = await desk.buyer()
    await desk.delivery(campaign.id, buyer)
    ids = await desk.sold(1, 2, 3, 4)
    await limit(desk, buyer, policy)
    back = desk.after_sale.return_leads
    answers = await asyncio.gather(*(back(desk.principal, [lead_id], ask(buyer)) for lead_id in ids))
    texts = sorted(text for answer in answers for text in answer.values())
    assert texts == ["", "", "Return limit reached", "Return limit reached"]
    assert await desk.differences() == []


async def test_a_deliverys_limit_counts_its_own_leads_and_a_batch_counts_itself(desk: Desk) -> None:
    campaign = await desk.campaign()
    buyer = await desk.buyer()
    await desk.delivery(campaign.id, buyer, returns=ReturnPolicy(most=1, period=ReturnPeriod.EVER))
    ids = await desk.sold(1, 2)
    done = await desk.after_sale.return_leads(desk.principal, ids, ask(buyer))
    assert list(done.values()) == ["", "Return limit reached"]


async def test_a_new_period_has_a_limit_of_its_own(desk: Desk) -> None:
    campaign = await desk.campaign()
    buyer = await desk.buyer(returns=ReturnPolicy(most=1, period=ReturnPeriod.DAY))
    await desk.delivery(campaign.id, buyer)
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)
    ids: list[int] = []
    for day in (0, 0, 1):
        with time_machine.travel(start + timedelta(days=day), tick=True):
            ids += await desk.sold(len(ids) + 1)
    done = await desk.after_sale.return_leads(desk.principal, ids, ask(buyer))
    assert list(done.values()) == ["", "Return limit reached", ""]


async def test_a_sale_of_long_ago_cannot_be_returned(desk: Desk) -> None:
    campaign = await desk.campaign()
    buyer = await desk.buyer(returns=ReturnPolicy(longest_days=7))
    await desk.delivery(campaign.id, buyer)
    with time_machine.travel(datetime.now(UTC) - timedelta(days=8), tick=True):
        (old,) = await desk.sold(1)
    (fresh,) = await desk.sold(2)
    done = await desk.after_sale.return_leads(desk.principal, [old, fresh], ask(buyer))
    assert done == {old: "The sale is too long ago to be returned", fresh: ""}


async def test_webhooks_are_told_of_returns_that_wait_and_of_what_is_decided(desk: Desk) -> None:
    campaign = await desk.campaign()
    buyer = await desk.buyer(returns=ReturnPolicy(needs_approval=True))
    await desk.delivery(campaign.id, buyer)
    await desk.hook("return.asked", "return.refused", "lead.returned", campaign_ids=[campaign.id])
    await desk.hook("return.asked", campaign_ids=[(await desk.campaign("OTHER")).id])
    good, bad = await desk.sold(1, 2)
    do = desk.after_sale
    await do.return_leads(desk.principal, [good, bad], ask(buyer))
    by_lead = {one.lead_id: one.id for one in await do.returns(desk.principal)}
    await do.approve_return(desk.principal, by_lead[good])
    for _ in range(2):
        await do.refuse_return(desk.principal, by_lead[bad])

    told = {"campaign_id": campaign.id, "supplier_id": 1, "buyer_id": buyer, "reason": "DNCC"}
    asked = await desk.news("return.asked")
    assert sorted(asked, key=lambda one: int(one["return_id"])) == [
        {**told, "return_id": return_id} for return_id in sorted(by_lead.values())
    ]
    assert await desk.news("return.refused") == [{**told, "return_id": by_lead[bad]}]
    assert await desk.news("lead.returned") == [told]


async def test_returns_that_need_approval_wait_for_the_operator(desk: Desk) -> None:
    campaign = await desk.campaign()
    buyer = await desk.buyer(returns=ReturnPolicy(needs_approval=True))
    await desk.delivery(campaign.id, buyer)
    good, bad = await desk.sold(1, 2)
    do = desk.after_sale
    assert await do.return_leads(desk.principal, [good, bad], ask(buyer)) == {good: "", bad: ""}
    assert await do.return_leads(desk.principal, [good], ask(buyer)) == {good: "Return already queued"}
    assert (await desk.view(good)).lead.sale_status is SaleStatus.SOLD
    by_lead = {one.lead_id: one.id for one in await do.returns(desk.principal, state=ReturnState.PENDING)}
    answers = await asyncio.gather(*(do.approve_return(desk.principal, by_lead[good]) for _ in range(5)))
    assert sorted(answers) == ["", *["Already returned"] * 4]
    assert await do.refuse_return(desk.principal, by_lead[bad]) == ""
    assert await do.refuse_return(desk.principal, by_lead[bad]) == "Already returned"
    assert (await desk.view(good)).lead.sale_status is SaleStatus.RETURNED
    assert (await desk.view(bad)).lead.sale_status is SaleStatus.SOLD
    assert (await desk.view(bad)).events[-1].event == "return refused"
    assert await do.return_leads(desk.principal, [bad], ask(buyer)) == {bad: ""}
    assert await desk.differences() == []
    with pytest.raises(NotFoundError):
        await do.approve_return(desk.principal, 999)
    with pytest.raises(NotFoundError):
        await do.read_return(desk.as_buyer(buyer + 1), by_lead[good])
