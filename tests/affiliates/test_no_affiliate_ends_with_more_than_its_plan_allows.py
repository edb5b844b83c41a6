"""Whatever happens in whatever order: the ledger balances, the audit is clean, and nobody has more than the plan allows."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.affiliates.shop import Shop, new_shop
from tests.conftest import run_on_server, with_database

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.commissions.model import CommissionRecord
from leadyard.affiliates.model import PAYOUT_STATES, Affiliate, PayoutMethod, PayoutState
from leadyard.affiliates.payouts.model import RunInput
from leadyard.affiliates.payouts.service import Payouts
from leadyard.affiliates.purchases.model import Cancellation, Purchase, PurchaseChange, Refund
from leadyard.campaigns.model import Dedupe
from leadyard.kit.errors import ConflictError
from leadyard.leads.after_sale.model import Ask
from leadyard.ledger.model import Book
from leadyard.ledger.service import balance
from leadyard.storage.database import Database

PERCENTS = {0: Decimal(10), 1: Decimal(3)}
LINES = (
    {"pays_for": "purchase", "percent": "10"},
    {"pays_for": "purchase", "percent": "3", "level": 1},
    {"pays_for": "purchase", "percent": "7", "repeats": "times", "times": 3},
    {"pays_for": "new_customer", "fixed": "2.5", "delay": 20},
    {"pays_for": "sold_lead", "percent": "20"},
)
CENT = Decimal("0.01")


def share(amount: Decimal, percent: Decimal) -> Decimal:
    return (amount * percent / 100).quantize(CENT, ROUND_HALF_EVEN)


class Walk:
    """A shop to which anything may happen, and what has been bought of it at most."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.now = datetime.now(UTC)
        self.codes: list[str] = []
        self.most: dict[str, Decimal] = defaultdict(Decimal)
        self.leads: list[int] = []
        self.runs: list[int] = []
        self.delivery_id = 0
        self.buyer_id = 0

    @property
    def payouts(self) -> Payouts:
        return Payouts(self.shop.database, self.shop.ledger)

    async def begin(self) -> None:
        await self.shop.plan("all", *LINES)
        await self.shop.line_of("child", "parent")
        campaign = await self.shop.campaign(dedupe=Dedupe())
        self.buyer_id = await self.shop.buyer()
        self.delivery_id = (await self.shop.delivery(campaign.id, self.buyer_id)).id
        await self.shop.visitor("person.1@example.com", "child", self.now)

    async def purchase(self, place: int) -> Purchase | None:
        if not self.codes:
            return None
        return await self.shop.purchases.find(self.shop.account_id, self.codes[place % len(self.codes)])

    async def buy(self, person: int, amount: Decimal) -> None:
        code = f"A{len(self.codes)}"
        self.codes.append(code)
        self.most[code] = amount
        await self.shop.buy(f"person.{person}@example.com", str(amount), code, code="child")

    async def again(self, place: int, amount: Decimal) -> None:
        known = await self.purchase(place)
        if known is not None:
            self.most[known.purchase_code] = max(self.most[known.purchase_code], amount)
            await self.shop.buy(known.email, str(amount), known.purchase_code)

    async def change(self, place: int, amount: Decimal) -> None:
        known = await self.purchase(place)
        if known is not None:
            self.most[known.purchase_code] = max(self.most[known.purchase_code], amount)
            wanted = PurchaseChange(amount=amount)
            await self.shop.purchases.change(self.shop.account_id, known.id, wanted)

    async def cancel(self, place: int, days: int) -> None:
        known = await self.purchase(place)
        if known is not None:
            later = None if not days else datetime.now(UTC) + timedelta(days=days)
            wanted = Cancellation(effective_at=later)
            await self.shop.purchases.cancel(self.shop.account_id, known.id, wanted)

    async def wait(self, days: int) -> None:
        self.now += timedelta(days=days)
        while await self.shop.worker.work_once(self.now):
            pass

    async def mark(self, place: int) -> None:
        known = await self.purchase(place)
        if known is not None:
            await self.shop.mark_paid(known, await self.child())

    async def start_run(self) -> None:
        """Promise everything that is due to payouts that are paid by hand."""
        run = await self.payouts.run(self.shop.actor, RunInput(method=PayoutMethod.MANUAL))
        if run.id is not None:
            self.runs.append(run.id)

    async def pay_out(self) -> None:
        await self.start_run()
        await self.pay_run(-1)

    async def pay_run(self, place: int) -> None:
        if self.runs:
            await self.payouts.mark_run_paid(self.shop.actor, self.runs[place % len(self.runs)])

    async def give_up_run(self, place: int) -> None:
        """Give up what is still open of a run: it waits for another."""
        if self.runs:
            run = await self.payouts.read_run(self.shop.account_id, self.runs[place % len(self.runs)])
            for payout in run.payouts:
                if payout.state is PayoutState.OPEN and payout.id is not None:
                    await self.payouts.cancel(self.shop.actor, payout.id)

    async def refund(self, place: int, amount: Decimal, number: int) -> None:
        """Have a part, or all, given back under one of few ids, so that some are told twice."""
        if self.codes:
            refund = Refund(
                purchase_codes=(self.codes[place % len(self.codes)],), source="test", amount=amount,
                refund_code=f"r{number}",
            )  # fmt: skip
            await self.shop.purchases.refund(self.shop.account_id, refund)

    async def reject(self, place: int) -> None:
        found = [c for c in await self.shop.listed() if c.lead_id is None]
        if found:
            try:
                await self.shop.commissions.reject(self.shop.account_id, found[place % len(found)].id)
            except ConflictError:
                return

    async def child(self) -> Affiliate:
        async with self.shop.database.connection() as connection:
            child = await affiliates.by_email(connection, self.shop.account_id, "child@partners.example")
        assert child is not None
        return child

    async def archive(self, *, is_back: bool) -> None:
        child = await self.child()
        action = "unarchive" if is_back else "archive"
        await affiliates.set_status(self.shop.database, self.shop.actor, child.id, action)

    async def sell(self) -> None:
        number = len(self.leads) + 1
        result = await self.shop.submit(
            1, values={"email": "person.1@example.com", "phone1": f"0770090{number:04}"}
        )
        if result.lead_id:
            self.leads.append(result.lead_id)
            principal = self.shop.principal
            await self.shop.after_sale.assign(principal, [result.lead_id], self.delivery_id)

    async def reprice(self, place: int, amount: Decimal) -> None:
        if self.leads:
            lead_id, micros = self.leads[place % len(self.leads)], int(amount * 1_000_000)
            await self.shop.leads.change_financials(self.shop.principal, [lead_id], revenue=micros)

    async def give_back(self, place: int) -> None:
        if self.leads:
            ask = Ask(self.buyer_id, "DNCC", reverse_payout=True)
            await self.shop.after_sale.return_leads(
                self.shop.principal, [self.leads[place % len(self.leads)]], ask
            )

    async def check(self) -> None:
        assert await self.shop.differences() == []
        found = await self.shop.listed()
        await self.check_balances(found)
        await self.check_purchases(found)
        await self.check_payouts(found)

    async def check_balances(self, found: list[CommissionRecord]) -> None:
        owed: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
        for one in found:
            owed[one.affiliate_id, one.currency] += one.amount if one.status in {"due", "pending"} else 0
        async with self.shop.database.connection() as connection:
            for (affiliate_id, currency), amount in owed.items():
                held = await balance(connection, self.shop.account_id, Book.AFFILIATE, affiliate_id, currency)
                assert -held == amount * 1_000_000

    async def check_purchases(self, found: list[CommissionRecord]) -> None:
        for code in self.codes:
            purchase = await self.shop.purchases.find(self.shop.account_id, code)
            assert purchase is not None
            rows = [c for c in found if c.purchase_id == purchase.id and c.status != "cancelled"]
            had = {level: sum((c.amount for c in rows if c.level == level), Decimal(0)) for level in PERCENTS}
            most = self.most[code]
            first = Decimal("2.5") if purchase.is_first else Decimal(0)
            assert 0 <= had[0] <= share(most, Decimal(10)) + 3 * share(most, Decimal(7)) + first
            assert 0 <= had[1] <= share(most, Decimal(3))
            cancelled = purchase.cancellation
            if cancelled is not None and cancelled.effective_at <= purchase.updated_at:
                assert had == {0: 0, 1: 0}

    async def check_payouts(self, found: list[CommissionRecord]) -> None:
        """Each payout is worth its lines and more than nothing; one that was given up has none."""
        lines: dict[int, Decimal] = defaultdict(Decimal)
        for one in found:
            if one.payout_id is not None:
                lines[one.payout_id] += one.amount
        for payout in await self.shop.rows("payouts"):
            if payout["state"] == PAYOUT_STATES[PayoutState.FAILED]:
                assert payout["id"] not in lines
                continue
            assert payout["amount"] == lines[payout["id"]] * 1_000_000 > 0
            is_paid = payout["state"] == PAYOUT_STATES[PayoutState.PAID]
            statuses = {one.status for one in found if one.payout_id == payout["id"]}
            assert statuses == {"paid" if is_paid else "due"}

    async def finish(self) -> None:
        """Once all is worked in, each lead's share is what its revenue says."""
        await self.wait(0)
        await self.check()
        leads = {row["id"]: Decimal(row["revenue"]) / 1_000_000 for row in await self.shop.rows("leads")}
        rows = [c for c in await self.shop.listed() if c.lead_id is not None and c.status != "cancelled"]
        for lead_id in {c.lead_id for c in rows}:
            had = sum((c.amount for c in rows if c.lead_id == lead_id), Decimal(0))
            assert had == share(leads[lead_id or 0], Decimal(20))


