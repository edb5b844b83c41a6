"""Webhooks in the own API."""

from leadyard.campaigns.api.noun import operations_of
from leadyard.campaigns.model import Status
from leadyard.campaigns.service import webhooks
from leadyard.own_api.operation import Section

SECTION = Section(
    "Webhooks",
    "A webhook is an address of yours that is told about events; its secret signs every body.",
    operations_of(
        webhooks,
        "/webhooks",
        plural="webhooks",
        creating="It is told about what happens from now on.",
        status=Status,
        example={
            "url": "https://crm.example.com/hooks/leadyard",
            "settings": {
                "reference": "CRM",
                "events": ["lead.sold", "lead.unsold"],
                "secret": "a-long-random-text",
            },
        },
    ),
)
