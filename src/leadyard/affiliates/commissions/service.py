"""What merchants do with commissions."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.commissions import reading_store, store
from leadyard.affiliates.commissions.booking import Booking
from leadyard.affiliates.commissions.model import (
    CommissionFilters,
    CommissionRecord,
    CommissionStatus,
    Draft,
    Sum,
)
from leadyard.affiliates.model import CommissionKind
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit import clock
from leadyard.kit.currencies import read_currency, to_smallest_unit
from leadyard.kit.documents import text_problem
from leadyard.kit.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from leadyard.kit.ids import new_uuid
from leadyard.kit.money import to_micros
from leadyard.leads.unit import in_one_unit
from leadyard.ledger.service import Ledger
from leadyard.storage.database import LARGEST_ID, Connection, Database
from leadyard.tracking.fraud.model import Consequence

LONGEST_NOTE = 2000
MOST = Decimal(10) ** 12
BY_HAND = "made by hand"
REJECTED, UNDER_REVIEW = "rejected after a review", "under review"
COMMISSIONS_OF = "commissions of fraud signal"


class Subject(msgspec.Struct, frozen=True):
    """Whose commissions are meant: a purchase's, a person's on every level, or an affiliate's own."""

    affiliate_id: int | None = None
    person_id: int | None = None
    purchase_id: int | None = None


