"""What events earn, each case worked out by hand (docs/affiliates.md, "Commissions")."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.affiliates.commissions.rules import (
    ChainLink,
    Earning,
    Event,
    Line,
    earning,
    earnings,
    first_due,
)
from leadyard.affiliates.model import DelayUnit, LineItem, PaysFor, PlanLine, Repeats, Tier
from leadyard.kit.currencies import DECIMALS

LONDON = ZoneInfo("Europe/London")
AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
PURCHASE, ITEM, NEW = PaysFor.PURCHASE, PaysFor.LINE_ITEM, PaysFor.NEW_CUSTOMER


def d(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def line(
    pays_for: PaysFor = PURCHASE, fixed: str | None = None, percent: str | None = None, **more: Any
) -> PlanLine:
    return PlanLine(pays_for=pays_for, fixed=d(fixed), percent=d(percent), **more)


def purchase(amount: str | None = None, *, ordinal: int = 1, currency: str = "USD", **more: Any) -> Event:
    return Event.of_purchase(1, ordinal=ordinal, at=AT, currency=currency, amount=d(amount), **more)


def paid(
    event: Event, *lines: PlanLine, chain: tuple[ChainLink, ...] | int = 1, currency: str = "USD"
) -> list[Earning]:
    links = tuple(ChainLink(100 + level) for level in range(chain)) if isinstance(chain, int) else chain
    return earnings(event, [Line(i, terms) for i, terms in enumerate(lines, 1)], links, currency, LONDON)


def amounts(*args: Any, **more: Any) -> list[str]:
    return [str(one.amount) for one in paid(*args, **more)]


BASIC = (line(percent="10"), line(percent="2", level=1), line(percent="1", level=2))
PLUS = (line(fixed="25"), line(NEW, fixed="5"), line(percent="10", delay=30))
ITEMS = (line(ITEM, percent="50", only_skus=("sku1",)), line(ITEM, fixed="3", except_skus=("sku1",)))
SEEDS_ITEMS = (
    LineItem("sku1", Decimal(2), None, Decimal(15)),
    LineItem("sku2", Decimal(1), None, Decimal(20)),
)


@pytest.mark.parametrize(
    ("event", "lines", "chain", "expected"),
    [
        (purchase("80"), BASIC, 3, ["8.00", "1.60", "0.80"]),
        (purchase("80"), BASIC, 2, ["8.00", "1.60"]),
        (purchase("80"), BASIC, 0, []),
        (purchase("4.45"), BASIC, 1, ["0.44"]),
        (purchase("4.55"), BASIC, 1, ["0.46"]),
        (purchase("0.05"), BASIC, 1, []),
        (purchase(None), BASIC, 3, []),
        (purchase("0"), BASIC, 3, []),
        (purchase("60"), PLUS, 1, ["25.00", "5.00", "6.00"]),
        (purchase("60", ordinal=2), PLUS, 1, ["25.00", "6.00"]),
        (purchase(None), PLUS, 1, ["25.00", "5.00"]),
        (purchase("50", items=SEEDS_ITEMS), ITEMS, 1, ["15.00", "3.00"]),
        (purchase("50"), ITEMS, 1, []),
        (purchase("999999999999"), BASIC, 1, ["99999999999.90"]),
    ],
)  # fmt: skip
def test_plans_as_they_are_usual(
    event: Event, lines: tuple[PlanLine, ...], chain: int, expected: list[str]
) -> None:
    assert amounts(event, *lines, chain=chain) == expected


@pytest.mark.parametrize(
    ("items", "terms", "expected"),
    [
        ([("a", "3", "1.115")], line(ITEM, percent="100"), ["3.34"]),  # 3.345: half-even
        (
            [("a", "1", "0.005"), ("b", "1", "0.01")],
            line(ITEM, percent="100"),
            ["0.02"],
        ),  # summed, then rounded
        ([("a", "2.5", "4")], line(ITEM, fixed="3"), ["7.50"]),
        ([("a", "2", None)], line(ITEM, fixed="3"), ["6.00"]),
        ([("a", "2", None)], line(ITEM, percent="10"), []),
        ([("a", "2", None), ("b", "1", "10")], line(ITEM, percent="10"), ["1.00"]),
        ([("A", "1", "10")], line(ITEM, percent="10", only_skus=("a",)), []),
        ([(None, "1", "10")], line(ITEM, percent="10", except_skus=("a",)), ["1.00"]),
        ([(None, "1", "10")], line(ITEM, percent="10", only_skus=("a",)), []),
    ],
)
def test_line_items(
    items: list[tuple[str | None, str, str | None]], terms: PlanLine, expected: list[str]
) -> None:
    bought = tuple(LineItem(sku, Decimal(quantity), None, d(amount)) for sku, quantity, amount in items)
    assert amounts(purchase("100", items=bought), terms) == expected


@pytest.mark.parametrize(
    ("group", "paid_group", "expected"),
    [(None, None, 1), (None, "gold", 1), ("gold", "gold", 1), ("Gold", "gOLD", 1), ("gold", "silver", 0), ("gold", None, 0)],
)  # fmt: skip
def test_lines_for_a_group(group: str | None, paid_group: str | None, expected: int) -> None:
    chain = (ChainLink(1, paid_group),)
    assert len(paid(purchase("10"), line(fixed="1", group=group), chain=chain)) == expected


def test_the_group_is_that_of_whoever_is_paid() -> None:
    chain = (ChainLink(1, "silver"), ChainLink(2, "gold"))
    assert [
        e.affiliate_id for e in paid(purchase("10"), line(fixed="1", group="gold", level=1), chain=chain)
    ] == [2]


def test_one_that_earns_nothing_keeps_its_place_in_the_chain() -> None:
    chain = (ChainLink(1, earns=False), ChainLink(2), ChainLink(3))
    assert [(e.affiliate_id, e.level) for e in paid(purchase("80"), *BASIC, chain=chain)] == [(2, 1), (3, 2)]


@pytest.mark.parametrize(
    ("purchases", "expected"),
    [(0, "1.00"), (1, "1.00"), (4, "1.00"), (5, "2.00"), (9, "2.00"), (10, "30.00"), (500, "30.00")],
)
def test_tiers_by_volume(purchases: int, expected: str) -> None:
    tiers = (Tier(10, fixed=Decimal(30)), Tier(5, percent=Decimal(20)))
    chain = (ChainLink(1, None, purchases),)
    assert amounts(purchase("10"), line(percent="10", tiers=tiers), chain=chain) == [expected]


@pytest.mark.parametrize(
    ("before", "amount", "expected"),
    [
        ("0", "10", "1.00"),
        ("489.99", "10", "1.00"),
        ("490", "10", "1.50"),
        ("989.99", "10", "1.50"),
        ("990", "10", "2.00"),
        ("0", "1000", "200.00"),
        ("99999", "10", "2.00"),
    ],
)
@pytest.mark.parametrize("pays_for", [PURCHASE, PaysFor.SOLD_LEAD])
def test_tiers_by_the_months_revenue_count_the_event_itself(
    before: str, amount: str, expected: str, pays_for: PaysFor
) -> None:
    tiers = (
        Tier(from_revenue=Decimal(1000), percent=Decimal(20)),
        Tier(from_revenue=Decimal(500), percent=Decimal(15)),
    )
    event = Event(origin="x", pays_for=frozenset({pays_for}), at=AT, currency="USD", amount=Decimal(amount))
    chain = (ChainLink(1, None, 3, Decimal(before)),)
    assert amounts(event, line(pays_for, percent="10", tiers=tiers), chain=chain) == [expected]


@pytest.mark.parametrize(("rate", "expected"), [("1.2", "12.00"), ("1.1", "5.50"), (None, "5.00")])
def test_revenue_counts_in_the_plans_currency_where_a_rate_is_known(rate: str | None, expected: str) -> None:
    tiers = (Tier(from_revenue=Decimal(115), percent=Decimal(10)),)
    event = purchase("100", currency="EUR", rate=d(rate))
    assert amounts(event, line(percent="5", tiers=tiers)) == [expected]


def test_those_above_the_credited_affiliate_reach_tiers_by_their_own_revenue() -> None:
    tiers = (Tier(from_revenue=Decimal(100), percent=Decimal(5)),)
    lines = (line(percent="1", level=1, tiers=tiers),)
    assert amounts(purchase("100"), *lines, chain=(ChainLink(1), ChainLink(2))) == ["1.00"]
    above = ChainLink(2, revenue=Decimal(100))
    assert amounts(purchase("100"), *lines, chain=(ChainLink(1), above)) == ["5.00"]


@pytest.mark.parametrize(("tier", "expected"), [(None, "1.00"), (1, "2.00"), (2, "3.00")])
def test_a_tier_that_was_reached_once_stays(tier: int | None, expected: str) -> None:
    tiers = (Tier(1, percent=Decimal(20)), Tier(5, percent=Decimal(30)))
    terms, link = Line(1, line(percent="10", tiers=tiers)), ChainLink(1, None, 7)
    one = earning(purchase("10"), terms, link, "USD", due_at=AT, tier=tier)
    assert one is not None
    assert (str(one.amount), one.tier) == (expected, tier)


@given(
    amount=st.decimals(0, 10**6, places=2),
    before=st.decimals(0, 10**6, places=2),
    steps=st.lists(st.decimals(1, 10**6, places=2), min_size=1, max_size=5, unique=True),
    by_count=st.booleans(),
)
def test_more_volume_never_pays_less_where_higher_tiers_pay_more(
    amount: Decimal, before: Decimal, steps: list[Decimal], *, by_count: bool
) -> None:
    tiers = tuple(
        Tier(from_count=int(step), percent=Decimal(10 + place))
        if by_count
        else Tier(from_revenue=step, percent=Decimal(10 + place))
        for place, step in enumerate(sorted(steps), 1)
    )
    terms = Line(1, line(percent="10", tiers=tiers))
    pays = []
    for volume in (Decimal(0), before, before * 2 + 1):
        link = ChainLink(1, None, int(volume), volume)
        one = earning(purchase(str(amount)), terms, link, "USD", due_at=AT)
        pays.append(Decimal(0) if one is None else one.amount)
        reached = volume if by_count else volume + amount
        percent = 10 + sum(int(step) <= int(reached) if by_count else step <= reached for step in steps)
        assert abs(pays[-1] - amount * percent / 100) <= Decimal("0.005")
    assert pays == sorted(pays)


@pytest.mark.parametrize(("ordinal", "expected"), [(1, 1), (2, 1), (3, 0), (40, 0)])
def test_the_first_purchases_of_a_customer(ordinal: int, expected: int) -> None:
    assert len(paid(purchase("10", ordinal=ordinal), line(fixed="1", first_purchases=2))) == expected


@pytest.mark.parametrize(("code", "expected"), [("SPRING", 1), ("spring", 1), ("autumn", 0), (None, 0)])
def test_a_price_for_a_coupon(code: str | None, expected: int) -> None:
    assert len(paid(purchase("10", code=code), line(percent="15", codes=("spring", "may")))) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "rate", "percent", "expected"),
    [
        ("100", "EUR", "1.1", "10", ("11.00", "USD", "1.1")),
        ("100", "EUR", None, "10", ("10.00", "EUR", None)),
        ("100", "USD", None, "10", ("10.00", "USD", None)),
        ("15", "JPY", None, "10", ("2", "JPY", None)),  # 1.5: half-even
        ("25", "JPY", None, "10", ("2", "JPY", None)),  # 2.5: half-even
        ("1.2345", "KWD", None, "100", ("1.234", "KWD", None)),
        ("1000", "JPY", "0.006543", "10", ("0.65", "USD", "0.006543")),
    ],
)
def test_currencies(
    amount: str, currency: str, rate: str | None, percent: str, expected: tuple[str, str, str | None]
) -> None:
    [one] = paid(purchase(amount, currency=currency, rate=d(rate)), line(percent=percent))
    assert (str(one.amount), one.currency, None if one.rate is None else str(one.rate)) == expected


def test_a_fixed_price_is_in_the_plans_currency() -> None:
    [one] = paid(purchase("10", currency="EUR"), line(fixed="1.5"), currency="JPY")
    assert (str(one.amount), one.currency) == ("2", "JPY")


@pytest.mark.parametrize(
    ("delay", "unit", "expected"),
    [
        (0, DelayUnit.DAYS, datetime(2026, 1, 31, 12, tzinfo=UTC)),
        (30, DelayUnit.DAYS, datetime(2026, 3, 2, 12, tzinfo=UTC)),
        (1, DelayUnit.MONTHS, datetime(2026, 2, 28, 12, tzinfo=UTC)),
        (2, DelayUnit.MONTHS, datetime(2026, 3, 31, 11, tzinfo=UTC)),  # summer time
        (13, DelayUnit.MONTHS, datetime(2027, 2, 28, 12, tzinfo=UTC)),
        (25, DelayUnit.MONTHS, datetime(2028, 2, 29, 12, tzinfo=UTC)),
    ],
)
def test_waiting_times(delay: int, unit: DelayUnit, expected: datetime) -> None:
    [one] = paid(purchase("10"), line(fixed="1", delay=delay, delay_unit=unit))
    assert one.due_at == expected


def test_a_repeating_line_pays_its_first_month_with_the_event() -> None:
    terms = line(percent="10", repeats=Repeats.UNTIL_CANCELLED)
    [first] = paid(purchase("10"), terms)
    assert (first.repetition, first.origin) == (1, "purchase:1:line:1:level:0:repetition:1")
    later = earning(purchase("10"), Line(1, terms), ChainLink(9), "USD", due_at=AT, repetition=3)
    assert later is not None
    assert (later.repetition, later.affiliate_id, later.reason) == (3, 9, "purchase: 10 % of 10 USD, month 3")


@pytest.mark.parametrize("pays_for", [PaysFor.VISITOR, PaysFor.LEAD])
def test_visitors_and_leads_pay_their_own_lines_alone(pays_for: PaysFor) -> None:
    event = Event(origin="visitor:7", pays_for=frozenset({pays_for}), at=AT, currency="USD")
    lines = (line(PaysFor.VISITOR, fixed="0.05"), line(PaysFor.LEAD, fixed="2"), line(fixed="9"))
    expected = {PaysFor.VISITOR: ["0.05"], PaysFor.LEAD: ["2.00"]}[pays_for]
    assert amounts(event, *lines) == expected


def test_a_reason_says_what_paid() -> None:
    found = paid(purchase("80", items=SEEDS_ITEMS), *BASIC[:2], *ITEMS, line(NEW, fixed="5"), chain=2)
    assert [one.reason for one in found] == [
        "purchase: 10 % of 80 USD",
        "purchase: 2 % of 80 USD, level 1",
        "line item: 50 % of 30 USD (sku1)",
        "line item: 3 USD per piece (sku2)",
        "new customer: 5 USD per new customer",
    ]


def test_ten_levels() -> None:
    lines = tuple(line(percent="1", level=level) for level in range(11))
    assert len(paid(purchase("100"), *lines, chain=11)) == 11
    assert len(paid(purchase("100"), *lines, chain=14)) == 11


@given(
    amount=st.decimals(0, 10**12 - 1, places=6),
    percents=st.lists(st.decimals(0, 100, places=4), min_size=1, max_size=11),
    currency=st.sampled_from(sorted(DECIMALS)),
)
def test_no_line_pays_more_than_its_share_and_half_a_smallest_unit(
    amount: Decimal, percents: list[Decimal], currency: str
) -> None:
    lines = [Line(i, PlanLine(pays_for=PURCHASE, percent=p, level=i)) for i, p in enumerate(percents)]
    chain = [ChainLink(i) for i in range(len(percents))]
    event = Event.of_purchase(1, ordinal=1, at=AT, currency=currency, amount=amount)
    half = Decimal(5).scaleb(-DECIMALS[currency] - 1)
    for one in earnings(event, lines, chain, currency, LONDON):
        exact = amount * (one.line.terms.percent or 0) / 100
        assert one.amount > 0
        assert abs(one.amount - exact) <= half
        assert -one.amount.as_tuple().exponent == DECIMALS[currency]  # type: ignore[operator]


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(0, 600))  # noqa: DTZ001
def test_months_keep_the_day_or_take_the_last(at: datetime, months: int) -> None:
    terms = line(fixed="1", delay=months, delay_unit=DelayUnit.MONTHS)
    event = Event(origin="x", pays_for=frozenset(), at=at.replace(tzinfo=UTC), currency="USD")
    due = first_due(event, Line(1, terms), ZoneInfo("UTC"))
    assert (due.year * 12 + due.month) - (at.year * 12 + at.month) == months
    assert due.day == at.day or (due.day < at.day and due.day >= 28)
