"""Purchases with their plans and cancellations, made as they are there; nothing is paid for them anew."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from leadyard.affiliates.model import LineItem, PurchaseState
from leadyard.affiliates.moving import purchase_store
from leadyard.affiliates.moving.store import Kept
from leadyard.affiliates.moving.unit import Unit
from leadyard.affiliates.moving.wire import Coded, Resource, TheirPurchase
from leadyard.affiliates.plans import store as plan_store
from leadyard.affiliates.plans.model import PlanInput
from leadyard.affiliates.plans.service import default_plan, plans
from leadyard.affiliates.purchases import store
from leadyard.affiliates.purchases.model import Cancelled, Purchase, Terms
from leadyard.affiliates.purchases.recording import TALLY
from leadyard.kit.currencies import read_currency
from leadyard.people import moving_in as people_moving_in
from leadyard.people import service as people
from leadyard.people.model import Person
from leadyard.storage import tallies
from leadyard.tracking.counting import count_days
from leadyard.tracking.model import DayCount


async def take(unit: Unit, rows: Sequence[TheirPurchase]) -> None:
    """Make the purchases that are not here, and take over what has changed there since of those that the move made.

    One whose code is here already stays as it is.
    """
    known = await unit.known(Resource.PURCHASES, (row.id for row in rows))
    fresh = [row for row in rows if row.id not in known]
    owners = await unit.ours(Resource.LEADS, (row.lead.id for row in fresh))
    affiliates = await unit.ours(Resource.AFFILIATES, (row.affiliate.id for row in fresh if row.affiliate))
    cancellations = await _cancellation_ids(unit, rows)
    owned = [row for row in fresh if row.lead.id in owners]
    for row in fresh:
        if row.lead.id not in owners:
            unit.problems.append(f"purchase {row.purchase_code}: its lead {row.lead.id} is not there")
    locked = await people.lock_all(unit.connection, unit.account_id, set(owners.values()))
    ids = await unit.ids(Resource.PURCHASES, [row.id for row in owned])
    book = _Book(unit, cancellations)
    for row in owned:
        affiliate_id = affiliates.get(row.affiliate.id) if row.affiliate else None
        await book.make(row, ids[row.id], locked[owners[row.lead.id]], affiliate_id)
    for row in rows:
        if row.id in known and known[row.id].is_made:
            await book.follow(row, known[row.id].our_id)
    await book.close()


async def mark_first(unit: Unit) -> None:
    """Mark the first purchase of each customer among those that the move made."""
    await purchase_store.mark_first(unit.connection, unit.account_id, unit.source)


async def plan_of(unit: Unit, plan: Coded | None) -> tuple[int, str]:
    """Give the plan here of one there, by its code; one that is missing is made, without lines: it pays nothing yet."""
    connection, account_id = unit.connection, unit.account_id
    if plan is None:
        chosen = await default_plan(connection, account_id, unit.program.currency)
        return chosen.id, chosen.code
    known = (await unit.known(Resource.PLANS, [plan.id])).get(plan.id)
    if known is not None:
        row = await plan_store.by_id(connection, account_id, known.our_id)
        if row is not None:
            return row["id"], row["code"]
    code = (plan.code or "").strip() or f"plan-{plan.id}"
    row = await plan_store.by_code(connection, account_id, code)
    if row is None:
        is_free = await plan_store.by_id(connection, account_id, plan.id) is None
        made = await plans.create_in(
            connection, unit.actor, PlanInput(code=code, currency=unit.program.currency),
            chosen_id=plan.id if is_free else None,
        )  # fmt: skip
        our_id, is_made = made.id, True
        unit.problems.append(f"plan {code}: made without lines, for LeadDyno does not show them; write them")
    else:
        our_id, is_made = row["id"], False
    if known is None:
        await unit.remember(Resource.PLANS, [Kept(plan.id, our_id, is_made=is_made)])
    return our_id, code


class _Book:
    """What the purchases of one page come to."""

    def __init__(self, unit: Unit, cancellations: dict[int, int]) -> None:
        self._unit = unit
        self._cancellations = cancellations
        self._plans: dict[Coded | None, tuple[int, str]] = {}
        self._standing: Counter[int] = Counter()
        self._made: list[Purchase] = []
        self._kept: list[Kept] = []
        self._counts: list[DayCount] = []

    async def make(self, row: TheirPurchase, our_id: int, person: Person, affiliate_id: int | None) -> None:
        unit = self._unit
        there = await store.by_code(unit.connection, unit.account_id, row.purchase_code)
        if there is not None:
            self._kept.append(Kept(row.id, there.id, is_made=False))
            return
        if row.plan not in self._plans:
            self._plans[row.plan] = await plan_of(unit, row.plan)
        is_credited = affiliate_id is not None and affiliate_id == person.credit.affiliate_id
        purchase = self._purchase(row, our_id, person, affiliate_id)
        await store.insert(unit.connection, purchase)
        await store.update(unit.connection, purchase)
        self._kept.append(Kept(row.id, our_id))
        self._made.append(purchase)
        self._standing[person.id] += not purchase.is_cancelled
        if affiliate_id is not None:
            subid = (person.credit.subid if is_credited else None) or ""
            self._counts.append(DayCount(affiliate_id, subid, row.created_at, purchases=1))

    def _purchase(
        self, row: TheirPurchase, our_id: int, person: Person, affiliate_id: int | None
    ) -> Purchase:
        plan_id, plan_code = self._plans[row.plan]
        credit = person.credit
        is_credited = affiliate_id is not None and affiliate_id == credit.affiliate_id
        return Purchase(
            account_id=self._unit.account_id, id=our_id, purchase_code=row.purchase_code, person_id=person.id,
            email=person.email or "", affiliate_id=affiliate_id, affiliate_email=None,
            traffic_campaign_id=credit.traffic_campaign_id if is_credited else None,
            touch_id=credit.touch_id if is_credited else None, plan_id=plan_id, plan_code=plan_code, state=_state(row),
            amount=row.purchase_amount, currency=self._currency(row), amount_override=row.commission_amount_override,
            line_items=_items(row), description=row.description, note=row.note, referral_source=row.referral_source,
            used_code=None, is_first=False, is_barred=False, terms=Terms(), created_at=row.created_at,
            updated_at=row.updated_at or row.created_at, cancellation=self._cancelled(row),
            commission_amount=Decimal(0),
        )  # fmt: skip

    async def follow(self, row: TheirPurchase, our_id: int) -> None:
        """Take over what was changed there later than here, and that it was cancelled; one cancelled here stays so."""
        unit = self._unit
        before = await store.by_id(unit.connection, unit.account_id, our_id)
        changed_at = row.updated_at or row.created_at
        if before is None or before.is_cancelled:
            return
        if changed_at <= before.updated_at and _state(row) is not PurchaseState.CANCELLED:
            return
        await people.lock_all(unit.connection, unit.account_id, [before.person_id])
        after = msgspec.structs.replace(
            before, state=_state(row), cancellation=self._cancelled(row), updated_at=max(changed_at, before.updated_at)
        )  # fmt: skip
        if changed_at > before.updated_at:
            after = msgspec.structs.replace(
                after, amount=row.purchase_amount, currency=self._currency(row), line_items=_items(row),
                description=row.description, note=row.note,
            )  # fmt: skip
        await store.update(unit.connection, after)
        if after.is_cancelled:
            self._standing[before.person_id] -= 1

    async def close(self) -> None:
        connection, account_id = self._unit.connection, self._unit.account_id
        await self._unit.remember(Resource.PURCHASES, self._kept)
        await people_moving_in.add_purchases(connection, account_id, self._standing)
        tallies.add_many(connection, account_id, TALLY, [one.created_at for one in self._made])
        count_days(connection, account_id, self._counts)

    def _currency(self, row: TheirPurchase) -> str:
        return read_currency(row.currency or "") or self._unit.program.currency

    def _cancelled(self, row: TheirPurchase) -> Cancelled | None:
        theirs = row.cancellation
        if _state(row) is not PurchaseState.CANCELLED or theirs is None:
            return None
        effective_at = theirs.effective_date or row.updated_at or row.created_at
        code = theirs.cancellation_code or f"leaddyno-{theirs.id}"
        return Cancelled(self._cancellations[theirs.id], code, effective_at, theirs.source)


async def _cancellation_ids(unit: Unit, rows: Sequence[TheirPurchase]) -> dict[int, int]:
    theirs = [row.cancellation.id for row in rows if row.cancellation is not None]
    known = await unit.ours(Resource.CANCELLATIONS, theirs)
    fresh = sorted(set(theirs) - known.keys())
    ids = await unit.ids(Resource.CANCELLATIONS, fresh)
    await unit.remember(Resource.CANCELLATIONS, [Kept(their_id, ids[their_id]) for their_id in fresh])
    return ids | {their_id: known[their_id] for their_id in theirs if their_id in known}


def _state(row: TheirPurchase) -> PurchaseState:
    if row.cancelled or row.status == "cancelled":
        return PurchaseState.CANCELLED
    return PurchaseState.PENDING if row.status == "pending" else PurchaseState.APPROVED


def _items(row: TheirPurchase) -> tuple[LineItem, ...] | None:
    if not row.line_items:
        return None
    return tuple(
        LineItem(
            item.sku, Decimal(1) if item.quantity is None else item.quantity, item.description, item.amount
        )
        for item in row.line_items
    )