class Commissions:
    """The use cases of commissions of every account."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        """Share the process's database and ledger."""
        self._database = database
        self._ledger = ledger

    async def read(self, account_id: int, commission_id: int) -> CommissionRecord:
        """Give a commission; raises NotFoundError."""
        async with self._database.connection() as connection:
            return await self._required(connection, account_id, commission_id)

    async def page(
        self,
        account_id: int,
        filters: CommissionFilters,
        *,
        limit: int = 100,
        offset: int = 0,
        newest_first: bool = True,
    ) -> list[CommissionRecord]:
        """Give one page of commissions in order of their making."""
        async with self._database.connection() as connection:
            return await reading_store.page(
                connection, account_id, clock.now(), filters, newest_first=newest_first, limit=limit,
                offset=offset,
            )  # fmt: skip

    async def count(self, account_id: int, filters: CommissionFilters) -> int:
        """Count commissions."""
        async with self._database.connection() as connection:
            return await reading_store.count(connection, account_id, clock.now(), filters)

    async def sums(self, account_id: int, filters: CommissionFilters) -> list[Sum]:
        """Count and sum commissions by currency and status."""
        async with self._database.connection() as connection:
            return await reading_store.sums(connection, account_id, clock.now(), filters)

    async def create_manual(
        self,
        account_id: int,
        affiliate_id: int,
        amount: Decimal,
        *,
        currency: str = "USD",
        note: str | None = None,
        due_at: datetime | None = None,
    ) -> CommissionRecord:
        """Make a commission by hand, due at once unless a time is named; raises NotFoundError and InvalidInputError."""
        now = clock.now()
        code = read_currency(currency)
        rounded = _manual_amount(amount, code)
        _refuse(rounded, code, note)
        draft = Draft(
            affiliate_id=affiliate_id, kind=CommissionKind.MANUAL, origin=f"manual:{new_uuid()}",
            amount=to_micros(rounded or Decimal(0)), currency=code or currency, reason=BY_HAND, note=note,
            due_at=due_at or now,
        )  # fmt: skip

        async def work(connection: Connection) -> CommissionRecord:
            await affiliates.read(connection, account_id, affiliate_id)
            booking = Booking(self._ledger, account_id, now)
            booking.make([draft])
            [made] = await booking.write(connection)
            return await self._required(connection, account_id, made.id)

        return await in_one_unit(self._database, work)

    async def mark_as_paid(
        self, account_id: int, affiliate_id: int, purchase_id: int
    ) -> list[CommissionRecord]:
        """Pay what is due to an affiliate for a purchase, and give all its commissions of that purchase.

        What is pending, paid or negative stays as it is; a second time pays nothing.
        """
        now = clock.now()

        async def work(connection: Connection) -> list[CommissionRecord]:
            ids = set(await reading_store.lock_due(connection, account_id, now, affiliate_id, purchase_id))
            rows = await store.lock(connection, account_id, "purchase_id", purchase_id)
            booking = Booking(self._ledger, account_id, now)
            booking.pay((row for row in rows if row.id in ids and row.can_change), "marked as paid")
            await booking.write(connection)
            wanted = CommissionFilters(affiliate_id=affiliate_id, purchase_id=purchase_id)
            return await reading_store.page(
                connection, account_id, now, wanted, newest_first=False, limit=10_000, offset=0
            )

        return await in_one_unit(self._database, work)

    async def approve(self, account_id: int, commission_id: int) -> CommissionRecord:
        """Hold a commission no longer; raises NotFoundError, and ConflictError for a cancelled one."""
        now = clock.now()

        async def work(connection: Connection) -> CommissionRecord:
            known = await self._lock(connection, account_id, commission_id, now)
            if known.status is CommissionStatus.CANCELLED:
                raise ConflictError("status", "is cancelled")
            if known.is_held:
                await store.release(connection, account_id, [commission_id], now, note=UNDER_REVIEW)
            return await self._required(connection, account_id, commission_id)

        return await in_one_unit(self._database, work)

    async def reject(self, account_id: int, commission_id: int, note: str | None = None) -> CommissionRecord:
        """Cancel a commission that is not paid; raises NotFoundError, and ConflictError for a paid one."""
        now = clock.now()
        _refuse_note(note)

        async def work(connection: Connection) -> CommissionRecord:
            known = await self._lock(connection, account_id, commission_id, now)
            if known.status is CommissionStatus.PAID or known.payout_id is not None:
                raise ConflictError("status", "is paid, or on its way to be")
            if known.status is not CommissionStatus.CANCELLED:
                booking = Booking(self._ledger, account_id, now)
                rows = await store.lock(connection, account_id, "id", commission_id)
                booking.cancel(rows, note=note or "rejected")
                await booking.write(connection)
            return await self._required(connection, account_id, commission_id)

        return await in_one_unit(self._database, work)

    async def stop(self, actor: Actor, subject: Subject, signal_id: int, consequence: Consequence) -> int:
        """Hold or reject all open commissions of a subject because of a signal; gives how many that were.

        What is paid, or on its way to be, stays; and so does, when it is to be held, what is held already.
        """
        now, rejects = clock.now(), consequence is Consequence.REJECT

        async def work(connection: Connection) -> int:
            wanted = msgspec.structs.asdict(subject)
            if not any(wanted.values()):
                return 0
            rows = await store.lock_open(connection, actor.account_id, **wanted)
            rows = [row for row in rows if row.amount > 0 and (rejects or not row.is_held)]
            booking = Booking(self._ledger, actor.account_id, now)
            if rejects:
                booking.cancel(rows, note=REJECTED)
            else:
                booking.hold(rows, note=UNDER_REVIEW)
            await booking.write(connection)
            if rows:
                ids = [row.id for row in rows]
                await record_change(
                    connection, actor.account_id, actor.name, consequence.value, COMMISSIONS_OF, signal_id, None,
                    {"commission_ids": ids},
                )  # fmt: skip
            return len(rows)

        return await in_one_unit(self._database, work)

    async def _lock(
        self, connection: Connection, account_id: int, commission_id: int, now: datetime
    ) -> CommissionRecord:
        if 0 < commission_id <= LARGEST_ID:
            await store.lock(connection, account_id, "id", commission_id)
        return await self._required(connection, account_id, commission_id, now)

    async def _required(
        self, connection: Connection, account_id: int, commission_id: int, now: datetime | None = None
    ) -> CommissionRecord:
        found = None
        if 0 < commission_id <= LARGEST_ID:
            found = await reading_store.find(connection, account_id, now or clock.now(), commission_id)
        if found is None:
            raise NotFoundError("There is no such commission.")
        return found


def balances(sums: Sequence[Sum]) -> dict[tuple[str, CommissionStatus], Decimal]:
    """Look sums up by currency and status."""
    return {(one.currency, one.status): one.amount for one in sums}


def _manual_amount(amount: Decimal, currency: str | None) -> Decimal | None:
    if currency is None or not amount.is_finite() or not 0 < amount < MOST:
        return None
    rounded = to_smallest_unit(amount, currency)
    return rounded if rounded > 0 else None


def _refuse(amount: Decimal | None, currency: str | None, note: str | None) -> None:
    problems = []
    if currency is None:
        problems.append(FieldProblem("currency", "is invalid"))
    elif amount is None:
        problems.append(FieldProblem("amount", "is invalid"))
    if note is not None and (len(note) > LONGEST_NOTE or text_problem(note)):
        problems.append(FieldProblem("note", "is invalid"))
    if problems:
        raise InvalidInputError(problems)


def _refuse_note(note: str | None) -> None:
    if note is not None and (len(note) > LONGEST_NOTE or text_problem(note)):
        raise InvalidInputError.of("note", "is invalid")
