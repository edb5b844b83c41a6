"""Campaigns in the own API."""

from leadyard.campaigns.api.noun import operations_of
from leadyard.campaigns.model import Status
from leadyard.campaigns.service import campaigns
from leadyard.own_api.operation import Section

EXAMPLE = {
    "reference": "SOLAR-UK",
    "name": "Solar panels, UK",
    "settings": {
        "currency": "GBP",
        "country": "GB",
        "payout": {"kind": "fixed", "amount": "3.50"},
        "revenue": "12.50",
        "dedupe": {"fields": ["email"], "match": "any", "window_hours": 720},
        "caps": {"day": 500},
    },
    "fields": [
        {"name": "email", "label": "Email", "data_type": "Email Address", "required": True, "standard": True},
        {"name": "data1", "label": "roof_type", "data_type": "Text", "selection_values": ["Slate", "Tile"]},
    ],
}

SECTION = Section(
    "Campaigns",
    "A campaign is what leads are posted into: its fields, its rules for duplicates, its caps and its money.",
    operations_of(
        campaigns,
        "/campaigns",
        plural="campaigns",
        creating="A campaign takes leads from suppliers that have terms for it, and sells them once it has deliveries.",
        status=Status,
        example=EXAMPLE,
    ),
)
