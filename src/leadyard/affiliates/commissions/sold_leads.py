"""Affiliates' shares of what submissions brought: made, adjusted and taken back as the net revenue moves."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from leadyard.affiliates.commissions import occasion_store, store
from leadyard.affiliates.commissions.booking import Booking
from leadyard.affiliates.commissions.clawing_back import counterpart
from leadyard.affiliates.commissions.earning import About, Volume, chain_for, draft_of, rate_for, zone_of
from leadyard.affiliates.commissions.model import Commission, Draft
from leadyard.affiliates.commissions.occasion_store import SoldLead
from leadyard.affiliates.commissions.occasions import lock_people
from leadyard.affiliates.commissions.rules import ChainLink, Earning, Event, earning, first_due, matches
from leadyard.affiliates.commissions.tracked_leads import Credited, credit_of
from leadyard.affiliates.model import CommissionKind, CommissionState, PaysFor, Program
from leadyard.affiliates.plans.service import ChosenPlan, known_default_plan, plan_with_lines
from leadyard.kit.money import from_micros, to_micros
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Connection

Slot = tuple[int, int]
"""A line and a level: what one affiliate has in a submission."""


class Share(msgspec.Struct, frozen=True):
    """What an affiliate is to have for one slot: nothing (None) or an earning, and what it had of it so far."""

    wanted: Earning | None
    rows: tuple[Commission, ...]


async def settle_lead(
    connection: Connection, ledger: Ledger, program: Program, lead: SoldLead, at: datetime, now: datetime
) -> None:
    """Bring what affiliates have of a submission, whose row is locked, to their share of its revenue.

    The first sale decides whose share it is; a return or a changed amount moves it later.
    """
    rows = await store.lock(connection, lead.account_id, "lead_id", lead.id)
    known = [row for row in rows if row.plan_line_id is not None]
    zone = await zone_of(connection, lead.account_id)
    booking = Booking(ledger, lead.account_id, now)
    if known:
        plan_id = known[0].plan_id or 0
        first = known[0]
        about = About(
            lead_id=lead.id, person_id=first.person_id, visitor_id=first.visitor_id, touch_id=first.touch_id
        )
        shares = await _known_shares(connection, lead, known, at, zone)
    else:
        found = await _new_shares(connection, program, lead, lead.sold_at or at, zone)
        if found is None:
            return
        plan_id, about, shares = found
    for share in shares:
        for step in steps(share, about, plan_id, now, claws_back=program.claw_back):
            _do(booking, step)
    await booking.write(connection)


class Step(msgspec.Struct, frozen=True):
    """One thing to do: cancel or change a commission that is open, or make one."""

    cancelled: Commission | None = None
    changed: tuple[Commission, Commission] | None = None
    made: Draft | None = None


def steps(share: Share, about: About, plan_id: int, now: datetime, *, claws_back: bool) -> Iterator[Step]:
    """Tell how a slot comes from what it had to what it is to have; pure.

    What is paid stays, and the difference is a line of its own. What a person rejected stays rejected.
    """
    rows = share.rows
    if any(row.state is CommissionState.CANCELLED and "~" not in row.origin for row in rows):
        return
    paid = [row for row in rows if row.is_settled]
    free = [row for row in rows if row.can_change]
    target = 0 if share.wanted is None else to_micros(share.wanted.amount)
    difference = target - sum(row.amount for row in paid)
    kind = CommissionKind.LINE if difference > 0 else CommissionKind.CLAW_BACK
    if difference < 0 and not claws_back:
        difference = 0
    kept = next((row for row in free if difference and row.kind is kind), None)
    yield from (Step(cancelled=row) for row in free if row is not kept)
    if kept is not None:
        reason = (
            kept.reason if share.wanted is None or kind is CommissionKind.CLAW_BACK else share.wanted.reason
        )
        after = msgspec.structs.replace(kept, amount=difference, reason=reason)
        if after != kept:
            yield Step(changed=(kept, after))
    elif difference < 0:
        first = next(row for row in paid if row.kind is CommissionKind.LINE)
        yield Step(made=counterpart(first, now, amount=difference, number=len(rows) + 1))
    elif difference > 0 and share.wanted is not None:
        draft = draft_of(share.wanted, about, plan_id=plan_id)
        more = {"origin": f"{draft.origin}:more:{len(rows) + 1}", "due_at": max(now, draft.due_at)}
        yield Step(made=msgspec.structs.replace(draft, amount=difference, **(more if paid else {})))


def _do(booking: Booking, step: Step) -> None:
    if step.cancelled is not None:
        booking.cancel([step.cancelled], note="the lead brought less", frees_origin=True)
    if step.changed is not None:
        booking.change(*step.changed)
    if step.made is not None:
        booking.make([step.made])


async def _known_shares(
    connection: Connection, lead: SoldLead, known: Sequence[Commission], at: datetime, zone: ZoneInfo
) -> list[Share]:
    """Work out anew what those have who had a share before, by the lines and at the rate of that time."""
    slots: dict[Slot, list[Commission]] = defaultdict(list)
    for row in known:
        slots[row.plan_line_id or 0, row.level].append(row)
    plan = await plan_with_lines(
        connection, lead.account_id, known[0].plan_id or 0, sorted({line_id for line_id, _ in slots})
    )
    if plan is None:
        return []
    lines = {line.id: line for line in plan.lines}
    shares = []
    for (line_id, _), rows in slots.items():
        event, line = _event(lead, at, rows[0].rate), lines[line_id]
        due_at = first_due(event, line, zone)
        link = ChainLink(rows[0].affiliate_id)
        one = earning(event, line, link, plan.currency, due_at=due_at, tier=rows[0].tier)
        shares.append(Share(one, tuple(rows)))
    return shares


async def _new_shares(
    connection: Connection, program: Program, lead: SoldLead, at: datetime, zone: ZoneInfo
) -> tuple[int, About, list[Share]] | None:
    """Work out what a submission earns whoever is credited with it; None where that is nobody."""
    found = await _credit(connection, program, lead, at)
    if found is None or found.credit.affiliate_id is None:
        return None
    plan = await known_default_plan(connection, lead.account_id)
    if plan is None:
        return None
    about = About(
        lead_id=lead.id,
        person_id=found.person_id,
        visitor_id=found.visitor_id,
        touch_id=found.credit.touch_id,
    )
    earned = await _earned(connection, plan, lead, found.credit.affiliate_id, at, zone)
    return plan.id, about, [Share(one, ()) for one in earned]


async def _earned(
    connection: Connection,
    plan: ChosenPlan,
    lead: SoldLead,
    affiliate_id: int | None,
    at: datetime,
    zone: ZoneInfo,
) -> list[Earning]:
    lines = [line for line in plan.lines if line.terms.pays_for is PaysFor.SOLD_LEAD]
    chain = await chain_for(
        connection, lead.account_id, affiliate_id, lines, at, volume=Volume.SOLD_LEADS, currency=plan.currency
    )
    rate = await rate_for(connection, lead.account_id, lead.currency, plan.currency, at, zone)
    event = _event(lead, at, rate)
    found = (
        earning(event, line, link, plan.currency, due_at=first_due(event, line, zone))
        for line, link in matches(event, lines, chain)
    )
    return [one for one in found if one is not None]


async def _credit(connection: Connection, program: Program, lead: SoldLead, at: datetime) -> Credited | None:
    """Tell who was credited when the lead was sold.

    Where nobody was, somebody may be at this moment in a unit of work that is still open: that is waited for.
    """
    found = await credit_of(connection, program, lead, at)
    if lead.email_key is not None and (found is None or found.credit.affiliate_id is None):
        await lock_people(connection, lead.account_id, [lead.email_key])
        found = await credit_of(connection, program, lead, at)
    return found


def _event(lead: SoldLead, at: datetime, rate: Decimal | None) -> Event:
    return Event(
        origin=f"sold:{lead.id}", pays_for=frozenset({PaysFor.SOLD_LEAD}), at=at, currency=lead.currency,
        amount=from_micros(lead.revenue), rate=rate,
    )  # fmt: skip


async def settle_occasions(
    connection: Connection, ledger: Ledger, account_id: int, program: Program, now: datetime, most: int
) -> int:
    """Work in what was noted of an account's submissions; gives how much that was."""
    noted = await occasion_store.take(connection, account_id, most)
    for lead_id in sorted(noted):
        lead = await occasion_store.lock_lead(connection, account_id, lead_id)
        if lead is not None:
            await settle_lead(connection, ledger, program, lead, noted[lead_id], now)
    return len(noted)
