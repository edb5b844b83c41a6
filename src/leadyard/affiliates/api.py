"""The part of the own API that is about the affiliate programme."""

from leadyard.affiliates.affiliates.api import section as affiliates_section
from leadyard.affiliates.affiliates.api_lists import FIELDS, GROUPS
from leadyard.affiliates.program.api import SECTION as PROGRAM
from leadyard.affiliates.traffic_campaigns.api import SECTION as TRAFFIC_CAMPAIGNS
from leadyard.own_api.operation import Section


def sections(base_url: str) -> tuple[Section, ...]:
    """Make the sections of the affiliate programme; links for affiliates begin with `base_url`."""
    return (PROGRAM, affiliates_section(base_url), GROUPS, FIELDS, TRAFFIC_CAMPAIGNS)