Step = Callable[[Walk], Awaitable[Any]]
places = st.integers(0, 20)
amounts = st.decimals(0, 500, places=2)
people = st.integers(1, 3)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda p, a: lambda w: w.buy(p, a), people, amounts),
    st.builds(lambda p, a: lambda w: w.buy(p, a), people, amounts),
    st.builds(lambda i, a: lambda w: w.again(i, a), places, amounts),
    st.builds(lambda i, a: lambda w: w.change(i, a), places, amounts),
    st.builds(lambda i, d: lambda w: w.cancel(i, d), places, st.sampled_from([0, 0, 40])),
    st.builds(lambda d: lambda w: w.wait(d), st.integers(0, 45)),
    st.builds(lambda i: lambda w: w.mark(i), places),
    st.just(lambda w: w.pay_out()),
    st.just(lambda w: w.start_run()),
    st.builds(lambda i: lambda w: w.pay_run(i), places),
    st.builds(lambda i: lambda w: w.give_up_run(i), places),
    st.builds(lambda i, a, n: lambda w: w.refund(i, a, n), places, amounts, st.integers(0, 3)),
    st.builds(lambda i: lambda w: w.reject(i), places),
    st.builds(lambda b: lambda w: w.archive(is_back=b), st.booleans()),
    st.just(lambda w: w.sell()),
    st.builds(lambda i, a: lambda w: w.reprice(i, a), places, amounts),
    st.builds(lambda i: lambda w: w.give_back(i), places),
)


async def walk(dsn: str, listed: list[Step]) -> None:
    database = Database(dsn, size=3)
    await database.open()
    with TemporaryDirectory() as folder:
        try:
            here = Walk(await new_shop(database, dsn, Path(folder)))
            await here.begin()
            await here.buy(1, Decimal("80.5"))
            await here.sell()
            for step in listed:
                await step(here)
                await here.check()
            await here.finish()
        finally:
            await database.close()


@given(listed=st.lists(steps, min_size=6, max_size=25))
@settings(max_examples=12, deadline=None, phases=(Phase.generate,))
def test_random_histories_pay_what_the_plan_says(
    server_dsn: str, template_name: str, listed: list[Step]
) -> None:
    name = f"walk_{uuid.uuid4().hex}"
    asyncio.run(run_on_server(server_dsn, f'CREATE DATABASE "{name}" TEMPLATE "{template_name}"'))
    try:
        asyncio.run(walk(with_database(server_dsn, name), listed))
    finally:
        asyncio.run(run_on_server(server_dsn, f'DROP DATABASE "{name}" WITH (FORCE)'))
