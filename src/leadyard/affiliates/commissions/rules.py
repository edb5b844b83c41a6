"""What an event earns: pure, so that every case can be worked out by hand (docs/affiliates.md)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

from leadyard.affiliates.commissions.months import after
from leadyard.affiliates.model import LineItem, PaysFor, PlanLine, Repeats
from leadyard.kit.currencies import to_smallest_unit
from leadyard.kit.money import plain

PURCHASE_EVENTS = frozenset({PaysFor.PURCHASE, PaysFor.LINE_ITEM, PaysFor.NEW_CUSTOMER})
"""What a purchase can pay for; a new customer only with the first one that stands."""

_MOST = Decimal(10) ** 12 - 1
"""More than that no commission comes to, whatever pieces, prices and rates are multiplied."""
_PER = {
    PaysFor.VISITOR: "per visitor",
    PaysFor.LEAD: "per lead",
    PaysFor.PURCHASE: "per purchase",
    PaysFor.LINE_ITEM: "per piece",
    PaysFor.NEW_CUSTOMER: "per new customer",
    PaysFor.SOLD_LEAD: "per sold lead",
}


class Line(msgspec.Struct, frozen=True):
    """A plan's line under its id."""

    id: int
    terms: PlanLine


class ChainLink(msgspec.Struct, frozen=True):
    """An affiliate of the chain at the moment of the event.

    `purchases` counts its purchases that stand in the event's month, the event's own included, or its sold leads when
    the event is one; `revenue` is what the others of them brought, in the plan's currency. One that `earns` nothing
    keeps its level but is paid nothing.
    """

    affiliate_id: int
    group: str | None = None
    purchases: int = 0
    revenue: Decimal = Decimal(0)
    earns: bool = True


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened: `origin` names it; `amount` and the items' amounts are in `currency`.

    `ordinal` says which purchase of its customer that stands it is, 1 being the first; `rate` is what one of
    `currency` is worth in the plan's, None where that is not known.
    """

    origin: str
    pays_for: frozenset[PaysFor]
    at: datetime
    currency: str
    amount: Decimal | None = None
    items: tuple[LineItem, ...] = ()
    ordinal: int | None = None
    code: str | None = None
    rate: Decimal | None = None

    @classmethod
    def of_purchase(cls, purchase_id: int, *, ordinal: int, **details: object) -> "Event":
        """Make the event of a purchase, which is the one of a new customer too when it is the first."""
        pays_for = PURCHASE_EVENTS if ordinal == 1 else PURCHASE_EVENTS - {PaysFor.NEW_CUSTOMER}
        return cls(origin=f"purchase:{purchase_id}", pays_for=pays_for, ordinal=ordinal, **details)  # type: ignore[arg-type]


class Earning(msgspec.Struct, frozen=True):
    """One commission before it is kept; `tier` is the place, from 1, of the tier whose price it has."""

    origin: str
    line: Line
    level: int
    repetition: int
    affiliate_id: int
    amount: Decimal
    currency: str
    rate: Decimal | None
    reason: str
    due_at: datetime
    tier: int | None = None


def earnings(
    event: Event, lines: Sequence[Line], chain: Sequence[ChainLink], currency: str, zone: ZoneInfo
) -> list[Earning]:
    """Work out what an event earns at once, every matching line for its level; what comes to nothing is left out.

    `chain` begins with the credited affiliate; `currency` is the plan's; calendar months are those of `zone`.
    """
    due = (
        earning(event, line, link, currency, due_at=first_due(event, line, zone))
        for line, link in matches(event, lines, chain)
    )
    return [one for one in due if one is not None]


def matches(
    event: Event, lines: Sequence[Line], chain: Sequence[ChainLink]
) -> Iterator[tuple[Line, ChainLink]]:
    """Give the lines that pay for an event with whom they pay, whatever it comes to."""
    for line in lines:
        terms = line.terms
        if terms.pays_for not in event.pays_for or terms.level >= len(chain):
            continue
        link = chain[terms.level]
        if link.earns and _is_for(terms, event, link):
            yield line, link


def earning(
    event: Event,
    line: Line,
    link: ChainLink,
    currency: str,
    *,
    due_at: datetime,
    repetition: int = 1,
    tier: int | UnsetType | None = UNSET,
) -> Earning | None:
    """Work out what one line pays one affiliate for an event; None when it comes to nothing.

    `tier` is the one that was reached when the event was paid for first, where that is so.
    """
    terms = line.terms
    reached = tier_of(terms, event, link, currency) if tier is UNSET else tier
    price = terms if reached is None else terms.tiers[reached - 1]
    fixed, percent = price.fixed, price.percent
    base = _base(terms, event)
    if base is None:
        return None
    if fixed is not None:
        amount, paid_in, rate = fixed * base.count, currency, None
        reason = f"{plain(fixed)} {currency} {_PER[terms.pays_for]}"
    elif percent is not None and base.amount is not None:
        converted = event.currency != currency and event.rate is not None
        rate = event.rate if converted else None
        paid_in = currency if converted else event.currency
        amount = base.amount * percent / 100 * (rate or 1)
        reason = f"{plain(percent)} % of {plain(base.amount)} {event.currency}"
        if rate is not None:
            reason += f" at {plain(rate)}"
    else:
        return None
    rounded = to_smallest_unit(min(amount, _MOST), paid_in)
    if rounded <= 0:
        return None
    words = [f"{terms.pays_for.replace('_', ' ')}: {reason}{base.detail}"]
    if terms.level:
        words.append(f"level {terms.level}")
    if terms.repeats is not Repeats.NEVER:
        words.append(f"month {repetition}")
    origin = origin_of(event.origin, line.id, terms.level, repetition)
    return Earning(
        origin, line, terms.level, repetition, link.affiliate_id, rounded, paid_in, rate, ", ".join(words), due_at,
        reached,
    )  # fmt: skip


def origin_of(event: str, line_id: int, level: int, repetition: int = 1) -> str:
    """Name a commission by what made it, so that it is made once."""
    return f"{event}:line:{line_id}:level:{level}:repetition:{repetition}"


def first_due(event: Event, line: Line, zone: ZoneInfo) -> datetime:
    """Tell when a line's first commission for an event is due."""
    return after(event.at, line.terms.delay, line.terms.delay_unit, zone)


