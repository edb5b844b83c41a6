"""Buyers' credit over HTTP: what it shows, what it adds, and whom it refuses."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import time_machine
from tests.desk import Desk, new_desk
from tests.exchange import new_exchange

from leadyard.app import Services
from leadyard.identity import service as identity
from leadyard.identity.model import Permission
from leadyard.kit import clock
from leadyard.leads.api import sections
from leadyard.ledger.credit.model import CreditMode, CreditTerms
from leadyard.own_api.app import create
from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


@pytest.fixture
async def own(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The own API with an administrator's key."""
    services = Services(desk.database, desk.settings)
    app = create(desk.database, services.configuration, more_sections=sections(services))
    transport = httpx.ASGITransport(cast("Any", app))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://leads.test/api/v1", headers={"x-key": desk.key}
    ) as opened:
        yield opened
    await services.outbound.close()


async def test_sales_take_credit_and_every_movement_is_listed(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    buyer_id = await desk.buyer(credit=CreditTerms(mode=CreditMode.PREPAID))
    await desk.delivery(campaign.id, buyer_id)
    answer = await own.post(f"/buyers/{buyer_id}/credit", json={"amount": "30", "invoice": "7"})
    assert answer.status_code == 201
    (first,), _ = await desk.sold(1), await desk.sold(2)
    (third,) = await desk.sold(3)
    assert [a.reason for a in (await desk.view(third)).attempts] == ["credit"]
    standing = (await own.get(f"/buyers/{buyer_id}/credit")).json()
    assert standing == {
        "buyer_id": buyer_id, "currency": "GBP", "mode": "prepaid", "added": "30", "spent": "25",
        "reserved": "0", "left": "5", "room": "5", "overdue": "0",
    }  # fmt: skip
    movements = (await own.get(f"/buyers/{buyer_id}/credit/movements", params={"per_page": 2})).json()
    assert movements["total"] == 3
    assert [(m["kind"], m["amount"]) for m in movements["items"]] == [("credit_taken", "-12.5")] * 2
    last = (await own.get(f"/buyers/{buyer_id}/credit/movements", params={"page": 3, "per_page": 1})).json()
    assert (last["items"][0]["kind"], last["items"][0]["amount"]) == ("credit_added", "30")
    assert last["items"][0]["memo"] == "invoice 7"
    assert first in {m["lead_id"] for m in movements["items"]}
    empty = (await own.get(f"/buyers/{buyer_id}/credit/movements", params={"page": 9})).json()
    assert (empty["items"], empty["total"]) == ([], 3)
    assert await desk.differences() == []


async def test_a_postpaid_buyer_owes_and_is_overdue_after_its_terms(
    own: httpx.AsyncClient, desk: Desk
) -> None:
    campaign = await desk.campaign()
    terms = CreditTerms(mode=CreditMode.POSTPAID, limit=Decimal(100), terms_days=7)
    buyer_id = await desk.buyer(credit=terms)
    await desk.delivery(campaign.id, buyer_id)
    await desk.sold(1, 2)
    standing = (await own.get(f"/buyers/{buyer_id}/credit")).json()
    assert (standing["left"], standing["room"], standing["overdue"]) == ("75", "75", "0")
    with time_machine.travel(clock.now() + timedelta(days=8), tick=True):
        assert (await own.get(f"/buyers/{buyer_id}/credit")).json()["overdue"] == "25"
        paid = (await own.post(f"/buyers/{buyer_id}/credit", json={"amount": "20"})).json()
        assert (paid["overdue"], paid["left"]) == ("5", "95")


async def test_credit_of_one_currency_pays_no_leads_of_another(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign(currency="EUR")
    buyer_id = await desk.buyer(credit=CreditTerms(mode=CreditMode.PREPAID))
    await desk.delivery(campaign.id, buyer_id)
    await own.post(f"/buyers/{buyer_id}/credit", json={"amount": "30"})
    (lead_id,) = await desk.sold(1)
    assert [a.reason for a in (await desk.view(lead_id)).attempts] == ["credit"]
    await own.post(f"/buyers/{buyer_id}/credit", json={"amount": "30", "currency": "EUR"})
    await desk.sold(2)
    euros = (await own.get(f"/buyers/{buyer_id}/credit", params={"currency": "EUR"})).json()
    assert (euros["spent"], euros["left"]) == ("12.5", "17.5")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"amount": "0"}, 422),
        ({"amount": "-1"}, 422),
        ({"amount": "much"}, 422),
        ({}, 422),
        ({"amount": "1", "currency": "pounds"}, 422),
        ({"amount": "1", "invoice": "x" * 256}, 422),
        ({"amount": "1", "more": 1}, 422),
    ],
)
async def test_bad_amounts_are_refused_and_add_nothing(
    own: httpx.AsyncClient, desk: Desk, body: dict[str, Any], status: int
) -> None:
    buyer_id = await desk.buyer()
    answer = await own.post(f"/buyers/{buyer_id}/credit", json=body)
    assert answer.status_code == status, answer.text
    assert await desk.rows("buyer_credit") == []


