"""What a delivery must satisfy, and what its templates may name."""

import msgspec

from leadyard.campaigns.distribution_checks import margin_problems, ping_problems
from leadyard.campaigns.inputs import BuyerRecord, CampaignRecord, DeliveryInput, DeliveryRecord
from leadyard.campaigns.model import DeliveryKind, DeliverySettings
from leadyard.campaigns.rule_checks import payout_rule_problems
from leadyard.delivery.answers import check_rules
from leadyard.delivery.model import HttpTarget
from leadyard.delivery.transports.http import check_target, names_in
from leadyard.intake.fields import STANDARD_FIELDS
from leadyard.kit.errors import FieldProblem
from leadyard.kit.money import plain

_POSTED = frozenset({DeliveryKind.HTTP, DeliveryKind.PING_POST})

LEAD_SAMPLES = {
    "lead.id": "1234567",
    "lead.uuid": "019aa5d0-0000-7000-8000-000000000000",
    "lead.queue_id": "019aa5d0-00007000-80000000-0000-00000000",
    "lead.received": "2026-01-31T12:00:00Z",
    "supplier.sid": "1",
    "supplier.name": "Example Supplier",
    "ping.reference": "example-ping",
    "ping.bid": "12.5",
    "sale.kind": "exclusive",
}
"""What a preview shows for names whose values only a real lead has."""


def delivery_problems(delivery: DeliveryInput) -> list[FieldProblem]:
    """Name everything that is wrong with a delivery by itself."""
    settings = delivery.settings
    problems = _below("settings.answers", check_rules(settings.answers))
    problems += payout_rule_problems("settings.payouts", settings.payouts)
    problems += _target_problems(settings)
    if settings.http is not None:
        problems += _below("settings.http", check_target(settings.http))
    return problems + _pricing_problems(settings)


def _target_problems(settings: DeliverySettings) -> list[FieldProblem]:
    """Each kind has its own target and no other's."""
    targets = (
        ("http", settings.http, _POSTED),
        ("email", settings.email, {DeliveryKind.EMAIL}),
        ("sms", settings.sms, {DeliveryKind.SMS}),
    )
    problems = []
    for name, target, kinds in targets:
        if settings.kind in kinds and target is None:
            problems.append(FieldProblem(f"settings.{name}", f"is required for {settings.kind}"))
        if settings.kind not in kinds and target is not None:
            problems.append(FieldProblem(f"settings.{name}", f"is not for {settings.kind}"))
    return problems


def _pricing_problems(settings: DeliverySettings) -> list[FieldProblem]:
    problems = margin_problems("settings.margin", settings.margin)
    if settings.kind is DeliveryKind.PING_POST and settings.ping is None:
        problems.append(FieldProblem("settings.ping", f"is required for {settings.kind}"))
    elif settings.ping is not None and settings.kind is not DeliveryKind.PING_POST:
        problems.append(FieldProblem("settings.ping", f"is not for {settings.kind}"))
    elif settings.ping is not None:
        problems += ping_problems("settings.ping", settings.ping)
    if settings.sweeper and settings.after is not None:
        problems.append(FieldProblem("settings.sweeper", "is not for a delivery that follows another"))
    return problems


def fixed_values(delivery: DeliveryRecord, campaign: CampaignRecord, buyer: BuyerRecord) -> dict[str, str]:
    """Give the values of names that are the same for every lead of a delivery."""
    own = delivery.settings.revenue
    return {
        "campaign.id": str(campaign.id),
        "campaign.reference": campaign.reference,
        "campaign.name": campaign.name,
        "buyer.bid": buyer.bid,
        "buyer.company": buyer.company,
        "delivery.id": str(delivery.id),
        "delivery.reference": delivery.reference,
        "delivery.revenue": plain(campaign.settings.revenue if own is None else own),
    }


def unknown_names(target: HttpTarget, campaign: CampaignRecord, fixed: dict[str, str]) -> list[str]:
    """Name what the templates read that no lead of the campaign can have, in order."""
    known = {rule.name for rule in campaign.fields} | set(STANDARD_FIELDS) | set(LEAD_SAMPLES) | set(fixed)
    return sorted(names_in(target) - known)


def _below(path: str, problems: list[FieldProblem]) -> list[FieldProblem]:
    return [msgspec.structs.replace(problem, field=f"{path}.{problem.field}") for problem in problems]
