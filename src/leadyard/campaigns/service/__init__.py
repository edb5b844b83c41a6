"""What operators do with a set-up: one object per noun, all with the same use cases.

Each change is one unit of work that checks everything, writes the audit log and gives the set-up its next version.
"""

from leadyard.campaigns.service.amending import (
    AlreadySoError,
    Amendment,
    UntestedError,
    amend_buyer,
    amend_delivery,
)
from leadyard.campaigns.service.buyers import buyers
from leadyard.campaigns.service.campaigns import campaigns
from leadyard.campaigns.service.carriers import mail_servers, sms_gateways
from leadyard.campaigns.service.deliveries import deliveries, preview_delivery
from leadyard.campaigns.service.delivery_tests import Carriers, run_delivery_test
from leadyard.campaigns.service.drafts import drafted
from leadyard.campaigns.service.fields import create_field, delete_field, read_field, update_field
from leadyard.campaigns.service.onboarding import Onboarding, Person, onboard
from leadyard.campaigns.service.providers import providers
from leadyard.campaigns.service.return_reasons import return_reasons
from leadyard.campaigns.service.rules import readable
from leadyard.campaigns.service.suppliers import suppliers
from leadyard.campaigns.service.terms import delete_terms, list_terms, put_terms, read_terms
from leadyard.campaigns.service.value_lists import value_lists, values_of_list
from leadyard.campaigns.service.webhooks import webhooks

__all__ = [
    "AlreadySoError",
    "Amendment",
    "Carriers",
    "Onboarding",
    "Person",
    "UntestedError",
    "amend_buyer",
    "amend_delivery",
    "buyers",
    "campaigns",
    "create_field",
    "delete_field",
    "delete_terms",
    "deliveries",
    "drafted",
    "list_terms",
    "mail_servers",
    "onboard",
    "preview_delivery",
    "providers",
    "put_terms",
    "read_field",
    "read_terms",
    "readable",
    "return_reasons",
    "run_delivery_test",
    "sms_gateways",
    "suppliers",
    "update_field",
    "value_lists",
    "values_of_list",
    "webhooks",
]
