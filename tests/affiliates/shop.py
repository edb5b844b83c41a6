"""A merchant with affiliates and plans, and the services by which purchases come and commissions are paid."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import UNSET
from tests.desk import Desk, new_desk

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.affiliates.inputs import AffiliateInput
from leadyard.affiliates.commissions.model import CommissionFilters, CommissionRecord
from leadyard.affiliates.commissions.service import Commissions
from leadyard.affiliates.following import ProgrammeFollows
from leadyard.affiliates.jobs import CommissionWorker
from leadyard.affiliates.model import Affiliate, LineItem, Program
from leadyard.affiliates.plans.model import PlanRecord
from leadyard.affiliates.plans.service import plans
from leadyard.affiliates.program import service as programs
from leadyard.affiliates.purchases.model import Cancellation, Purchase, PurchaseChange, PurchaseInput
from leadyard.affiliates.purchases.service import Purchases
from leadyard.people import service as people
from leadyard.people.model import Person
from leadyard.storage.database import Database
from leadyard.tracking import service as tracking
from leadyard.tracking.model import Arrival

BASIC = (
    {"pays_for": "purchase", "percent": "10"},
    {"pays_for": "purchase", "percent": "2", "level": 1},
    {"pays_for": "purchase", "percent": "1", "level": 2},
)
PLUS = (
    {"pays_for": "purchase", "fixed": "25"},
    {"pays_for": "new_customer", "fixed": "5"},
    {"pays_for": "purchase", "percent": "10", "delay": 30},
)


class Shop(Desk):
    """An account's shop; amounts are given and shown as texts."""

    @property
    def following(self) -> ProgrammeFollows:
        return ProgrammeFollows(self.ledger)

    @property
    def purchases(self) -> Purchases:
        return Purchases(self.database, self.ledger, self.following)

    @property
    def commissions(self) -> Commissions:
        return Commissions(self.database, self.ledger)

    @property
    def worker(self) -> CommissionWorker:
        return CommissionWorker(self.database, self.ledger)

    async def program(self, **changes: Any) -> Program:
        return await programs.update(self.database, self.actor, changes)

    async def plan(self, code: str, *lines: Any, **more: Any) -> PlanRecord:
        return await plans.create(self.database, self.actor, {"code": code, "lines": list(lines), **more})

    async def affiliate(self, name: str, **more: Any) -> Affiliate:
        wanted = AffiliateInput(email=f"{name}@partners.example", code=name, **more)
        return (await affiliates.create(self.database, self.actor, wanted))[0]

    async def line_of(self, *names: str) -> list[Affiliate]:
        """Affiliates each of whom was brought by the next one: the last is the parent of all."""
        made: list[Affiliate] = []
        for name in reversed(names):
            parent = made[-1].email if made else None
            made.append(await self.affiliate(name, referring_affiliate=parent))
        return made[::-1]

    async def known(self, code: str) -> Affiliate:
        async with self.database.connection() as connection:
            found = await affiliates.by_code(connection, self.account_id, code)
        assert found is not None
        return found

    async def buy(
        self,
        email: str = "jo@example.com",
        amount: str | None = None,
        purchase_code: str | None = None,
        *,
        items: Sequence[tuple[str | None, str, str | None]] | None = None,
        override: str | None = None,
        **more: Any,
    ) -> Purchase:
        return (await self.record(email, amount, purchase_code, items=items, override=override, **more))[0]

    async def record(
        self,
        email: str = "jo@example.com",
        amount: str | None = None,
        purchase_code: str | None = None,
        *,
        items: Sequence[tuple[str | None, str, str | None]] | None = None,
        override: str | None = None,
        **more: Any,
    ) -> tuple[Purchase, bool]:
        wanted = PurchaseInput(
            email=email,
            purchase_code=purchase_code,
            amount=_decimal(amount),
            amount_override=_decimal(override),
            line_items=None
            if items is None
            else tuple(LineItem(s, Decimal(q), None, _decimal(a)) for s, q, a in items),
            **more,
        )
        return await self.purchases.record(self.account_id, wanted)

    async def change(self, purchase: Purchase, amount: str | None = None, **more: Any) -> Purchase:
        wanted = PurchaseChange(amount=UNSET if amount is None else Decimal(amount), **more)
        return await self.purchases.change(self.account_id, purchase.id, wanted)

    async def cancel(self, purchase: Purchase, **more: Any) -> Purchase:
        return await self.purchases.cancel(self.account_id, purchase.id, Cancellation(**more))

    async def paid(self, purchase: Purchase) -> list[str]:
        """What there is of a purchase: amount and status of each commission, oldest first."""
        return [f"{shown(c.amount)} {c.status}" for c in await self.listed(purchase_id=purchase.id)]

    async def listed(self, **filters: Any) -> list[CommissionRecord]:
        found = await self.commissions.page(
            self.account_id, CommissionFilters(**filters), limit=1000, newest_first=False
        )
        return sorted(found, key=lambda c: c.id)

    async def mark_paid(self, purchase: Purchase, affiliate: Affiliate) -> list[CommissionRecord]:
        return await self.commissions.mark_as_paid(self.account_id, affiliate.id, purchase.id)

    async def person(self, email: str = "jo@example.com") -> Person:
        async with self.database.connection() as connection:
            found = await people.find(connection, self.account_id, email=email)
        assert found is not None
        return found

    async def visitor(self, email: str, code: str | None, at: datetime) -> Person:
        """A person who came by an affiliate's link and left an address."""
        async with self.database.unit_of_work() as connection:
            program = await programs.read(connection, self.account_id)
            person, is_new = await people.lock_or_make(connection, self.account_id, email, at)
            visitor, _ = await tracking.arrive(
                connection, self.account_id, program, Arrival(code=code), at, weighs_person=False,
                following=self.following,
            )  # fmt: skip
            return await tracking.attach(
                connection, program, person, visitor, at, is_new_person=is_new, following=self.following
            )


def shown(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


async def new_shop(database: Database, dsn: str, folder: Path, slug: str = "agency") -> Shop:
    made = await new_desk(database, dsn, folder, slug)
    shop = Shop(made.database, made.actor, made.principal, made.key)
    shop.dsn, shop.settings = dsn, made.settings
    return shop
