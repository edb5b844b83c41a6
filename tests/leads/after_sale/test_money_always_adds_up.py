"""Over any sequence of sales, returns, assignments and financial updates the books balance and reports are true."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.desk import Desk, new_desk

from leadyard.campaigns.model import AcceptOn, Payout, PayoutKind, Trigger
from leadyard.leads.after_sale.model import Ask
from leadyard.leads.model import SaleStatus, Standing
from leadyard.reports.jobs import fold_all
from leadyard.reports.model import CampaignReportRequest
from leadyard.reports.parties import corrections
from leadyard.reports.periods import Period
from leadyard.storage.database import Database

BUYERS = st.integers(0, 1)
LEADS = st.integers(0, 1)
AMOUNTS = st.none() | st.integers(0, 9_000_000)
STEPS = st.one_of(
    st.tuples(st.just("sell"), LEADS, BUYERS),
    st.tuples(st.just("return"), LEADS, BUYERS, st.booleans()),
    st.tuples(st.just("assign"), LEADS, BUYERS),
    st.tuples(st.just("finance"), LEADS, AMOUNTS, AMOUNTS, st.none() | BUYERS),
    st.tuples(st.just("fold")),
)
CAMPAIGNS = st.tuples(st.sampled_from(AcceptOn), st.sampled_from(PayoutKind))


_examples = itertools.count()


class Market:
    """Two leads and two buyers of one account, all of it new for each example."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.leads: list[int] = []
        self.buyers: list[int] = []
        self.by_trigger: list[int] = []
        self.by_hand: list[int] = []

    async def build(self, accept_on: AcceptOn, kind: PayoutKind) -> None:
        desk = self.desk
        on_system = accept_on is AcceptOn.SYSTEM
        payout = Payout(PayoutKind.FIXED if on_system else kind, Decimal(4))
        campaign = await desk.campaign(accept_on=accept_on, payout=payout)
        for number in (1, 2):
            self.buyers.append(await desk.buyer(f"B{number}"))
            for made, price in ((self.by_trigger, 7), (self.by_hand, 11)):
                options: dict[str, Any] = {"trigger": Trigger.MANUAL, "revenue": Decimal(price * number)}
                made.append((await desk.delivery(campaign.id, self.buyers[-1], **options)).id)
        self.leads += await desk.sold(1, 2)

    async def do(self, step: Sequence[Any]) -> None:
        match step:
            case ("sell", lead, buyer):
                delivery = self.by_trigger[buyer]
                await self.desk.leads.trigger(self.desk.principal, self.leads[lead], [delivery])
                await self.desk.work()
            case ("return", lead, buyer, reverse):
                ask = Ask(self.buyers[buyer], "DNCC", reverse)
                await self.desk.after_sale.return_leads(self.desk.principal, [self.leads[lead]], ask)
            case ("assign", lead, buyer):
                delivery = self.by_hand[buyer]
                await self.desk.after_sale.assign(self.desk.principal, [self.leads[lead]], delivery)
            case ("finance", lead, payout, revenue, buyer) if payout is not None or revenue is not None:
                await self.desk.leads.change_financials(
                    self.desk.principal,
                    [self.leads[lead]],
                    payout=payout,
                    revenue=revenue,
                    buyer_id=None if buyer is None else self.buyers[buyer],
                )
            case ("fold",):
                await fold_all(self.desk.database)

    async def check(self) -> None:
        assert await self.desk.differences() == []
        for lead_id in self.leads:
            lead = (await self.desk.view(lead_id)).lead
            if lead.sale_status is SaleStatus.RETURNED:
                assert lead.revenue == 0
            if lead.sale_status in {SaleStatus.SOLD, SaleStatus.ASSIGNED}:
                assert lead.standing is Standing.APPROVED
        leads = await self.desk.rows("leads")
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        start = max(row["received_at"] for row in leads) + timedelta(microseconds=1)
        async with self.desk.database.connection() as connection:
            currencies = {row["campaign_id"]: row["currency"] for row in leads}
            corrected = await corrections(
                connection,
                CampaignReportRequest(
                    self.desk.account_id, Period(start, tomorrow), ZoneInfo("UTC"), currencies
                ),
            )
            booked = await connection.fetchrow(
                "SELECT coalesce(sum(amount) FILTER (WHERE book = 'payout'), 0) AS payout, "
                "-coalesce(sum(amount) FILTER (WHERE book = 'revenue'), 0) AS revenue FROM ledger_postings p "
                "JOIN ledger_entries n ON n.account_id = p.account_id AND n.id = p.entry_id "
                "WHERE n.account_id = $1 AND n.kind IN ('returned', 'financials_changed')",
                self.desk.account_id,
            )
        assert booked is not None
        assert sum(row.payout for row in corrected.values()) == booked["payout"]
        assert sum(row.revenue for row in corrected.values()) == booked["revenue"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(campaign=CAMPAIGNS, steps=st.lists(STEPS, min_size=3, max_size=9))
async def test_the_books_balance_whatever_is_done(
    database: Database, dsn: str, tmp_path: Path, campaign: Any, steps: list[Any]
) -> None:
    market = Market(await new_desk(database, dsn, tmp_path, f"agency-{next(_examples)}"))
    await market.build(*campaign)
    for step in steps:
        await market.do(step)
        await market.check()
    await fold_all(database)
    await market.check()