def last_repetition(line: PlanLine) -> int | None:
    """Tell how often a line pays for one purchase; None: until it is cancelled."""
    if line.repeats is Repeats.UNTIL_CANCELLED:
        return None
    return line.times if line.repeats is Repeats.TIMES else 1


class _Base(msgspec.Struct, frozen=True):
    """What a line's price is applied to: pieces for a fixed one, an amount for a percentage."""

    count: Decimal
    amount: Decimal | None
    detail: str = ""


def _is_for(terms: PlanLine, event: Event, link: ChainLink) -> bool:
    if terms.group is not None and (link.group or "").casefold() != terms.group.casefold():
        return False
    if terms.codes and (event.code or "").casefold() not in {code.casefold() for code in terms.codes}:
        return False
    return terms.first_purchases is None or (event.ordinal or 0) <= terms.first_purchases


def tier_of(terms: PlanLine, event: Event, link: ChainLink, currency: str) -> int | None:
    """Tell which tier of a line an affiliate has reached, by its place from 1: the highest; None for the line's own price.

    The event's amount counts for the credited affiliate alone, and only where it is known in the plan's currency.
    """
    worth = event.rate if event.currency != currency else Decimal(1)
    own = Decimal(0) if terms.level or event.amount is None or worth is None else event.amount * worth
    reached = [
        (tier.from_count or tier.from_revenue or 0, place)
        for place, tier in enumerate(terms.tiers, 1)
        if (tier.from_count is not None and tier.from_count <= link.purchases)
        or (tier.from_revenue is not None and tier.from_revenue <= link.revenue + own)
    ]
    return max(reached)[1] if reached else None


def _base(terms: PlanLine, event: Event) -> _Base | None:
    if terms.pays_for is not PaysFor.LINE_ITEM:
        return _Base(Decimal(1), event.amount)
    items = [item for item in event.items if _is_of(terms, item)]
    if not items:
        return None
    amounts = [item.quantity * item.amount for item in items if item.amount is not None]
    names = ", ".join(dict.fromkeys(item.sku or "no SKU" for item in items))
    detail = f" ({names[:200]})"
    return _Base(
        sum((item.quantity for item in items), Decimal(0)),
        sum(amounts, Decimal(0)) if amounts else None,
        detail,
    )


def _is_of(terms: PlanLine, item: LineItem) -> bool:
    if terms.only_skus:
        return item.sku in terms.only_skus
    return item.sku not in terms.except_skus
