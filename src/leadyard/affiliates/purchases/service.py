"""What merchants do with purchases."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import msgspec

from leadyard.affiliates.model import Program, PurchaseState
from leadyard.affiliates.program import service as programs
from leadyard.affiliates.purchases import store
from leadyard.affiliates.purchases.cancelling import cancel
from leadyard.affiliates.purchases.changing import change
from leadyard.affiliates.purchases.checks import (
    check_cancellation,
    checked_change,
    checked_purchase,
    checked_refund,
)
from leadyard.affiliates.purchases.model import (
    REJECTED,
    Cancellation,
    Purchase,
    PurchaseChange,
    PurchaseFilters,
    PurchaseInput,
    Refund,
    RefundOutcome,
)
from leadyard.affiliates.purchases.recording import TALLY, Recording
from leadyard.affiliates.purchases.refunding import note, settle
from leadyard.kit import clock
from leadyard.kit.errors import NotFoundError
from leadyard.kit.paging import Page
from leadyard.leads.unit import in_one_unit
from leadyard.ledger.service import Ledger
from leadyard.people import service as people
from leadyard.people.model import Person
from leadyard.storage import tallies
from leadyard.storage.database import Connection, Database
from leadyard.tracking.following import Following

ResultT = TypeVar("ResultT")
MOST_OF_A_PERSON = 1_000_000


class _Held(msgspec.Struct, frozen=True):
    """A purchase while its person is locked."""

    program: Program
    person: Person
    purchase: Purchase


class Purchases:
    """The use cases of purchases of every account."""

    def __init__(self, database: Database, ledger: Ledger, following: Following) -> None:
        """Share the process's database and ledger; `following` is told of visitors and people whom purchases make."""
        self._database = database
        self._ledger = ledger
        self._following = following

    async def record(self, account_id: int, wanted: PurchaseInput) -> tuple[Purchase, bool]:
        """Record a purchase with its commissions; True when it is new.

        The same code again gives the same purchase, with new amounts where they may change. Raises InvalidInputError,
        and ConflictError for the code of another customer's purchase.
        """
        checked, now = checked_purchase(wanted), clock.now()

        async def work(connection: Connection) -> tuple[Purchase, bool]:
            program = await programs.read(connection, account_id)
            unit = Recording(connection, self._ledger, account_id, program, self._following, now)
            return await unit.record(checked)

        return await in_one_unit(self._database, work)

    async def change(self, account_id: int, purchase_id: int, wanted: PurchaseChange) -> Purchase:
        """Change amount, currency or texts; unpaid commissions are worked out anew.

        Raises NotFoundError and InvalidInputError.
        """
        checked, now = checked_change(wanted), clock.now()

        async def work(connection: Connection, held: _Held) -> Purchase:
            return await change(connection, self._ledger, held.purchase, checked, now)

        return await self._with_person(account_id, purchase_id, work)

    async def refund(self, account_id: int, wanted: Refund) -> RefundOutcome:
        """Lower a purchase by what went back of it, or cancel it when nothing is left; each refund counts once.

        What goes back before its purchase is told of is taken off when that comes. Raises InvalidInputError.
        """
        checked, now = checked_refund(wanted), clock.now()

        async def note_it(connection: Connection) -> str | None:
            return await note(connection, account_id, checked, now)

        code = await in_one_unit(self._database, note_it)
        purchase = None if code is None else await self.find(account_id, code)
        if purchase is None:
            is_kept = checked.is_kept and checked.purchase_codes
            return RefundOutcome.KEPT if is_kept else RefundOutcome.NO_PURCHASE

        async def work(connection: Connection, held: _Held) -> RefundOutcome:
            unit = connection, self._ledger, held.program, held.person, held.purchase
            return (await settle(*unit, now))[1]

        return await self._with_person(account_id, purchase.id, work)

    async def cancel(self, account_id: int, purchase_id: int, wanted: Cancellation) -> Purchase:
        """Cancel a purchase; a second time changes nothing. Raises NotFoundError and InvalidInputError."""
        check_cancellation(wanted)
        now = clock.now()

        async def work(connection: Connection, held: _Held) -> Purchase:
            unit = connection, self._ledger, held.program, held.person, held.purchase
            return (await cancel(*unit, wanted, now))[0]

        return await self._with_person(account_id, purchase_id, work)

    async def cancel_all_of(self, account_id: int, person_id: int, wanted: Cancellation) -> list[Purchase]:
        """Cancel all purchases of a person, each by a cancellation of its own; gives them as they are now.

        Raises NotFoundError and InvalidInputError.
        """
        check_cancellation(wanted)
        now = clock.now()

        async def work(connection: Connection) -> list[Purchase]:
            person = await people.lock(connection, account_id, person_id)
            if person is None:
                raise NotFoundError("There is no such person.")
            program = await programs.read(connection, account_id)
            return await cancel_all(connection, self._ledger, program, person, wanted, now)

        return await in_one_unit(self._database, work)

    async def approve(self, account_id: int, purchase_id: int) -> Purchase:
        """Let a purchase count that waits for approval; any other stays as it is. Raises NotFoundError."""
        now = clock.now()

        async def work(connection: Connection, held: _Held) -> Purchase:
            if held.purchase.state is not PurchaseState.PENDING:
                return held.purchase
            after = msgspec.structs.replace(held.purchase, state=PurchaseState.APPROVED, updated_at=now)
            await store.update(connection, after)
            return after

        return await self._with_person(account_id, purchase_id, work)

    async def reject(self, account_id: int, purchase_id: int) -> Purchase:
        """Cancel a purchase because it is none. Raises NotFoundError."""
        return await self.cancel(account_id, purchase_id, Cancellation(source=REJECTED))

    async def read(self, account_id: int, purchase_id: int) -> Purchase:
        """Give a purchase; raises NotFoundError."""
        async with self._database.connection() as connection:
            return _found(await store.by_id(connection, account_id, purchase_id))

    async def find(self, account_id: int, purchase_code: str) -> Purchase | None:
        """Find a purchase by its exact code."""
        async with self._database.connection() as connection:
            return await store.by_code(connection, account_id, purchase_code)

    async def page(
        self,
        account_id: int,
        filters: PurchaseFilters,
        *,
        limit: int = 100,
        offset: int = 0,
        newest_first: bool = True,
    ) -> list[Purchase]:
        """Give one page of purchases in order of their making."""
        async with self._database.connection() as connection:
            if filters == PurchaseFilters():
                page = Page(limit, offset, newest_first)
                created, page = await tallies.near(connection, account_id, TALLY, page)
                filters = PurchaseFilters(since=created.since, before=created.before)
                offset = page.offset
            return await store.page(
                connection, account_id, filters, newest_first=newest_first, limit=limit, offset=offset
            )

    async def count(self, account_id: int, filters: PurchaseFilters | None = None) -> int:
        """Tell how many purchases there are; without a filter that costs the same however many they are."""
        async with self._database.connection() as connection:
            if filters is None:
                return await tallies.total(connection, account_id, TALLY)
            return await store.count(connection, account_id, filters)

    async def _with_person(
        self,
        account_id: int,
        purchase_id: int,
        work: Callable[[Connection, _Held], Awaitable[ResultT]],
    ) -> ResultT:
        """Do something to a purchase while its person is locked; raises NotFoundError."""

        async def unit(connection: Connection) -> ResultT:
            found = _found(await store.by_id(connection, account_id, purchase_id))
            person = await people.lock(connection, account_id, found.person_id)
            if person is None:
                raise NotFoundError("There is no such purchase.")
            current = _found(await store.by_id(connection, account_id, purchase_id))
            program = await programs.read(connection, account_id)
            return await work(connection, _Held(program, person, current))

        return await in_one_unit(self._database, unit)


async def cancel_all(
    connection: Connection,
    ledger: Ledger,
    program: Program,
    person: Person,
    wanted: Cancellation,
    now: datetime,
    *,
    until: datetime | None = None,
) -> list[Purchase]:
    """Cancel the purchases of a person whose row is locked, of those made until an instant if one is named."""
    filters = PurchaseFilters(person_id=person.id)
    found = await store.page(
        connection, person.account_id, filters, newest_first=True, limit=MOST_OF_A_PERSON, offset=0
    )
    cancelled = []
    for purchase in found:
        if until is None or purchase.created_at <= until:
            after, person = await cancel(connection, ledger, program, person, purchase, wanted, now)
            cancelled.append(after)
    return cancelled


def _found(purchase: Purchase | None) -> Purchase:
    if purchase is None:
        raise NotFoundError("There is no such purchase.")
    return purchase
