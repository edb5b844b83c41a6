"""News of visitors and people for webhooks, queued in the unit of work that makes them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery.outbox import announce_programme_news
from leadyard.people.model import Credit, Person
from leadyard.storage.database import Connection
from leadyard.tracking.fraud.model import Signal
from leadyard.tracking.model import Visitor


async def tell_of_visitors(
    connection: Connection, account_id: int, visitors: Sequence[Visitor], at: datetime
) -> None:
    """Queue the news of new visitors."""
    told = [
        {
            "visitor": {
                "id": visitor.id,
                "tracking_code": visitor.tracking_code,
                "url": visitor.url,
                "referrer": visitor.referrer,
                **_credit(visitor.credit),
            }
        }
        for visitor in visitors
    ]
    await announce_programme_news(connection, account_id, at, WebhookEvent.VISITOR_CREATED, told)


async def tell_of_person(connection: Connection, person: Person, at: datetime) -> None:
    """Queue the news of a person who has left an address for the first time."""
    told = {"person": {"id": person.id, "email": person.email, **_credit(person.credit)}}
    await announce_programme_news(connection, person.account_id, at, WebhookEvent.PERSON_CREATED, [told])


async def tell_of_signal(connection: Connection, account_id: int, signal_id: int, signal: Signal) -> None:
    """Queue the news of a signal of fraud that waits for a person."""
    told = {
        "signal": {
            "id": signal_id,
            "kind": signal.kind,
            "affiliate_id": signal.affiliate_id,
            "person_id": signal.person_id,
            "purchase_id": signal.purchase_id,
            "detail": signal.detail,
        }
    }
    await announce_programme_news(connection, account_id, signal.at, WebhookEvent.FRAUD_SIGNAL, [told])


def _credit(credit: Credit) -> dict[str, Any]:
    return {
        "affiliate_id": credit.affiliate_id,
        "traffic_campaign_id": credit.traffic_campaign_id,
        "subid": credit.subid,
    }
