"""A campaign's set-up compiled once, so that judging a lead allocates little and looks nothing up."""

from datetime import date, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from zoneinfo import ZoneInfo

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign
from leadyard.campaigns.rules import CampaignRules
from leadyard.campaigns.terms import system_payout
from leadyard.delivery.subscriptions import INTAKE_EVENTS, events_wanted
from leadyard.intake.dedupe_keys import key_makers, keys_of
from leadyard.intake.fields import STANDARD_FIELDS, CompiledField, compile_field, email_key, phone_key
from leadyard.intake.providers.compiled import compile_inquiry

_QUARTER_SECONDS = 900
"""In no time zone does a day begin between two quarters of an hour."""


class CampaignPlan:
    """One campaign at one version of its account's set-up.

    `fields` are the campaign's own; `always` are the standard fields that it has not switched on, which are
    stored when they are sent and well formed. `rules` is None where the intake needs none, `inquiry` is what has to
    be asked outside the rules, None for most campaigns. `memo` is where a dialect keeps what it derives from the plan.
    """

    __slots__ = (
        "_payouts",
        "_today",
        "always",
        "announced",
        "blocked",
        "campaign",
        "country",
        "fields",
        "inquiry",
        "is_watched",
        "key_makers",
        "memo",
        "names",
        "rules",
        "setup",
        "zone",
    )

    def __init__(self, setup: AccountSetup, campaign: Campaign) -> None:
        """Compile every field; the set-up service has refused what does not compile."""
        self.setup = setup
        self.campaign = campaign
        self.country = campaign.settings.country
        self.zone = ZoneInfo(setup.account.time_zone)
        month_first = self.country == "US"
        own = {rule.name for rule in campaign.fields}
        self.fields: tuple[CompiledField, ...] = tuple(
            compile_field(rule, country=self.country, month_first=month_first) for rule in campaign.fields
        )
        extra = [rule for name, rule in STANDARD_FIELDS.items() if name not in own]
        self.always = {
            rule.name: compile_field(rule, country=self.country, month_first=month_first) for rule in extra
        }
        self.names = [(rule.name, rule.label) for rule in (*campaign.fields, *extra)]
        self.key_makers = key_makers(campaign, self.country, campaign.settings.dedupe.fields)
        self.inquiry = compile_inquiry(setup, campaign)
        self.blocked: tuple[IPv4Network | IPv6Network, ...] = tuple(
            ip_network(text, strict=False) for text in campaign.settings.blocked_addresses
        )
        rules = setup.rules_of(campaign)
        self.rules: CampaignRules | None = rules if rules.judges_intake else None
        self.announced = events_wanted(setup, campaign.id) & INTAKE_EVENTS
        self.is_watched = bool(self.announced or campaign.occasions)
        self.memo: dict[Any, Any] = {}
        self._payouts: dict[int | None, int] = {}
        self._today = (-1, date.min)

    def today(self, now: datetime) -> date:
        """Tell the account's date at an instant."""
        quarter = int(now.timestamp()) // _QUARTER_SECONDS
        if self._today[0] != quarter:
            self._today = (quarter, now.astimezone(self.zone).date())
        return self._today[1]

    def payout(self, supplier_id: int | None) -> int:
        """Tell what a supplier earns by a lead being valid, in micro-units."""
        payout = self._payouts.get(supplier_id)
        if payout is None:
            payout = self._payouts[supplier_id] = system_payout(self.campaign, supplier_id)
        return payout

    def claim_keys(self, stored: dict[str, str], supplier_id: int | None = None) -> tuple[bytes, ...]:
        """Work out the keys under which this lead counts as a duplicate of another; empty values make none."""
        if not self.key_makers:
            return ()
        dedupe = self.campaign.settings.dedupe
        scope = f"supplier={supplier_id or 0}\x00" if dedupe.per_supplier else ""
        return keys_of(self.key_makers, dedupe.match, stored, scope)

    def search_keys(self, stored: dict[str, str]) -> tuple[str | None, str | None, str | None, str | None]:
        """Work out how e-mail and phone1 to phone3 are looked up: None when absent."""
        get, country = stored.get, self.country
        email, phone1, phone2, phone3 = get("email"), get("phone1"), get("phone2"), get("phone3")
        return (
            email_key(email) if email else None,
            phone_key(phone1, country) or None if phone1 else None,
            phone_key(phone2, country) or None if phone2 else None,
            phone_key(phone3, country) or None if phone3 else None,
        )


class Plans:
    """The compiled campaigns of this process."""

    def __init__(self) -> None:
        """Start with nothing compiled."""
        self._plans: dict[tuple[int, int], CampaignPlan] = {}

    def of(self, setup: AccountSetup, campaign: Campaign) -> CampaignPlan:
        """Give the campaign's plan, compiling it when the campaign or its account changed."""
        key = (setup.account.id, campaign.id)
        plan = self._plans.get(key)
        if plan is None or plan.setup is not setup:
            plan = CampaignPlan(setup, campaign)
            self._plans[key] = plan
        return plan
