"""Responders for tests."""

from typing import Any

from tests.desk import Desk

from leadyard.responders.inputs import ResponderRecord
from leadyard.responders.service import responders

THANKS = {
    "name": "Thanks",
    "type": "Email",
    "subject": "Thank you,\r\n {{ firstname }}",
    "text": "Hello {{ firstname }}, see https://advertiser.example/offer?a=1. Enough? {{ unsubscribe }}",
    "html": "<p>Hello {{ firstname }} <a href='https://advertiser.example/offer?a=1&amp;b=2'>see</a></p>",
    "cost": "0.002",
    "revenue": "5",
    "advertiser": {"id": "7", "name": "Sunrise"},
}
TEXT = {
    "name": "Text",
    "type": "SMS",
    "text": "Hi {{ firstname }} https://advertiser.example/sms",
    "cost": "0.04",
}


async def responder(desk: Desk, campaign_id: int, *pushes: Any, **changes: Any) -> ResponderRecord:
    """A responder of a campaign."""
    settings = {"trigger": "valid", **changes.pop("settings", {})}
    document = {"name": "Welcome", "campaign_id": campaign_id, "pushes": list(pushes), "settings": settings}
    return await responders.create(desk.database, desk.actor, {**document, **changes})
