"""Checks of rules that need to know what else is set up."""

from collections.abc import Iterable, Sequence

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign, DeliverySettings, SupplierTerms
from leadyard.campaigns.rule_checks import (
    Placed,
    lists_named,
    rule_problems,
    rules_of_delivery,
    rules_of_payout,
)
from leadyard.campaigns.store import rows
from leadyard.campaigns.store import value_lists as lists
from leadyard.intake.fields import FieldRule
from leadyard.kit.errors import FieldProblem, InvalidInputError
from leadyard.routing.rules import Node, Rule, Vocabulary, lists_in, operands_of, read_rule
from leadyard.storage.database import Connection, Database


async def problems_of_rules(
    connection: Connection, account_id: int, placed: Iterable[Placed], fields: Sequence[FieldRule]
) -> list[FieldProblem]:
    """Name everything that is wrong with rules, the lists that they name included, in the caller's unit of work."""
    stated = [(path, rule) for path, rule in placed if rule is not None]
    known = await lists.known_references(connection, account_id, lists_named(stated))
    return rule_problems(stated, fields, known)


async def readable(
    database: Database, setup: AccountSetup, campaign: Campaign, rule: Rule
) -> tuple[Node, Vocabulary]:
    """Read a rule that is not set up yet, with the lists that it names; raises InvalidInputError."""
    async with database.connection() as connection:
        known = await lists.load_value_lists(connection, setup.account.id, lists_in(rule), setup.value_lists)
    words = Vocabulary(operands_of(campaign.fields), known)
    node, problems = read_rule(rule, words)
    if node is None:
        raise InvalidInputError(problems)
    return node, words


async def refuse_bad_rules(
    connection: Connection, account_id: int, placed: Iterable[Placed], fields: Sequence[FieldRule]
) -> None:
    """Raise InvalidInputError with everything that is wrong with rules."""
    problems = await problems_of_rules(connection, account_id, placed, fields)
    if problems:
        raise InvalidInputError(problems)


async def fields_of_campaign(connection: Connection, account_id: int, campaign_id: int) -> list[FieldRule]:
    """Read the fields that a campaign's rules may name."""
    stored = await rows.fields_of(connection, account_id, [campaign_id])
    return [msgspec.convert(one, FieldRule) for one in stored[campaign_id]]


async def refuse_orphans(
    connection: Connection, account_id: int, campaign_id: int, fields: Sequence[FieldRule]
) -> None:
    """Raise InvalidInputError where rules of the campaign's deliveries or terms would lose a field that they name."""
    problems: list[FieldProblem] = []
    for name, placed in await _rules_beside(connection, account_id, campaign_id):
        found = await problems_of_rules(connection, account_id, placed, fields)
        problems += [FieldProblem("fields", f"are named by {name}: {p.field} {p.detail}") for p in found]
    if problems:
        raise InvalidInputError(problems)


async def _rules_beside(
    connection: Connection, account_id: int, campaign_id: int
) -> list[tuple[str, list[Placed]]]:
    deliveries = await rows.settings_of_deliveries(connection, account_id, campaign_id)
    terms, _ = await rows.terms_of(connection, account_id, campaign_id, 1_000_000, 0)
    found = [
        (f"delivery {row['id']}", list(rules_of_delivery(msgspec.convert(row["settings"], DeliverySettings))))
        for row in deliveries
    ]
    for row in terms:
        payout = msgspec.convert(row["settings"], SupplierTerms).payout
        found.append((f"the terms of supplier {row['partner_id']}", list(rules_of_payout("payout", payout))))
    found += [
        (f"release rule {row['id']}", [("settings.rule", msgspec.convert(row["rule"], Rule))])
        for row in await rows.rules_of_releases(connection, account_id, campaign_id)
    ]
    return found
