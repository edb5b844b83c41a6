"""Whether a lead gets in under a draft, and what its supplier is paid for that."""

from collections.abc import Collection

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign
from leadyard.campaigns.terms import system_payout
from leadyard.intake.judge import judge
from leadyard.intake.model import ACCEPTED, Reading, Submission
from leadyard.intake.plan import Plans
from leadyard.leads.facts import facts_of
from leadyard.leads.model import Channel
from leadyard.replay.model import PastLead


def judges_anew(current: Campaign, draft: Campaign) -> bool:
    """Tell whether a draft changes what the intake makes of a campaign's leads, duplicates and caps left aside."""
    old, new = current.settings, draft.settings
    return current.status is not draft.status or (old.filter, old.country, old.blocked_addresses) != (
        new.filter,
        new.country,
        new.blocked_addresses,
    )


class Entrance:
    """The intake's rules of one set-up."""

    def __init__(self, setup: AccountSetup, judged: Collection[int]) -> None:
        """Take the set-up and the campaigns that judge their leads anew."""
        self._setup = setup
        self._judged = frozenset(judged)
        self._plans = Plans()

    def lets_in(self, lead: PastLead) -> bool:
        """Judge a lead by its stored fields where its campaign judges anew; elsewhere it is as valid as it was."""
        if lead.campaign_id not in self._judged:
            return lead.is_valid
        campaign = self._setup.campaigns[lead.campaign_id]
        supplier = self._setup.suppliers.get(lead.supplier_id or 0)
        submission = Submission(
            self._setup.account.id, None, campaign.reference, "" if supplier is None else supplier.sid, "",
            Channel(lead.channel), False, lead.received_at, lambda _: Reading(dict(lead.fields), {}),
        )  # fmt: skip
        plan = self._plans.of(self._setup, campaign)
        verdict = judge(plan, submission, submission.read(plan), lead.received_at)
        return verdict.code == ACCEPTED and not verdict.filtered and (lead.is_valid or not verdict.held)

    def payout(self, lead: PastLead) -> int:
        """Work out what a valid lead earns its supplier on System Accept, in micro-units."""
        campaign = self._setup.campaigns[lead.campaign_id]
        rules = self._setup.rules_of(campaign)
        terms = rules.payout(lead.supplier_id)
        if terms is None or lead.supplier_id is None:
            return system_payout(campaign, lead.supplier_id)
        facts = facts_of(self._setup, campaign, lead.fields, lead.received_at, lead.supplier_id, lead.channel)
        return terms.amount(facts, 0, by_sale=False)
