"""News of limits, for people and webhooks: a cap that was reached, credit that runs low or out."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery import outbox
from leadyard.kit.money import from_micros, plain
from leadyard.ledger.credit.model import Alert, CreditKey
from leadyard.notices.model import NoticeKind
from leadyard.notices.service import note
from leadyard.routing.caps import CapKey, CapOwner, Measure, tell_once
from leadyard.storage.database import Connection, Database, database_of

_MOST_REMEMBERED = 10_000
_told_before: WeakKeyDictionary[Database, set[CapKey]] = WeakKeyDictionary()
_EVENTS = {Alert.LOW: WebhookEvent.CREDIT_LOW, Alert.EMPTY: WebhookEvent.CREDIT_EMPTY}


async def tell_of_caps(
    connection: Connection, setup: AccountSetup, now: datetime, reached: Mapping[CapKey, int]
) -> None:
    """Tell of caps, given with their limits, that reached them: once for each cap and period."""
    if not reached:
        return
    told_before = _told_before.setdefault(database_of(connection), set())
    asked = reached.keys() - told_before
    if not asked:
        return
    fresh = await tell_once(connection, asked)
    _remember(told_before, asked.difference(fresh))
    if fresh:
        told = [{"cap": _cap(setup, key, reached[key])} for key in fresh]
        await note(connection, setup.account.id, NoticeKind.CAP_REACHED, told)
        await outbox.announce_news(connection, setup, now, WebhookEvent.CAP_REACHED, told)


def _remember(told_before: set[CapKey], keys: Iterable[CapKey]) -> None:
    """Keep which caps are told of for good, so that a full one costs no statement each time it is looked at."""
    if len(told_before) > _MOST_REMEMBERED:
        told_before.clear()
    told_before.update(keys)


async def tell_of_credit(
    connection: Connection, setup: AccountSetup, now: datetime, news: Mapping[CreditKey, tuple[Alert, int]]
) -> None:
    """Tell of buyers' credit: how it stands, and what is left of it in micro-units."""
    for key, (alert, left) in news.items():
        told = {"credit": _credit(setup, key, left)}
        await note(connection, setup.account.id, NoticeKind(_EVENTS[alert]), [told])
        await outbox.announce_news(connection, setup, now, _EVENTS[alert], [told])


def _cap(setup: AccountSetup, key: CapKey, limit: int) -> dict[str, Any]:
    measure = "leads" if key.period.measure is Measure.LEADS else key.period.measure.name.lower()
    told: dict[str, Any] = {
        "owner": key.owner.name.lower(),
        "owner_id": key.owner_id,
        "period": key.period.interval,
        "since": None if key.period.interval == "total" else key.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "measure": measure,
        "limit": plain(from_micros(limit)) if key.period.is_money else limit,
    }
    if key.owner is CapOwner.SUPPLIER:
        told["campaign_id"] = key.campaign_id
    if key.owner is CapOwner.BUYER and key.owner_id in setup.buyers:
        told["bid"] = setup.buyers[key.owner_id].bid
    return told


def _credit(setup: AccountSetup, key: CreditKey, left: int) -> dict[str, Any]:
    buyer = setup.buyers.get(key.buyer_id)
    return {
        "buyer_id": key.buyer_id,
        "bid": "" if buyer is None else buyer.bid,
        "left": plain(from_micros(left)),
        "currency": key.currency,
    }
