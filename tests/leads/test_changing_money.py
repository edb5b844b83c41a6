"""Payout, revenue and costs changed by hand: the ledger and every report follow, and nothing is lost on the way."""

import asyncio
from decimal import Decimal

import pytest
from tests.desk import Desk

from leadyard.campaigns.model import AcceptOn
from leadyard.kit.errors import InvalidInputError
from leadyard.leads.model import SaleStatus
from leadyard.ledger.model import Book, EntryKind
from leadyard.ledger.service import balance


async def owed(desk: Desk, book: Book, party_id: int) -> int:
    async with desk.database.connection() as connection:
        return await balance(connection, desk.account_id, book, party_id, "GBP")


async def test_new_amounts_replace_the_old_ones_everywhere(desk: Desk) -> None:
    campaign = await desk.campaign()
    buyer = await desk.buyer()
    await desk.delivery(campaign.id, buyer)
    (lead_id,) = await desk.sold(1)
    done = await desk.leads.change_financials(desk.principal, [lead_id], payout=0, revenue=20_000_000)
    assert done == {lead_id: ""}
    lead = (await desk.view(lead_id)).lead
    assert (lead.payout, lead.revenue) == (0, 20_000_000)
    assert await owed(desk, Book.BUYER, buyer) == 20_000_000
    assert await owed(desk, Book.SUPPLIER, 1) == 0
    assert await desk.differences() == []
    await desk.leads.change_financials(desk.principal, [lead_id], revenue=1)
    lead = (await desk.view(lead_id)).lead
    assert (lead.payout, lead.revenue) == (0, 1)
    last = (await desk.view(lead_id)).events[-1]
    assert (last.event, last.detail) == ("financials changed", "payout 0, revenue 0.000001 GBP")
    assert await desk.differences() == []


async def test_the_buyer_named_is_charged_the_difference(desk: Desk) -> None:
    campaign = await desk.campaign()
    first, second = await desk.buyer("First"), await desk.buyer("Second")
    await desk.delivery(campaign.id, first)
    (lead_id,) = await desk.sold(1)
    await desk.leads.change_financials(desk.principal, [lead_id], revenue=15_000_000, buyer_id=second)
    assert await owed(desk, Book.BUYER, first) == 12_500_000
    assert await owed(desk, Book.BUYER, second) == 2_500_000
    assert await desk.differences() == []


async def test_leads_that_are_not_sold_keep_their_amounts(desk: Desk) -> None:
    await desk.campaign(accept_on=AcceptOn.SYSTEM)
    (unsold,) = await desk.sold(1)
    (pending,) = await desk.submitted(2)
    (test,) = await desk.submitted(3, is_test=True)
    (refused,) = await desk.submitted(4, values={"email": "x"})
    asked = [unsold, pending, test, refused, 999, 2**70]
    done = await desk.leads.change_financials(desk.principal, asked, payout=1)
    assert list(done) == asked
    assert done == {
        unsold: "Lead is not approved",
        pending: "Lead is not approved",
        test: "Lead is not approved",
        refused: "Lead not found",
        999: "Lead not found",
        2**70: "Lead not found",
    }
    assert (await desk.view(unsold)).lead.sale_status is SaleStatus.UNSOLD
    assert (await desk.view(unsold)).lead.payout == 3_500_000
    assert len(await desk.rows("ledger_entries")) == 2
    assert await desk.differences() == []


@pytest.mark.parametrize(
    "asked",
    [{}, {"buyer_id": 1}, {"payout": -1}, {"revenue": 10**16}, {"revenue": 1, "buyer_id": 999}],
)
async def test_a_change_that_makes_no_sense_is_refused_as_a_whole(desk: Desk, asked: dict[str, int]) -> None:
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer())
    (lead_id,) = await desk.sold(1)
    with pytest.raises(InvalidInputError):
        await desk.leads.change_financials(desk.principal, [lead_id], **asked)
    assert len(await desk.rows("ledger_entries")) == 1


async def test_changes_at_the_same_time_leave_the_last_amount_and_a_true_ledger(desk: Desk) -> None:
    campaign = await desk.campaign()
    buyer = await desk.buyer()
    await desk.delivery(campaign.id, buyer)
    ids = await desk.sold(1, 2, 3)
    amounts = range(1_000_000, 11_000_000, 1_000_000)
    await asyncio.gather(
        *(desk.leads.change_financials(desk.principal, ids[::step], revenue=amount, payout=amount // 2)
          for step, amount in zip([1, -1] * 5, amounts, strict=True))
    )  # fmt: skip
    leads = [(await desk.view(lead_id)).lead for lead_id in ids]
    assert len({lead.revenue for lead in leads}) == 1
    assert leads[0].revenue in amounts
    assert await owed(desk, Book.BUYER, buyer) == 3 * leads[0].revenue
    assert await desk.differences() == []


async def test_costs_add_up_in_lead_ledger_and_reports(desk: Desk) -> None:
    await desk.campaign()
    (lead_id,) = await desk.submitted(1)
    (refused,) = await desk.submitted(2, values={"email": "x"})
    for kind, amount in ((EntryKind.SMS_COST, 40_000), (EntryKind.SMS_COST, 2), (EntryKind.EMAIL_COST, 1)):
        assert await desk.leads.book_cost(desk.principal, lead_id, kind, amount) == ""
    assert await desk.leads.book_cost(desk.principal, refused, EntryKind.VALIDATION_COST, 7) == ""
    costs = (await desk.view(lead_id)).costs
    assert (costs.validation, costs.email, costs.sms) == (0, 1, 40_002)
    assert await owed(desk, Book.PROVIDERS, 0) == -40_010
    assert "sms_cost 0.04 GBP" in [event.detail for event in (await desk.view(lead_id)).events]
    assert await desk.differences() == []


async def test_costs_of_tests_unknown_leads_and_wrong_kinds_are_refused(desk: Desk) -> None:
    await desk.campaign()
    (test,) = await desk.submitted(1, is_test=True)
    book = desk.leads.book_cost
    assert await book(desk.principal, test, EntryKind.SMS_COST, 1) == "Test leads have no costs"
    assert await book(desk.principal, 999, EntryKind.SMS_COST, 1) == "Lead not found"
    for kind, amount in ((EntryKind.SOLD, 1), (EntryKind.SMS_COST, 0), (EntryKind.SMS_COST, -1)):
        with pytest.raises(InvalidInputError):
            await book(desk.principal, test, kind, amount)
    assert await desk.rows("ledger_entries") == []


async def test_a_sale_that_earned_nothing_can_be_priced_afterwards(desk: Desk) -> None:
    campaign = await desk.campaign(revenue=Decimal(0))
    buyer = await desk.buyer()
    await desk.delivery(campaign.id, buyer)
    (lead_id,) = await desk.sold(1)
    await desk.leads.change_financials(desk.principal, [lead_id], revenue=9_000_000)
    assert await owed(desk, Book.BUYER, buyer) == 9_000_000
    assert await desk.differences() == []
