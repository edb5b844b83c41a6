"""The set-up's part of the own API."""

from leadyard.campaigns.api.campaigns import SECTION as CAMPAIGNS
from leadyard.campaigns.api.carriers import MAIL_SERVERS, SMS_GATEWAYS
from leadyard.campaigns.api.deliveries import SECTION as DELIVERIES
from leadyard.campaigns.api.fields import SECTION as FIELDS
from leadyard.campaigns.api.parties import BUYERS, SUPPLIERS
from leadyard.campaigns.api.providers import SECTION as PROVIDERS
from leadyard.campaigns.api.return_reasons import SECTION as RETURN_REASONS
from leadyard.campaigns.api.terms import SECTION as TERMS
from leadyard.campaigns.api.value_lists import SECTION as VALUE_LISTS
from leadyard.campaigns.api.webhooks import SECTION as WEBHOOKS

SECTIONS = (
    CAMPAIGNS,
    FIELDS,
    TERMS,
    SUPPLIERS,
    BUYERS,
    DELIVERIES,
    MAIL_SERVERS,
    SMS_GATEWAYS,
    VALUE_LISTS,
    PROVIDERS,
    WEBHOOKS,
    RETURN_REASONS,
)
