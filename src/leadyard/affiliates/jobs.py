"""What the worker does for affiliate programmes: commissions of later months, and shares of sold leads."""

import asyncio
from datetime import datetime

from leadyard.affiliates.commissions import occasion_store
from leadyard.affiliates.commissions.booking import Booking
from leadyard.affiliates.commissions.sold_leads import settle_occasions
from leadyard.affiliates.commissions.tracked_leads import attach_visitors
from leadyard.affiliates.following import ProgrammeFollows
from leadyard.affiliates.program import service as programs
from leadyard.affiliates.purchases import schedule_store, store
from leadyard.affiliates.purchases.paying import pay_month
from leadyard.kit import clock
from leadyard.leads.unit import in_one_unit
from leadyard.ledger.service import Ledger
from leadyard.people import service as people
from leadyard.storage.database import Connection, Database
from leadyard.storage.working import keep_working

_IDLE_SECONDS = 0.5
_MOST_PURCHASES, _MOST_OCCASIONS = 100, 50


class CommissionWorker:
    """One process's share; any number run side by side."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        """Share the process's database and ledger."""
        self._database = database
        self._ledger = ledger

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop."""
        await keep_working(
            stop,
            lambda: self.work_once(clock.now()),
            idle_seconds=_IDLE_SECONDS,
            trouble="commissions failed",
        )

    async def work_once(self, now: datetime) -> int:
        """Serve every account once; gives how much there was to do."""
        async with self._database.connection() as connection:
            noted = await occasion_store.due_accounts(connection)
            due = await schedule_store.due_accounts(connection, now)
        shares = [await self._settle(account_id, now) for account_id in noted]
        return sum(shares) + sum([await self._pay_months(account_id, now) for account_id in due])

    async def _settle(self, account_id: int, now: datetime) -> int:
        await attach_visitors(self._database, account_id, ProgrammeFollows(self._ledger), _MOST_OCCASIONS)

        async def work(connection: Connection) -> int:
            program = await programs.read(connection, account_id)
            return await settle_occasions(connection, self._ledger, account_id, program, now, _MOST_OCCASIONS)

        return await in_one_unit(self._database, work)

    async def _pay_months(self, account_id: int, now: datetime) -> int:
        async with self._database.connection() as connection:
            due = await schedule_store.due_purchases(connection, account_id, now, _MOST_PURCHASES)
        for purchase_id in due:
            await self._pay_months_of(account_id, purchase_id, now)
        return len(due)

    async def _pay_months_of(self, account_id: int, purchase_id: int, now: datetime) -> None:
        """Make all months of a purchase that have come, while its person is locked."""

        async def work(connection: Connection) -> None:
            purchase = await store.by_id(connection, account_id, purchase_id)
            if purchase is None or await people.lock(connection, account_id, purchase.person_id) is None:
                return
            current = await store.by_id(connection, account_id, purchase_id) or purchase
            booking = Booking(self._ledger, account_id, now)
            for schedule in await schedule_store.lock_due(connection, account_id, purchase_id, now):
                step = await pay_month(connection, booking, current, schedule)
                while step is not None and step.next_at <= now:
                    step = await pay_month(connection, booking, current, step)
                await schedule_store.move(connection, account_id, schedule, step)
            await booking.write(connection)

        await in_one_unit(self._database, work)
