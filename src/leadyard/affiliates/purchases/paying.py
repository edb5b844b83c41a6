"""What a purchase earns: at once, anew after a change, and month after month. In the caller's unit of work."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from leadyard.affiliates.commissions import store as commissions
from leadyard.affiliates.commissions.booking import Booking
from leadyard.affiliates.commissions.earning import About, draft_of, drafts_of, rate_for, zone_of
from leadyard.affiliates.commissions.model import Commission, Draft
from leadyard.affiliates.commissions.months import add_months
from leadyard.affiliates.commissions.rules import (
    PURCHASE_EVENTS,
    Event,
    Line,
    earning,
    earnings,
    first_due,
    last_repetition,
    matches,
)
from leadyard.affiliates.model import CommissionKind, Repeats
from leadyard.affiliates.plans.service import ChosenPlan, plan_with_lines
from leadyard.affiliates.purchases import schedule_store
from leadyard.affiliates.purchases.model import Purchase
from leadyard.affiliates.purchases.schedule_store import Schedule
from leadyard.kit.money import to_micros
from leadyard.storage.database import Connection


def lines_of(plan: ChosenPlan) -> tuple[Line, ...]:
    """Give the lines of a plan that a purchase may be paid by."""
    return tuple(line for line in plan.lines if line.terms.pays_for in PURCHASE_EVENTS)


async def pay_new(connection: Connection, booking: Booking, purchase: Purchase, plan: ChosenPlan) -> None:
    """Make what a new purchase earns at once, and note what it will earn in later months."""
    if purchase.is_barred or not purchase.terms.chain:
        return
    if purchase.amount_override is not None:
        booking.make(_override(purchase))
        return
    zone = await zone_of(connection, purchase.account_id)
    event, lines, chain = await _event(connection, purchase, plan, zone), plan.lines, purchase.terms.chain
    booking.make(_drafts(purchase, plan, event, zone))
    repeating = [
        Schedule(
            purchase.id, line.id, line.terms.level, link.affiliate_id, 2, add_months(first_due(event, line, zone), 1, zone),
            None,
        )
        for line, link in matches(event, lines, chain)
        if line.terms.repeats is not Repeats.NEVER
    ]  # fmt: skip
    await schedule_store.insert(connection, purchase.account_id, repeating)


async def pay_anew(connection: Connection, booking: Booking, purchase: Purchase) -> None:
    """Work out anew what a changed purchase earns, by the plan of its time; what is paid stays as it is."""
    if purchase.is_barred or purchase.amount_override is not None or not purchase.terms.chain:
        return
    plan = await plan_with_lines(connection, purchase.account_id, purchase.plan_id, purchase.terms.line_ids)
    if plan is None:
        return
    zone = await zone_of(connection, purchase.account_id)
    event = await _event(connection, purchase, plan, zone)
    rows = await commissions.lock(connection, purchase.account_id, "purchase_id", purchase.id)
    known = [row for row in rows if row.kind is CommissionKind.LINE]
    wanted = {draft.origin: draft for draft in _drafts(purchase, plan, event, zone)}
    for row in known:
        if row.can_change:
            is_first = row.repetition == 1
            draft = (
                wanted.get(row.origin) if is_first else await _later(connection, purchase, plan, zone, row)
            )
            _adjust(booking, row, draft)
    taken = {row.origin for row in known}
    booking.make(draft for origin, draft in wanted.items() if origin not in taken)


async def pay_month(
    connection: Connection, booking: Booking, purchase: Purchase, schedule: Schedule
) -> Schedule | None:
    """Make the commission of the month that has come; gives what comes next, None when that was the last."""
    plan = await plan_with_lines(connection, purchase.account_id, purchase.plan_id, [schedule.plan_line_id])
    if (
        plan is None
        or not plan.lines
        or (schedule.ends_at is not None and schedule.next_at >= schedule.ends_at)
    ):
        return None
    zone, line = await zone_of(connection, purchase.account_id), plan.lines[0]
    event = await _event(connection, purchase, plan, zone, at=schedule.next_at)
    link = purchase.terms.chain[schedule.level]
    if await commissions.earns(connection, purchase.account_id, schedule.affiliate_id):
        one = earning(
            event, line, link, plan.currency, due_at=schedule.next_at, repetition=schedule.next_repetition
        )
        if one is not None:
            booking.make([draft_of(one, _about(purchase), plan_id=plan.id, is_held=purchase.terms.is_held)])
    last, following = last_repetition(line.terms), schedule.next_repetition + 1
    if last is not None and following > last:
        return None
    began = first_due(await _event(connection, purchase, plan, zone), line, zone)
    return msgspec.structs.replace(
        schedule, next_repetition=following, next_at=add_months(began, following - 1, zone)
    )


async def _event(
    connection: Connection,
    purchase: Purchase,
    plan: ChosenPlan,
    zone: ZoneInfo,
    *,
    at: datetime | None = None,
) -> Event:
    moment = at or purchase.created_at
    rate = await rate_for(connection, purchase.account_id, purchase.currency, plan.currency, moment, zone)
    return Event.of_purchase(
        purchase.id, ordinal=purchase.terms.ordinal, at=purchase.created_at, currency=purchase.currency,
        amount=purchase.amount, items=purchase.line_items or (), code=purchase.used_code, rate=rate,
    )  # fmt: skip


def _drafts(purchase: Purchase, plan: ChosenPlan, event: Event, zone: ZoneInfo) -> list[Draft]:
    earned = earnings(event, plan.lines, purchase.terms.chain, plan.currency, zone)
    return drafts_of(earned, _about(purchase), plan_id=plan.id, is_held=purchase.terms.is_held)


async def _later(
    connection: Connection, purchase: Purchase, plan: ChosenPlan, zone: ZoneInfo, row: Commission
) -> Draft | None:
    """Work out anew what a later month earns that was made already."""
    line = next((line for line in plan.lines if line.id == row.plan_line_id), None)
    if line is None:
        return None
    event = await _event(connection, purchase, plan, zone, at=row.due_at)
    link = purchase.terms.chain[row.level]
    one = earning(event, line, link, plan.currency, due_at=row.due_at, repetition=row.repetition)
    return None if one is None else draft_of(one, _about(purchase), plan_id=plan.id)


def _adjust(booking: Booking, row: Commission, draft: Draft | None) -> None:
    if draft is None or draft.currency != row.currency:
        booking.cancel([row], note="worked out anew", frees_origin=True)
        if draft is not None:
            booking.make([msgspec.structs.replace(draft, is_held=row.is_held)])
    elif (draft.amount, draft.rate, draft.tier, draft.reason) != (row.amount, row.rate, row.tier, row.reason):
        after = msgspec.structs.replace(
            row, amount=draft.amount, rate=draft.rate, tier=draft.tier, reason=draft.reason
        )
        booking.change(row, after)


def _override(purchase: Purchase) -> Iterator[Draft]:
    """Pay exactly what the purchase says, to the credited affiliate alone."""
    credited = purchase.terms.chain[0]
    if purchase.amount_override and credited.earns:
        yield Draft(
            affiliate_id=credited.affiliate_id, kind=CommissionKind.OVERRIDE,
            origin=f"purchase:{purchase.id}:override", amount=to_micros(purchase.amount_override),
            currency=purchase.currency, reason="the amount that came with the purchase", due_at=purchase.created_at,
            is_held=purchase.terms.is_held, purchase_id=purchase.id, person_id=purchase.person_id,
            touch_id=purchase.touch_id,
        )  # fmt: skip


def _about(purchase: Purchase) -> About:
    return About(purchase_id=purchase.id, person_id=purchase.person_id, touch_id=purchase.touch_id)