async def test_buyers_that_are_not_there_or_another_accounts_are_not_found(
    own: httpx.AsyncClient, desk: Desk
) -> None:
    other = await new_exchange(desk.database, {"slug": "other", "takes_other_hosts": False})
    foreign = max([await other.buyer() for _ in range(2)])
    for buyer_id in (foreign, 999, 2**62):
        assert (await own.get(f"/buyers/{buyer_id}/credit")).status_code == 404
        assert (await own.get(f"/buyers/{buyer_id}/credit/movements")).status_code == 404
        assert (await own.post(f"/buyers/{buyer_id}/credit", json={"amount": 1})).status_code == 404
    assert await desk.rows("buyer_credit") == []


async def test_a_key_without_the_permission_adds_nothing(own: httpx.AsyncClient, desk: Desk) -> None:
    buyer_id = await desk.buyer()
    document = {"reference": "Reader", "settings": {"permissions": [Permission.SETUP_READ]}}
    _, key = await identity.create_key(desk.database, desk.actor, document)
    answer = await own.post(f"/buyers/{buyer_id}/credit", json={"amount": 1}, headers={"x-key": key})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("credit", "field"),
    [
        ({"mode": "prepaid", "limit": "5"}, "settings.credit.limit"),
        ({"mode": "postpaid", "top_up": {"amount": 1, "threshold": 1}}, "settings.credit.top_up"),
        ({"mode": "prepaid", "top_up": {"amount": 0, "threshold": 1}}, "settings.credit.top_up.amount"),
        ({"mode": "postpaid", "terms_days": 8}, "settings.credit.terms_days"),
        ({"mode": "gold"}, "settings.credit.mode"),
    ],
)
async def test_bad_terms_are_refused(own: httpx.AsyncClient, credit: dict[str, Any], field: str) -> None:
    answer = await own.post("/buyers", json={"company": "B", "settings": {"credit": credit}})
    assert answer.status_code == 422
    assert field in answer.text


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        ({"monday": [{"opens": "25:00", "closes": "12:00"}]}, "settings.schedule.monday[0].opens"),
        ({"monday": [{"opens": "24:00", "closes": "12:00"}]}, "settings.schedule.monday[0].opens"),
        ({"monday": [{"opens": "09:00"}]}, "settings.schedule.monday[0].closes"),
        ({"closed_dates": ["2026-02-30"]}, "settings.schedule.closed_dates[0]"),
        ({"when_closed": "wait"}, "settings.schedule.when_closed"),
        ({"someday": []}, "settings.schedule.someday"),
    ],
)
async def test_bad_schedules_are_refused(
    own: httpx.AsyncClient, schedule: dict[str, Any], field: str
) -> None:
    answer = await own.post("/buyers", json={"company": "B", "settings": {"schedule": schedule}})
    assert answer.status_code == 422
    assert field in answer.text


async def test_limits_come_back_as_they_were_set_and_can_be_patched(own: httpx.AsyncClient) -> None:
    caps = {"weekdays": {"monday": 5}, "revenue": {"month": "12.5", "weekdays": {"sunday": "3"}}}
    schedule = {"monday": [{"opens": "22:00", "closes": "06:00"}], "closed_dates": ["2026-12-25"]}
    made = await own.post("/buyers", json={"company": "B", "settings": {"caps": caps, "schedule": schedule}})
    assert made.status_code == 201, made.text
    settings = (await own.get(made.headers["location"].removeprefix("/api/v1"))).json()["settings"]
    assert settings["caps"]["weekdays"]["monday"] == 5
    assert settings["caps"]["revenue"]["month"] == "12.5"
    assert settings["schedule"]["closed_dates"] == ["2026-12-25"]
    patch = {"settings": {"schedule": None, "caps": {"weekdays": {"monday": 6}}}}
    changed = (await own.patch(f"/buyers/{made.json()['id']}", json=patch)).json()["settings"]
    assert changed["schedule"] is None
    assert changed["caps"]["weekdays"]["monday"] == 6
    assert changed["caps"]["revenue"]["weekdays"]["sunday"] == "3"
