"""The part of the own API that is about the affiliate programme."""

from leadyard.affiliates.affiliates.api import section as affiliates_section
from leadyard.affiliates.affiliates.api_lists import FIELDS, GROUPS
from leadyard.affiliates.commissions.api import section as commissions_section
from leadyard.affiliates.commissions.service import Commissions
from leadyard.affiliates.plans.api import SECTION as PLANS
from leadyard.affiliates.program.api import SECTION as PROGRAM
from leadyard.affiliates.purchases.api import section as purchases_section
from leadyard.affiliates.purchases.service import Purchases
from leadyard.affiliates.traffic_campaigns.api import SECTION as TRAFFIC_CAMPAIGNS
from leadyard.own_api.operation import Section


def sections(base_url: str, purchases: Purchases, commissions: Commissions) -> tuple[Section, ...]:
    """Make the sections of the affiliate programme; links for affiliates begin with `base_url`."""
    money = PLANS, purchases_section(purchases), commissions_section(commissions)
    return (PROGRAM, affiliates_section(base_url), GROUPS, FIELDS, TRAFFIC_CAMPAIGNS, *money)
