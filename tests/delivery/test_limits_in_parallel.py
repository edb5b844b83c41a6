"""However many workers sell at once, no cap is passed and no credit goes below zero."""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.desk import Desk, new_desk

from leadyard.campaigns.limits import AmountCaps, CapScope, CountedLeads
from leadyard.campaigns.model import Caps
from leadyard.identity.actor import Actor
from leadyard.leads.model import AttemptState, SaleStatus
from leadyard.ledger.credit.model import CreditMode, CreditTerms
from leadyard.ledger.credit.service import Credit
from leadyard.storage.database import Database

LEADS = 200
MILLION = 1_000_000


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


@contextlib.asynccontextmanager
async def workers(desk: Desk, count: int = 4) -> AsyncIterator[None]:
    """Several workers, each with a pool and set-ups of its own, as other processes have."""
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(count):
            await stack.enter_async_context(desk.working(desk.dsn, desk.settings))
        yield


async def sell_everywhere(desk: Desk, count: int = LEADS) -> Counter[SaleStatus]:
    """Have four workers sell leads that lie ready for them all."""
    await desk.submitted(*range(count))
    async with workers(desk):
        await desk.until_idle(60)
    assert await desk.differences() == []
    return Counter(SaleStatus(row["sale_status"]) for row in await desk.rows("leads"))


async def reasons(desk: Desk) -> Counter[str]:
    where = f"state = {int(AttemptState.SKIPPED)}"
    return Counter(row["reason"] for row in await desk.rows("delivery_attempts", where))


async def add_credit(desk: Desk, buyer_id: int, amount: str) -> None:
    credit = Credit(desk.database, desk.configuration, desk.ledger)
    await credit.add(Actor(desk.account_id, "test"), buyer_id, Decimal(amount))


async def market(desk: Desk, *, caps: Caps | None = None, **buyer: Any) -> int:
    """One campaign with one delivery at 12.5 a lead; gives the buyer."""
    campaign = await desk.campaign()
    buyer_id = await desk.buyer(**buyer)
    await desk.delivery(campaign.id, buyer_id, caps=caps or Caps())
    return buyer_id


async def test_a_delivery_cap_sells_exactly_as_many(desk: Desk) -> None:
    await market(desk, caps=Caps(day=37))
    assert await sell_everywhere(desk) == {SaleStatus.SOLD: 37, SaleStatus.UNSOLD: 163}
    assert await reasons(desk) == {"delivery cap (day)": 163}
    assert [row["used"] for row in await desk.rows("cap_counters")] == [37]


async def test_a_revenue_cap_sells_as_much_as_fits_and_no_more(desk: Desk) -> None:
    await market(desk, caps=Caps(revenue=AmountCaps(month=Decimal(300))))
    assert await sell_everywhere(desk) == {SaleStatus.SOLD: 24, SaleStatus.UNSOLD: 176}
    assert await reasons(desk) == {"delivery cap (month revenue)": 176}
    assert [row["used"] for row in await desk.rows("cap_counters")] == [300 * MILLION]


async def test_a_payout_cap_of_a_buyer_that_no_whole_number_of_leads_fills(desk: Desk) -> None:
    campaign = await desk.campaign()
    buyer_id = await desk.buyer(caps=Caps(payout=AmountCaps(day=Decimal(100))))
    await desk.delivery(campaign.id, buyer_id)
    assert await sell_everywhere(desk) == {SaleStatus.SOLD: 28, SaleStatus.UNSOLD: 172}
    assert await reasons(desk) == {"buyer cap (day payout)": 172}


async def test_prepaid_credit_for_a_number_of_leads_sells_exactly_these(desk: Desk) -> None:
    buyer_id = await market(desk, credit=CreditTerms(mode=CreditMode.PREPAID))
    await add_credit(desk, buyer_id, "625.00")
    assert await sell_everywhere(desk) == {SaleStatus.SOLD: 50, SaleStatus.UNSOLD: 150}
    assert await reasons(desk) == {"credit": 150}
    row = (await desk.rows("buyer_credit"))[0]
    assert (row["added"], row["spent"], row["reserved"]) == (625 * MILLION, 625 * MILLION, 0)


async def test_what_a_postpaid_buyer_may_owe_bounds_its_leads(desk: Desk) -> None:
    terms = CreditTerms(mode=CreditMode.POSTPAID, limit=Decimal(130))
    buyer_id = await market(desk, credit=terms)
    assert await sell_everywhere(desk, 40) == {SaleStatus.SOLD: 10, SaleStatus.UNSOLD: 30}
    await add_credit(desk, buyer_id, "25")
    ids = [row["id"] for row in await desk.rows("leads", f"sale_status = {int(SaleStatus.UNSOLD)}")]
    await desk.leads.reprocess(desk.principal, ids)
    async with workers(desk):
        await desk.until_idle(60)
    sold = await desk.rows("leads", f"sale_status = {int(SaleStatus.SOLD)}")
    assert len(sold) == 12, "a payment makes room for what it paid"


async def test_a_campaign_that_counts_approved_leads_sells_exactly_as_many(desk: Desk) -> None:
    campaign = await desk.campaign(caps=Caps(total=15), caps_count=CapScope(leads=CountedLeads.APPROVED))
    await desk.delivery(campaign.id, await desk.buyer())
    assert await sell_everywhere(desk, 60) == {SaleStatus.SOLD: 15, SaleStatus.UNSOLD: 45}
    assert await reasons(desk) == {"campaign cap (total)": 45}
    late = await desk.submit(1000)
    assert (late.code, late.errors) == (-4, ("Campaign cap reached (total)",))


async def test_all_limits_together_sell_as_much_as_the_tightest(desk: Desk) -> None:
    buyer_id = await market(
        desk,
        caps=Caps(day=31, revenue=AmountCaps(day=Decimal(500))),
        credit=CreditTerms(mode=CreditMode.PREPAID),
    )
    await add_credit(desk, buyer_id, "400")
    assert (await sell_everywhere(desk))[SaleStatus.SOLD] == 31
