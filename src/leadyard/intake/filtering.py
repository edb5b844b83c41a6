"""What a campaign's rules make of a lead that comes in: filter, quarantine and payout (docs/leadbyte.md)."""

from leadyard.campaigns.model import AcceptOn
from leadyard.campaigns.rules import CampaignRules
from leadyard.campaigns.terms import system_payout
from leadyard.intake.model import Submission, Verdict
from leadyard.intake.plan import CampaignPlan
from leadyard.intake.quarantine_store import Held
from leadyard.leads.facts import facts_of
from leadyard.routing.rules import Facts


def by_rules(plan: CampaignPlan, rules: CampaignRules, submission: Submission, verdict: Verdict) -> Verdict:
    """Add to the verdict on a good lead what the campaign's rules say of it."""
    facts = facts_of(
        plan.setup,
        plan.campaign,
        verdict.stored,
        submission.received_at,
        verdict.supplier_id,
        submission.channel,
        ssid=submission.ssid,
    )
    verdict.filtered = rules.refusal(facts) or ""
    verdict.held = not verdict.filtered and rules.holds(facts)
    verdict.payout = _payout(plan, rules, verdict.supplier_id, facts)
    return verdict


def filter_refusal(plan: CampaignPlan, held: Held) -> str | None:
    """Give the text by which the filter refuses a lead that is about to be released; None when it does not."""
    return None if plan.rules is None else plan.rules.refusal(_facts(plan, held))


def payout_when_valid(plan: CampaignPlan, held: Held) -> int:
    """Work out what the supplier of a released lead earns by its being valid, in micro-units."""
    if plan.rules is None:
        return system_payout(plan.campaign, held.supplier_id)
    return _payout(plan, plan.rules, held.supplier_id, _facts(plan, held))


def _facts(plan: CampaignPlan, held: Held) -> Facts:
    return facts_of(plan.setup, plan.campaign, held.fields, held.received_at, held.supplier_id, held.channel)


def _payout(plan: CampaignPlan, rules: CampaignRules, supplier_id: int | None, facts: Facts) -> int:
    if supplier_id is None or plan.campaign.settings.accept_on is not AcceptOn.SYSTEM:
        return 0
    terms = rules.payout(supplier_id)
    if terms is None:
        return system_payout(plan.campaign, supplier_id)
    return terms.amount(facts, 0, by_sale=False)
