"""The part of the own API that is about leads and what they come to."""

from typing import Protocol

from leadyard.delivery.api import MESSAGES, PINGS, TRACE
from leadyard.intake.providers.api import section as checks_section
from leadyard.intake.quarantine import Quarantine
from leadyard.leads.after_sale.service import AfterSale
from leadyard.leads.api.after_sale import section as after_sale_section
from leadyard.leads.api.jobs import section as jobs_section
from leadyard.leads.api.leads import section as leads_section
from leadyard.leads.api.quarantine import section as quarantine_section
from leadyard.leads.api.rules import section as rules_section
from leadyard.leads.jobs.service import Jobs
from leadyard.leads.release_rules.api import SECTION as RELEASE_RULES
from leadyard.leads.service import Leads
from leadyard.ledger.credit.api import section as credit_section
from leadyard.ledger.credit.service import Credit
from leadyard.own_api.operation import Section
from leadyard.reports.api import SECTION as REPORTS


class UseCases(Protocol):
    """What a process shares of its use cases."""

    leads: Leads
    quarantine: Quarantine
    credit: Credit
    after_sale: AfterSale
    jobs: Jobs


def sections(services: UseCases) -> tuple[Section, ...]:
    """Make the sections of leads and what they come to over this process's use cases."""
    return (
        leads_section(services.leads),
        TRACE,
        rules_section(services.leads),
        checks_section(services.leads),
        after_sale_section(services.leads, services.after_sale),
        quarantine_section(services.leads, services.quarantine),
        RELEASE_RULES,
        jobs_section(services.jobs),
        MESSAGES,
        PINGS,
        credit_section(services.credit),
        REPORTS,
    )
