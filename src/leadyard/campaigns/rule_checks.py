"""Where a set-up holds rules, and what is wrong with them: pure, over what the rules may name."""

from collections.abc import Iterable, Iterator, Sequence

from leadyard.campaigns.model import CampaignSettings, DeliverySettings, Payout, PayoutKind
from leadyard.campaigns.rule_settings import PayoutRule
from leadyard.intake.fields import FieldRule
from leadyard.kit.errors import FieldProblem
from leadyard.routing.rules import Rule, ValueList, Vocabulary, lists_in, operands_of, read_rule

_HUNDRED_PERCENT = 100

Placed = tuple[str, Rule | None]
"""A rule with its path in the document, such as `settings.filter[0].rule`."""


def rules_of_campaign(settings: CampaignSettings) -> Iterator[Placed]:
    """List the rules in a campaign's settings."""
    yield "settings.quarantine_rule", settings.quarantine_rule
    for i, line in enumerate(settings.filter):
        yield f"settings.filter[{i}].rule", line.rule
    for i, one in enumerate(settings.buyer_sets):
        yield f"settings.buyer_sets[{i}].rule", one.rule
    yield from rules_of_payout("settings.payout", settings.payout)


def rules_of_payout(path: str, payout: Payout | None) -> Iterator[Placed]:
    """List the rules in a payout."""
    lines: Sequence[PayoutRule] = () if payout is None else payout.rules
    for i, line in enumerate(lines):
        yield f"{path}.rules[{i}].rule", line.rule


def rules_of_delivery(settings: DeliverySettings) -> Iterator[Placed]:
    """List the rules in a delivery's settings."""
    yield "settings.rule", settings.rule
    for i, price in enumerate(settings.prices):
        yield f"settings.prices[{i}].rule", price.rule
    for i, line in enumerate(settings.payouts):
        yield f"settings.payouts[{i}].rule", line.rule


def lists_named(placed: Iterable[Placed]) -> set[str]:
    """Collect the references of value lists, in lower case, that rules name."""
    return set[str]().union(*(lists_in(rule) for _, rule in placed if rule is not None))


def rule_problems(
    placed: Iterable[Placed], fields: Iterable[FieldRule], references: Iterable[str]
) -> list[FieldProblem]:
    """Name everything that is wrong with rules in a campaign of these fields; `references` are known value lists."""
    stated = [(path, rule) for path, rule in placed if rule is not None]
    if not stated:
        return []
    words = Vocabulary(operands_of(fields), {name: ValueList(name, "", "") for name in references})
    return [problem for path, rule in stated for problem in read_rule(rule, words, path)[1]]


def payout_rule_problems(path: str, lines: Sequence[PayoutRule]) -> list[FieldProblem]:
    """Name what is wrong with the amounts of payouts by rule."""
    return [
        FieldProblem(f"{path}[{i}].amount", "must be at most 100 when it is a percentage")
        for i, line in enumerate(lines)
        if line.kind is PayoutKind.PERCENT and line.amount > _HUNDRED_PERCENT
    ]


def window_problems(path: str, payout: Payout) -> list[FieldProblem]:
    """Name what is wrong with a payout's window out of hours."""
    window = payout.out_of_hours
    if window is None:
        return []
    problems = []
    if payout.kind is not PayoutKind.FIXED:
        problems.append(FieldProblem(f"{path}.out_of_hours", "is only for fixed payouts"))
    if window.starts == window.ends:
        problems.append(FieldProblem(f"{path}.out_of_hours.ends", "must differ from starts"))
    return problems
