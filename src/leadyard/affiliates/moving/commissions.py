"""Commissions as they stand there, booked like any other; nothing is worked out anew."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.commissions.model import Commission
from leadyard.affiliates.model import AffiliateStatus, CommissionKind, CommissionState, PurchaseState
from leadyard.affiliates.moving import purchase_store
from leadyard.affiliates.moving.purchases import plan_of
from leadyard.affiliates.moving.store import Kept
from leadyard.affiliates.moving.unit import Unit
from leadyard.affiliates.moving.wire import Coded, Resource, TheirCommission
from leadyard.affiliates.purchases import store as purchases
from leadyard.affiliates.purchases.model import Purchase
from leadyard.kit.currencies import read_currency
from leadyard.kit.money import to_micros
from leadyard.ledger.model import Entry, EntryKind, commission, commission_paid, made

DEFAULT_SOURCE = "leaddyno"
MEMO = "moved from LeadDyno"


async def take(unit: Unit, rows: Sequence[TheirCommission]) -> None:
    """Make the commissions that are not here; of those that are open here take over how they stand there.

    Those of a purchase that was here before the move are left out: it has its own.
    """
    known = await unit.known(Resource.COMMISSIONS, (row.id for row in rows))
    fresh = [row for row in rows if row.id not in known]
    bought = await unit.known(Resource.PURCHASES, (row.purchase.id for row in rows if row.purchase))
    owners = await unit.ours(Resource.AFFILIATES, (row.affiliate.id for row in rows))
    wanted = []
    for row in fresh:
        problem = _problem(row, owners, bought)
        if problem is None:
            wanted.append(row)
        else:
            unit.problems.append(f"commission {row.id}: {problem}")
    ids = await unit.ids(Resource.COMMISSIONS, [row.id for row in wanted])
    book = _Book(unit, owners, bought)
    for row in wanted:
        await book.make(row, ids[row.id])
    followed = {known[row.id].our_id: row for row in rows if row.id in known}
    there = await purchase_store.lock_commissions(unit.connection, unit.account_id, sorted(followed))
    for our_id, before in there.items():
        await book.follow(followed[our_id], before)
    await book.close()


def _problem(row: TheirCommission, owners: dict[int | None, int], bought: dict[int, Kept]) -> str | None:
    if row.affiliate.id not in owners:
        return f"its affiliate {row.affiliate.id} is not there"
    if row.purchase is None:
        return None
    if row.purchase.id not in bought:
        return f"its purchase {row.purchase.id} is not there"
    if not bought[row.purchase.id].is_made:
        return "left out, for its purchase was here before and has commissions of its own"
    return None


class _Book:
    """What the commissions of one page come to."""

    def __init__(self, unit: Unit, owners: dict[int | None, int], bought: dict[int, Kept]) -> None:
        self._unit = unit
        self._owners = owners
        self._bought = bought
        self._plans: dict[Coded, int] = {}
        self._waiting: dict[int, bool] = {}
        self._purchases: dict[int, Purchase | None] = {}
        self._made: list[Commission] = []
        self._changed: list[Commission] = []
        self._kept: list[Kept] = []
        self._entries: list[Entry | None] = []

    async def make(self, row: TheirCommission, our_id: int) -> None:
        unit = self._unit
        purchase = await self._purchase(row)
        state = _state(row)
        affiliate_id = self._owners[row.affiliate.id]
        due_at, is_held = await self._due(row, affiliate_id, purchase)
        prefix = DEFAULT_SOURCE if unit.source == DEFAULT_SOURCE else f"{DEFAULT_SOURCE}:{unit.source}"
        one = Commission(
            id=our_id, affiliate_id=affiliate_id, kind=_kind(row), state=state, origin=f"{prefix}:{row.id}",
            purchase_id=None if purchase is None else purchase.id,
            person_id=None if purchase is None else purchase.person_id, plan_id=await self._plan(row), level=row.level,
            amount=to_micros(row.amount), currency=self._currency(row), reason=(row.reason or "").strip() or MEMO,
            note=row.note, is_held=is_held, due_at=due_at, payout_id=None,
            paid_at=_paid_at(due_at, row, unit.at) if state is CommissionState.PAID else None,
            created_at=row.created_at, updated_at=row.created_at,
        )  # fmt: skip
        self._made.append(one)
        self._kept.append(Kept(row.id, our_id))
        self._book(EntryKind.COMMISSION_EARNED, one, one.amount, row.created_at)
        self._settle(one, row.created_at)

    async def follow(self, row: TheirCommission, before: Commission) -> None:
        """Take over how an open commission stands there now; one that is settled here stays as it is."""
        if not before.can_change:
            return
        at = self._unit.at
        due_at, is_held = await self._due(row, before.affiliate_id, await self._purchase(row))
        after = msgspec.structs.replace(
            before, state=_state(row), amount=to_micros(row.amount), note=row.note, due_at=due_at,
            is_held=before.is_held and is_held,
            paid_at=at if _state(row) is CommissionState.PAID else None,
        )  # fmt: skip
        if after == before:
            return
        after = msgspec.structs.replace(after, updated_at=at)
        self._changed.append(after)
        self._book(EntryKind.COMMISSION_CHANGED, after, after.amount - before.amount, at)
        self._settle(after, at)

    async def close(self) -> None:
        connection, account_id = self._unit.connection, self._unit.account_id
        await purchase_store.insert_commissions(connection, account_id, self._made)
        await purchase_store.update_commissions(connection, account_id, self._changed)
        await self._unit.remember(Resource.COMMISSIONS, self._kept)
        await self._unit.ledger.post_in(connection, account_id, made(self._entries))

    def _settle(self, one: Commission, at: datetime) -> None:
        if one.state is CommissionState.CANCELLED:
            self._book(EntryKind.COMMISSION_CANCELLED, one, -one.amount, at)
        elif one.state is CommissionState.PAID:
            self._entries.append(
                commission_paid(
                    self._unit.account_id, one.paid_at or at, one.id, affiliate_id=one.affiliate_id, amount=one.amount,
                    currency=one.currency, memo=MEMO,
                )
            )  # fmt: skip

    def _book(self, kind: EntryKind, one: Commission, amount: int, at: datetime) -> None:
        self._entries.append(
            commission(
                self._unit.account_id, kind, at, one.id, affiliate_id=one.affiliate_id, amount=amount,
                currency=one.currency, lead_id=None, memo=MEMO,
            )
        )  # fmt: skip

    async def _due(
        self, row: TheirCommission, affiliate_id: int, purchase: Purchase | None
    ) -> tuple[datetime, bool]:
        """Tell when a commission is due, and whether it waits for a person's word and for nothing else."""
        at = self._unit.at
        due_at = row.due_at or row.created_at
        if _state(row) is not CommissionState.OPEN:
            return due_at, False
        if row.status != "pending":
            return min(due_at, at), False
        waits = due_at > at or (purchase is not None and purchase.state is PurchaseState.PENDING)
        return due_at, not waits and not await self._is_waiting(affiliate_id)

    async def _is_waiting(self, affiliate_id: int) -> bool:
        if affiliate_id not in self._waiting:
            found = await affiliates.by_id(self._unit.connection, self._unit.account_id, affiliate_id)
            self._waiting[affiliate_id] = found is not None and found.status is AffiliateStatus.PENDING
        return self._waiting[affiliate_id]

    async def _purchase(self, row: TheirCommission) -> Purchase | None:
        kept = None if row.purchase is None else self._bought.get(row.purchase.id)
        if kept is None:
            return None
        if kept.our_id not in self._purchases:
            self._purchases[kept.our_id] = await purchases.by_id(
                self._unit.connection, self._unit.account_id, kept.our_id
            )
        return self._purchases[kept.our_id]

    async def _plan(self, row: TheirCommission) -> int | None:
        if row.plan is None:
            return None
        if row.plan not in self._plans:
            self._plans[row.plan] = (await plan_of(self._unit, row.plan))[0]
        return self._plans[row.plan]

    def _currency(self, row: TheirCommission) -> str:
        return read_currency(row.currency) or self._unit.program.currency


def _state(row: TheirCommission) -> CommissionState:
    if row.cancelled or row.status == "cancelled":
        return CommissionState.CANCELLED
    return CommissionState.PAID if row.paid or row.status == "paid" else CommissionState.OPEN


def _kind(row: TheirCommission) -> CommissionKind:
    if row.amount < 0:
        return CommissionKind.CLAW_BACK
    return CommissionKind.MANUAL if row.purchase is None and row.plan is None else CommissionKind.LINE


def _paid_at(due_at: datetime, row: TheirCommission, at: datetime) -> datetime:
    """Tell when a commission was paid at the earliest, for LeadDyno does not show when it was."""
    return min(max(due_at, row.created_at), at)
