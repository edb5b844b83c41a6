"""Suppliers and buyers in the own API."""

from leadyard.campaigns.api.noun import operations_of
from leadyard.campaigns.model import Status
from leadyard.campaigns.service import buyers, suppliers
from leadyard.own_api.operation import Section

SUPPLIERS = Section(
    "Suppliers",
    "A supplier posts leads under its sid, into the campaigns that have terms for it.",
    operations_of(
        suppliers,
        "/suppliers",
        plural="suppliers",
        creating="It may post once a campaign has terms for it and a key is its own.",
        status=Status,
        example={"name": "Bright Media", "sid": "1", "settings": {"email": "leads@brightmedia.example"}},
    ),
)

BUYERS = Section(
    "Buyers",
    "A buyer takes leads through its deliveries; its caps count over all of them.",
    operations_of(
        buyers,
        "/buyers",
        plural="buyers",
        creating="It gets leads once a delivery is for it.",
        status=Status,
        example={"company": "Sunrise Energy Ltd", "bid": "33", "settings": {"caps": {"month": 2000}}},
    ),
)
