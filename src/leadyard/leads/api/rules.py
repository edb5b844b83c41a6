"""Trying rules in the own API: on made-up values, or on a lead that came in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.campaigns import service as setup_service
from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.inputs import Id
from leadyard.campaigns.model import Campaign, Money
from leadyard.identity.model import Permission
from leadyard.intake.fields import STANDARD_FIELDS, InvalidValue, compile_field
from leadyard.kit import clock
from leadyard.kit.errors import DeniedError, FieldProblem, InvalidInputError, NotFoundError
from leadyard.kit.money import from_micros
from leadyard.leads.facts import facts_of
from leadyard.leads.masking import hidden_fields
from leadyard.leads.model import Channel
from leadyard.leads.service import Leads
from leadyard.own_api.operation import Answer, Call, Operation, Section
from leadyard.routing.rules import Facts, Rule, in_words
from leadyard.routing.rules.examining import ConditionFinding, examine

_PATH = "/campaigns/{id}/rules"
_YEARS = range(1970, 2200)


class RuleInput(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that need not be set up anywhere."""

    rule: Rule


class RuleText(msgspec.Struct, frozen=True):
    """A rule in plain words."""

    text: str


class RuleTest(RuleInput, frozen=True, kw_only=True):
    """A rule and the lead to try it on: a stored one, or one with these values received now.

    `values` replace the fields of a stored lead. `supplier` is a sid.
    """

    lead_id: Id | None = None
    values: dict[str, Annotated[str, Meta(max_length=65_536)]] = {}
    received_at: Annotated[datetime, Meta(tz=True)] | None = None
    supplier: Annotated[str, Meta(max_length=64)] = ""
    ssid: Annotated[str, Meta(max_length=255)] = ""
    revenue: Money | None = None
    bid: Money | None = None


class RuleVerdict(msgspec.Struct, frozen=True):
    """Whether the rule matches, and each of its conditions by itself with the value that it saw."""

    matches: bool
    text: str
    conditions: tuple[ConditionFinding, ...]


class Handlers:
    """What the operations on rules do."""

    def __init__(self, leads: Leads) -> None:
        """Read leads by this process's use cases."""
        self._leads = leads

    async def explain(self, call: Call) -> Answer:
        """Put a rule into words."""
        body: RuleInput = call.body
        setup, campaign = await _campaign(call)
        _, words = await setup_service.readable(call.database, setup, campaign, body.rule)
        return Answer(RuleText(in_words(body.rule, words.operands)))

    async def test(self, call: Call) -> Answer:
        """Try a rule on a lead."""
        body: RuleTest = call.body
        setup, campaign = await _campaign(call)
        node, words = await setup_service.readable(call.database, setup, campaign, body.rule)
        values = _stored_form(campaign, body.values)
        facts, hidden = await self._facts(call, setup, campaign, body, values)
        matches, findings = examine(node, facts, words.operands, hidden)
        return Answer(RuleVerdict(matches, in_words(body.rule, words.operands), tuple(findings)))

    async def _facts(
        self,
        call: Call,
        setup: AccountSetup,
        campaign: Campaign,
        body: RuleTest,
        values: Mapping[str, str],
    ) -> tuple[Facts, frozenset[str]]:
        """Give what rules see, and the fields of it whose values the caller neither may see nor has given."""
        received_at = body.received_at or clock.now()
        if received_at.year not in _YEARS:
            raise InvalidInputError.of("received_at", f"must be from {_YEARS[0]} to {_YEARS[-1]}")
        supplier_id = setup.supplier_ids.get(body.supplier)
        if body.supplier and supplier_id is None:
            raise InvalidInputError.of("supplier", "is not a supplier")
        if body.lead_id is None:
            facts = facts_of(setup, campaign, values, received_at, supplier_id, Channel.REST, ssid=body.ssid)
            facts.revenue, facts.bid = body.revenue, body.bid
            return facts, frozenset()
        if not call.principal.may(Permission.LEADS_SEARCH):
            raise DeniedError(Permission.LEADS_SEARCH)
        key = call.principal.key
        found = await self._leads.read(
            call.account_id, [body.lead_id], supplier_id=key.supplier_id, buyer_id=key.buyer_id
        )
        if body.lead_id not in found:
            raise InvalidInputError.of("lead_id", "does not exist")
        lead = found[body.lead_id].lead
        facts = facts_of(
            setup,
            campaign,
            {**lead.fields, **values},
            body.received_at or lead.received_at,
            supplier_id or lead.supplier_id,
            lead.channel,
            ssid=body.ssid,
        )
        facts.revenue = (from_micros(lead.revenue) or None) if body.revenue is None else body.revenue
        facts.bid = body.bid
        hidden = hidden_fields(setup, campaign.id, call.principal)
        hidden |= hidden_fields(setup, lead.campaign_id, call.principal)
        return facts, hidden - body.values.keys()


async def _campaign(call: Call) -> tuple[AccountSetup, Campaign]:
    setup = await call.configuration.current(call.account_id)
    campaign = setup.campaigns.get(call.id())
    if campaign is None:
        raise NotFoundError("There is no such campaign.")
    return setup, campaign


def _stored_form(campaign: Campaign, values: Mapping[str, str]) -> dict[str, str]:
    """Bring values into the form in which a lead would keep them; what a field refuses is tried as it is."""
    country = campaign.settings.country
    known = {**STANDARD_FIELDS, **{rule.name: rule for rule in campaign.fields}}
    unknown = [FieldProblem(f"values.{name}", "is not a field") for name in values if name not in known]
    if unknown:
        raise InvalidInputError(unknown)
    stored = {}
    today = clock.now().date()
    for name, value in values.items():
        field = compile_field(known[name], country=country, month_first=country == "US")
        try:
            stored[name] = field.check(value.strip(), today) if value.strip() else ""
        except InvalidValue:
            stored[name] = value.strip()
    return stored


def section(leads: Leads) -> Section:
    """Make the section of rules."""
    do = Handlers(leads)
    example = {
        "all": [
            {"operand": "postcode", "operator": "begins with", "value": "SW1"},
            {"operand": "age", "operator": "between", "value": [25, 65]},
        ]
    }
    return Section(
        "Rules",
        "A rule is a tree of all and any over conditions. The same language serves deliveries, filters, quarantine, "
        "prices and payouts; docs/rules.md describes it.",
        (
            Operation(
                method="POST", path=f"{_PATH}/explain", id="explainRule", summary="Put a rule into words",
                description="Nothing is stored. A rule that cannot be used is refused with each problem and its place.",
                handler=do.explain, permission=Permission.SETUP_READ, body=RuleInput, answer=RuleText,
                example={"rule": example},
            ),
            Operation(
                method="POST", path=f"{_PATH}/test", id="testRule", summary="Try a rule on a lead",
                description="On a stored lead (which needs the permission to search leads) or on given values. Nothing "
                "is stored. What conditions saw of masked fields is masked as in the lead's record.",
                handler=do.test, permission=Permission.SETUP_READ, body=RuleTest, answer=RuleVerdict,
                example={"rule": example, "values": {"postcode": "SW1A 1AA", "dob": "1990-07-02"}},
            ),
        ),
    )  # fmt: skip
