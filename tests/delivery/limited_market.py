"""A market with every kind of limit, worked by hand: one step at a time, in whatever order a test likes."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from tests.desk import Desk, new_desk

from leadyard.campaigns.limits import AmountCaps
from leadyard.campaigns.model import Caps, UnknownPolicy
from leadyard.delivery import store, worker_store
from leadyard.delivery.breaker import BatchBreakers
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.outcomes import OutcomeBatch
from leadyard.delivery.planning import Planner, read_job, write_plan
from leadyard.delivery.sending import Sending, result_of
from leadyard.delivery.settling import most_entries
from leadyard.identity.actor import Actor
from leadyard.kit import clock
from leadyard.leads.after_sale.model import Ask
from leadyard.leads.model import APPROVED_STATES, AttemptState
from leadyard.ledger.credit.model import CreditMode, CreditTerms
from leadyard.ledger.credit.service import Credit
from leadyard.routing.caps import CapOwner, Period
from leadyard.routing.routes import Routes
from leadyard.storage.database import Database, Row

MILLION = 1_000_000
_LATER = timedelta(days=2)
_SALE = ", ".join(str(int(state)) for state in APPROVED_STATES)


class LimitedMarket:
    """Two deliveries to a prepaid and a postpaid buyer; `flying` are attempts that nobody has answered yet."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.flying: list[Sending] = []
        self.submitted = 0
        self.prepaid = self.postpaid = 0

    @property
    def account_id(self) -> int:
        return self.desk.account_id

    async def set_up(self) -> None:
        money = Caps(total=9, revenue=AmountCaps(total=Decimal(100)))
        campaign = await self.desk.campaign(caps=Caps(revenue=AmountCaps(total=Decimal(180))))
        self.prepaid = await self.desk.buyer(
            "Prepaid",
            credit=CreditTerms(mode=CreditMode.PREPAID),
            caps=Caps(payout=AmountCaps(day=Decimal(30))),
        )
        self.postpaid = await self.desk.buyer(
            "Postpaid", credit=CreditTerms(mode=CreditMode.POSTPAID, limit=Decimal(50))
        )
        await self.desk.delivery(campaign.id, self.prepaid, caps=money, when_unknown=UnknownPolicy.NEXT)
        await self.desk.delivery(campaign.id, self.postpaid, caps=Caps(day=6), priority=200)

    async def submit(self, count: int) -> None:
        await self.desk.submitted(*range(self.submitted, self.submitted + count))
        self.submitted += count

    async def add_credit(self, amount: int) -> None:
        credit = Credit(self.desk.database, self.desk.configuration, self.desk.ledger)
        await credit.add(Actor(self.account_id, "test"), self.prepaid, Decimal(amount))

    async def claim(self, worker_id: int) -> None:
        """Do what a worker does before it sends; its attempts fly from then on."""
        setup, now = await self.desk.configuration.current(self.account_id), clock.now()
        async with self.desk.database.unit_of_work() as connection:
            rows = await store.claim(connection, self.account_id, now + _LATER, 4, worker_id)
            jobs = [read_job(self.account_id, row) for row in rows]
            plan = await Planner(setup, now, BatchBreakers({}, self.account_id, now), Routes()).plan(
                connection, jobs
            )
            await write_plan(connection, self.account_id, worker_id, now, plan)
        self.flying += plan.sendings

    async def answer(self, index: int, outcome: Outcome, price: int | None, worker_id: int) -> None:
        """Book the answer to an attempt that flies, however late it comes."""
        if not self.flying:
            return
        sending = self.flying.pop(index % len(self.flying))
        revenue = None if price is None or outcome is not Outcome.ACCEPT else Decimal(price)
        result = result_of(sending, Verdict(outcome, "", revenue=revenue), clock.now(), 0.5)
        ids = await self.desk.ledger.reserve_ids({self.account_id: most_entries([result])})
        async with self.desk.database.unit_of_work() as connection:
            batch = OutcomeBatch(sending.setup, worker_id, [result], clock.now())
            await batch.write(connection, self.desk.ledger, ids)

    async def crash(self) -> None:
        """Let every worker be taken for dead; what flew may still be answered."""
        async with self.desk.database.unit_of_work() as connection:
            await worker_store.take_over(connection, self.account_id, [], clock.now())

    async def settle(self, index: int, *, accepted: bool, price: int | None) -> None:
        unknown = await self._attempts(f"state = {int(AttemptState.UNKNOWN)}")
        if unknown:
            row = unknown[index % len(unknown)]
            micros = None if price is None or not accepted else price * MILLION
            await self.desk.leads.resolve_unknown(
                self.desk.principal, row["lead_id"], row["number"], accepted=accepted, revenue=micros
            )

    async def give_back(self, index: int) -> None:
        """Return a sold lead."""
        sold = await self._attempts(f"state IN ({_SALE})")
        if sold:
            sale = sold[index % len(sold)]
            asked = Ask(sale["buyer_id"], "DNCC", True)
            lead_id = sale["lead_id"]
            assert await self.desk.after_sale.return_leads(self.desk.principal, [lead_id], asked) == {
                lead_id: ""
            }

    async def _attempts(self, where: str) -> list[Row]:
        return await self.desk.rows("delivery_attempts", where)

    async def check(self) -> None:
        """Everything that must hold after every step."""
        assert await self.desk.differences() == []
        for row in await self.desk.rows("buyer_credit"):
            least = 0 if row["buyer_id"] == self.prepaid else -50 * MILLION
            assert row["added"] - row["spent"] - row["reserved"] >= least, dict(row)
        counted = {
            (row["owner_kind"], row["period"]): row["used"] for row in await self.desk.rows("cap_counters")
        }
        assert counted.get((CapOwner.DELIVERY, Period.TOTAL), 0) <= 9
        assert counted.get((CapOwner.DELIVERY, Period.DAY), 0) <= 6
        assert counted.get((CapOwner.BUYER, Period.PAYOUT_DAY), 0) <= 30 * MILLION


async def limited_market(database: Database, dsn: str) -> LimitedMarket:
    market = LimitedMarket(await new_desk(database, dsn, Path("/nonexistent")))
    await market.set_up()
    return market
