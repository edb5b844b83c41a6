"""What an event needs to be put to a plan, read inside the unit of work; and commissions in the form in which they are made."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from leadyard.affiliates.commissions import store
from leadyard.affiliates.commissions.model import Draft
from leadyard.affiliates.commissions.months import month_of
from leadyard.affiliates.commissions.rules import ChainLink, Earning, Line
from leadyard.affiliates.commissions.store import Brought
from leadyard.affiliates.model import CommissionKind
from leadyard.identity.service import load_account
from leadyard.kit.money import from_micros, to_micros
from leadyard.storage.database import Connection


class About(msgspec.Struct, frozen=True):
    """The event that a commission is for, and the touch by which its affiliate is credited."""

    purchase_id: int | None = None
    person_id: int | None = None
    visitor_id: int | None = None
    lead_id: int | None = None
    touch_id: int | None = None


async def zone_of(connection: Connection, account_id: int) -> ZoneInfo:
    """Give the zone whose calendar an account's months follow."""
    return ZoneInfo((await load_account(connection, account_id)).time_zone)


class Volume(StrEnum):
    """What tiers count: purchases that stand, or sold leads with a share."""

    PURCHASES = "purchases"
    SOLD_LEADS = "sold_leads"


async def chain_for(
    connection: Connection,
    account_id: int,
    affiliate_id: int | None,
    lines: Sequence[Line],
    at: datetime,
    *,
    volume: Volume | None = None,
    currency: str = "",
) -> tuple[ChainLink, ...]:
    """Give the credited affiliate and those above it as far as the lines go; nobody without one.

    Where a line has tiers, the month's `volume` is counted, this event included, and its revenue without it summed in
    the plan's `currency`; other events of these affiliates wait until the unit of work ends, so that no two of them
    are the same one.
    """
    if affiliate_id is None:
        return ()
    levels = max((line.terms.level for line in lines), default=0)
    links = await store.chain(connection, account_id, affiliate_id, levels)
    if volume is None or not any(line.terms.tiers for line in lines):
        return tuple(links)
    ids = [link.affiliate_id for link in links]
    await store.lock_affiliates(connection, account_id, ids)
    zone = await zone_of(connection, account_id)
    start, end = month_of(at, zone)
    count = store.purchases_of if volume is Volume.PURCHASES else store.sold_leads_of
    counts: dict[int, int] = defaultdict(int)
    revenues: dict[int, Decimal] = defaultdict(Decimal)
    for one in await count(connection, account_id, ids, start, end):
        counts[one.affiliate_id] += one.number
        revenues[one.affiliate_id] += await _worth(connection, account_id, one, currency, at, zone)
    return tuple(
        msgspec.structs.replace(
            link,
            purchases=counts[link.affiliate_id] + int(level == 0),
            revenue=revenues[link.affiliate_id],
        )
        for level, link in enumerate(links)
    )


async def _worth(
    connection: Connection, account_id: int, one: Brought, currency: str, at: datetime, zone: ZoneInfo
) -> Decimal:
    """Give an amount in another currency; nothing where no rate is known."""
    rate = (
        Decimal(1)
        if one.currency == currency
        else await rate_for(connection, account_id, one.currency, currency, at, zone)
    )
    return Decimal(0) if rate is None else from_micros(one.amount) * rate


async def rate_for(
    connection: Connection, account_id: int, currency: str, to_currency: str, at: datetime, zone: ZoneInfo
) -> Decimal | None:
    """Give what one of a currency was worth on the day of an event; None where that is not known or needed."""
    if currency == to_currency:
        return None
    return await store.rate(connection, account_id, currency, to_currency, at.astimezone(zone).date())


def draft_of(one: Earning, about: About, *, plan_id: int, is_held: bool = False) -> Draft:
    """Write an earning as the commission of a plan's line."""
    return Draft(
        affiliate_id=one.affiliate_id, kind=CommissionKind.LINE, origin=one.origin, amount=to_micros(one.amount),
        currency=one.currency, reason=one.reason, due_at=one.due_at, purchase_id=about.purchase_id,
        person_id=about.person_id, visitor_id=about.visitor_id, lead_id=about.lead_id, touch_id=about.touch_id,
        plan_id=plan_id, plan_line_id=one.line.id, level=one.level, repetition=one.repetition, rate=one.rate,
        tier=one.tier, is_held=is_held or one.line.terms.needs_approval,
    )  # fmt: skip


def drafts_of(earned: Iterable[Earning], about: About, *, plan_id: int, is_held: bool = False) -> list[Draft]:
    """Write earnings as commissions of a plan's lines."""
    return [draft_of(one, about, plan_id=plan_id, is_held=is_held) for one in earned]
