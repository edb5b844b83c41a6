"""Plans as operators write and read them, and what is wrong or doubtful about one: pure."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.affiliates.model import PaysFor, PlanLine, Repeats, Tier
from leadyard.kit.currencies import read_currency
from leadyard.kit.errors import FieldProblem

MOST_LINES = 100
HIGHEST_PERCENT = Decimal(100)
_OF_PURCHASES = frozenset({PaysFor.PURCHASE, PaysFor.LINE_ITEM, PaysFor.NEW_CUSTOMER})


class PlanLineRecord(PlanLine, frozen=True, kw_only=True):
    """A line under its id; who writes a plan leaves the id out, or as it was read."""

    id: int | None = None

    @property
    def terms(self) -> PlanLine:
        """The line without its id."""
        return PlanLine(**{name: getattr(self, name) for name in PlanLine.__struct_fields__})


class PlanInput(msgspec.Struct, frozen=True, kw_only=True):
    """A plan as it is written; one plan of an account is the default, for events that name none."""

    code: Annotated[str, Meta(min_length=1, max_length=255, description="Unique, in whatever case.")]
    currency: Annotated[str, Meta(description="Three letters of ISO 4217.")] = "USD"
    name: Annotated[str, Meta(max_length=255)] | None = None
    is_default: bool = False
    lines: Annotated[tuple[PlanLineRecord, ...], Meta(max_length=MOST_LINES)] = ()


class PlanRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A plan as it is read; `warnings` says what it would pay twice."""

    id: int
    code: str
    currency: str
    name: str | None
    is_default: bool
    lines: tuple[PlanLineRecord, ...]
    warnings: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


def plan_problems(plan: PlanInput) -> list[FieldProblem]:
    """Name everything that is wrong with a plan's values."""
    problems = []
    if not plan.code.strip():
        problems.append(FieldProblem("code", "must not be blank"))
    if read_currency(plan.currency) is None:
        problems.append(FieldProblem("currency", "must be an ISO 4217 code such as USD"))
    for place, line in enumerate(plan.lines):
        problems += [FieldProblem(f"lines[{place}].{p.field}", p.detail) for p in _line_problems(line)]
    return problems


def plan_warnings(lines: tuple[PlanLine, ...]) -> tuple[str, ...]:
    """Say which lines would both pay for a renewal that arrives as a purchase of its own."""
    repeating = [(i, line) for i, line in enumerate(lines, 1) if line.repeats is not Repeats.NEVER]
    once = [(i, line) for i, line in enumerate(lines, 1) if _pays_renewals(line)]
    return tuple(
        f"Line {i} repeats monthly and line {j} pays for later purchases too: both pay for a renewal that arrives as a "
        "purchase of its own."
        for i, monthly in repeating
        for j, each in once
        if each.level == monthly.level and _meet(each.group, monthly.group)
    )


def _pays_renewals(line: PlanLine) -> bool:
    is_of_purchase = line.pays_for in {PaysFor.PURCHASE, PaysFor.LINE_ITEM}
    return is_of_purchase and line.repeats is Repeats.NEVER and line.first_purchases != 1


def _meet(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one.casefold() == other.casefold()


def _line_problems(line: PlanLine) -> Iterator[FieldProblem]:
    yield from _price_problems(line, "")
    yield from _tier_problems(line)
    if line.pays_for not in _OF_PURCHASES:
        for member in ("first_purchases", "codes"):
            if getattr(line, member):
                yield FieldProblem(member, "is only for purchases")
        if line.repeats is not Repeats.NEVER:
            yield FieldProblem("repeats", "is only for purchases")
    yield from _only_for(line)
    if (line.repeats is Repeats.TIMES) != (line.times is not None):
        yield FieldProblem("times", "goes with repeats = times")
    if line.only_skus and line.except_skus:
        yield FieldProblem("except_skus", "and only_skus exclude each other")


def _tier_problems(line: PlanLine) -> Iterator[FieldProblem]:
    for place, tier in enumerate(line.tiers):
        yield from _price_problems(tier, f"tiers[{place}].")
        if (tier.from_count is None) == (tier.from_revenue is None):
            yield FieldProblem(
                f"tiers[{place}].from_count", "or from_revenue is required, and only one of them"
            )
        if tier.from_revenue is not None and tier.from_revenue <= 0:
            yield FieldProblem(f"tiers[{place}].from_revenue", "must be above 0")
        if line.pays_for is PaysFor.SOLD_LEAD and tier.fixed is not None:
            yield FieldProblem(f"tiers[{place}].fixed", "cannot be: a sold lead pays a share of its revenue")
    if len({tier.from_count is None for tier in line.tiers}) > 1:
        yield FieldProblem("tiers", "must all begin from a count, or all from a revenue")
    elif len({(tier.from_count, tier.from_revenue) for tier in line.tiers}) < len(line.tiers):
        yield FieldProblem("tiers", "begin twice from the same")
    if line.tiers and line.pays_for in {PaysFor.VISITOR, PaysFor.LEAD}:
        yield FieldProblem("tiers", "is only for purchases and sold leads")


def _only_for(line: PlanLine) -> Iterator[FieldProblem]:
    """Name what other events than the line's could have."""
    if line.pays_for is not PaysFor.LINE_ITEM:
        for member in ("only_skus", "except_skus"):
            if getattr(line, member):
                yield FieldProblem(member, "is only for line items")
    if line.pays_for in {PaysFor.VISITOR, PaysFor.LEAD} and line.percent is not None:
        yield FieldProblem("percent", "needs an amount to be taken of: visitors and leads have none")
    if line.pays_for is PaysFor.SOLD_LEAD and line.fixed is not None:
        yield FieldProblem("fixed", "cannot be: a sold lead pays a share of its revenue")


def _price_problems(price: PlanLine | Tier, prefix: str) -> Iterator[FieldProblem]:
    if (price.fixed is None) == (price.percent is None):
        yield FieldProblem(f"{prefix}fixed", "or percent is required, and only one of them")
    if price.percent is not None and price.percent > HIGHEST_PERCENT:
        yield FieldProblem(f"{prefix}percent", f"must be at most {HIGHEST_PERCENT}")
