"""What an event needs to be put to a plan, read inside the unit of work; and commissions in the form in which they are made."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from leadyard.affiliates.commissions import store
from leadyard.affiliates.commissions.model import Draft
from leadyard.affiliates.commissions.months import month_of
from leadyard.affiliates.commissions.rules import ChainLink, Earning, Line
from leadyard.affiliates.model import CommissionKind
from leadyard.identity.service import load_account
from leadyard.kit.money import to_micros
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


async def chain_for(
    connection: Connection,
    account_id: int,
    affiliate_id: int | None,
    lines: Sequence[Line],
    at: datetime,
    *,
    is_purchase: bool = False,
) -> tuple[ChainLink, ...]:
    """Give the credited affiliate and those above it as far as the lines go; nobody without one.

    Where a line has tiers, purchases of the month are counted, this one included; others of these affiliates wait
    until the unit of work ends, so that no two of them are the same one.
    """
    if affiliate_id is None:
        return ()
    levels = max((line.terms.level for line in lines), default=0)
    links = await store.chain(connection, account_id, affiliate_id, levels)
    if not any(line.terms.tiers for line in lines):
        return tuple(links)
    ids = [link.affiliate_id for link in links]
    await store.lock_affiliates(connection, account_id, ids)
    start, end = month_of(at, await zone_of(connection, account_id))
    counts = await store.volumes(connection, account_id, ids, start, end)
    return tuple(
        msgspec.structs.replace(
            link, purchases=counts.get(link.affiliate_id, 0) + int(is_purchase and level == 0)
        )
        for level, link in enumerate(links)
    )


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
        is_held=is_held or one.line.terms.needs_approval,
    )  # fmt: skip


def drafts_of(earned: Iterable[Earning], about: About, *, plan_id: int, is_held: bool = False) -> list[Draft]:
    """Write earnings as commissions of a plan's lines."""
    return [draft_of(one, about, plan_id=plan_id, is_held=is_held) for one in earned]
