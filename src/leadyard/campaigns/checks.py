"""What a set-up must satisfy beyond the types of its members: pure rules over values."""

from collections import Counter
from collections.abc import Iterable, Sequence
from ipaddress import ip_network

from leadyard.campaigns.distribution_checks import auction_problems, distribution_problems, margin_problems
from leadyard.campaigns.inputs import CampaignInput, WebhookInput
from leadyard.campaigns.model import AcceptOn, CampaignSettings, Dedupe, Match, Payout, PayoutKind
from leadyard.campaigns.rule_checks import payout_rule_problems, window_problems
from leadyard.campaigns.webhooks import WebhookForm
from leadyard.delivery.postbacks import postback_problems
from leadyard.intake.fields import STANDARD_FIELDS, FieldRule, FieldRuleError, compile_field
from leadyard.kit.errors import FieldProblem
from leadyard.kit.web_addresses import is_web_address

HUNDRED_PERCENT = 100
KEYED = ("email", "phone1", "phone2", "phone3")
"""The fields by which leads of other campaigns are found."""

MOST_FIELDS = 500
"""The most fields that a campaign can have."""


def campaign_problems(campaign: CampaignInput) -> list[FieldProblem]:
    """Name everything that is wrong with a campaign."""
    return [
        *payout_problems("settings.payout", campaign.settings.payout),
        *_dedupe_problems(campaign),
        *_elsewhere_problems(campaign.settings.dedupe),
        *_check_problems(campaign),
        *_address_problems(campaign.settings.blocked_addresses),
        *_page_problems(campaign.settings),
        *distribution_problems("settings.distribution", campaign.settings.distribution),
        *auction_problems("settings.auction", campaign.settings.auction),
        *margin_problems("settings.margin", campaign.settings.margin),
        *_skipped_problems(campaign.settings),
        *field_problems(campaign.fields, campaign.settings.country),
    ]


def field_problems(fields: Sequence[FieldRule], country: str) -> list[FieldProblem]:
    """Name everything that is wrong with a campaign's fields; `country` is the campaign's (ISO alpha-2)."""
    names = {rule.name for rule in fields}
    problems = [
        FieldProblem(f"fields[{i}].name", "is used twice") for i in _repeated(rule.name for rule in fields)
    ]
    if len(fields) > MOST_FIELDS:
        problems.append(FieldProblem("fields", f"has more than {MOST_FIELDS} fields"))
    for i, rule in enumerate(fields):
        if not _is_field_name(rule.name):
            problems.append(
                FieldProblem(
                    f"fields[{i}].name", "must be 1 to 64 lower-case letters, digits and underscores"
                )
            )
        if rule.differs_from is not None and (
            rule.differs_from not in names or rule.differs_from == rule.name
        ):
            problems.append(FieldProblem(f"fields[{i}].differs_from", "is not another field of the campaign"))
        try:
            compile_field(rule, country=country, month_first=country == "US")
        except FieldRuleError as error:
            problems.append(FieldProblem(f"fields[{i}]", str(error)))
    return problems


def payout_problems(path: str, payout: Payout | None) -> list[FieldProblem]:
    """Name what is wrong with a payout."""
    if payout is None:
        return []
    problems = [*payout_rule_problems(f"{path}.rules", payout.rules), *window_problems(path, payout)]
    if payout.kind is PayoutKind.PERCENT and payout.amount > HUNDRED_PERCENT:
        problems.append(FieldProblem(f"{path}.amount", "must be at most 100 when it is a percentage"))
    return problems


def webhook_problems(webhook: WebhookInput) -> list[FieldProblem]:
    """Name everything that is wrong with a webhook."""
    if webhook.settings.form is not WebhookForm.JSON:
        return postback_problems(webhook.url, webhook.settings)
    problems = [] if is_web_address(webhook.url) else [FieldProblem("url", "is not an http or https address")]
    if webhook.settings.fields:
        problems.append(
            FieldProblem("settings.fields", "is for postbacks; a json webhook carries the record")
        )
    return problems


def _is_field_name(name: str) -> bool:
    return 0 < len(name) <= 64 and all(c.isascii() and (c.islower() or c.isdigit() or c == "_") for c in name)  # noqa: PLR2004 - the limit that the message names


def _dedupe_problems(campaign: CampaignInput) -> list[FieldProblem]:
    names = {rule.name for rule in campaign.fields}
    return [
        FieldProblem(f"settings.dedupe.fields[{i}]", "is not a field of the campaign")
        for i, name in enumerate(campaign.settings.dedupe.fields)
        if name not in names
    ]


def _elsewhere_problems(dedupe: Dedupe) -> list[FieldProblem]:
    """Leads of other campaigns are found by e-mail and telephone, which have indexes."""
    if not (dedupe.campaigns or dedupe.suppression_campaigns):
        return []
    keyed = [name in KEYED for name in dedupe.fields]
    if all(keyed) if dedupe.match is Match.ANY else any(keyed):
        return []
    named = ", ".join(KEYED)
    words = f"must be among {named}" if dedupe.match is Match.ANY else f"must have one of {named}"
    return [FieldProblem("settings.dedupe.fields", f"{words} where other campaigns count")]


def _check_problems(campaign: CampaignInput) -> list[FieldProblem]:
    names = {rule.name for rule in campaign.fields} | set(STANDARD_FIELDS)
    return [
        FieldProblem(f"settings.checks[{i}].fields[{j}]", "is not a field of the campaign")
        for i, check in enumerate(campaign.settings.checks)
        for j, name in enumerate(check.fields)
        if name not in names
    ]


def _address_problems(addresses: Sequence[str]) -> list[FieldProblem]:
    problems = []
    for i, address in enumerate(addresses):
        try:
            ip_network(address, strict=False)
        except ValueError:
            problems.append(
                FieldProblem(f"settings.blocked_addresses[{i}]", "is not an IP address or network")
            )
    return problems


def _page_problems(settings: CampaignSettings) -> list[FieldProblem]:
    pages = {name: getattr(settings, name) for name in ("refused_url", "sold_url", "unsold_url")}
    return [
        FieldProblem(f"settings.{name}", "is not an http or https address")
        for name, page in pages.items()
        if page and not is_web_address(page)
    ]


def _skipped_problems(settings: CampaignSettings) -> list[FieldProblem]:
    if not settings.quarantine_when_skipped or settings.accept_on is AcceptOn.BUYER:
        return []
    return [FieldProblem("settings.quarantine_when_skipped", f"is only for {AcceptOn.BUYER}")]


def _repeated(names: Iterable[str]) -> list[int]:
    seen: Counter[str] = Counter()
    repeated = []
    for i, name in enumerate(names):
        if seen[name]:
            repeated.append(i)
        seen[name] += 1
    return repeated
