"""Leads, quarantine and reports over HTTP: what they show, what they change, and whom they refuse."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest
from tests.delivery.buyers import Call, buyer
from tests.desk import Desk, new_desk
from tests.exchange import ACCEPTING

from leadyard.app import Services
from leadyard.campaigns.model import Trigger
from leadyard.delivery.model import Extract
from leadyard.identity import service as identity
from leadyard.identity.model import Permission
from leadyard.leads.api import sections
from leadyard.leads.model import AttemptState, SaleStatus, SystemStatus
from leadyard.own_api.app import create


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The own API without a key."""
    services = Services(desk.database, desk.settings)
    app = create(desk.database, services.configuration, more_sections=sections(services))
    transport = httpx.ASGITransport(cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url="http://leads.test/api/v1") as opened:
        yield opened
    await services.close()


@pytest.fixture
def own(client: httpx.AsyncClient, desk: Desk) -> httpx.AsyncClient:
    """The own API with an administrator's key."""
    client.headers["x-key"] = desk.key
    return client


async def test_a_lead_shows_everything_that_is_known_of_it(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    delivery = await desk.delivery(campaign.id, await desk.buyer())
    (lead_id,) = await desk.sold(1)
    answer = await own.get(f"/leads/{lead_id}")
    assert answer.status_code == 200
    lead = answer.json()
    assert (lead["status"], lead["sale_status"], lead["delivery_status"]) == ("Valid", "Sold", "Full")
    assert (lead["payout"], lead["revenue"], lead["currency"]) == ("3.5", "12.5", "GBP")
    assert lead["fields"]["email"] == "person.1@example.com"
    attempt = lead["attempts"][0]
    assert (attempt["delivery_id"], attempt["state"], attempt["revenue"]) == (delivery.id, "sold", "12.5")
    assert [event["event"] for event in lead["history"]] == ["received", "valid", "sold"]
    amounts = {(p["book"], p["amount"]) for p in lead["entries"][0]["postings"]}
    assert amounts == {("buyer", "12.5"), ("revenue", "-12.5"), ("payout", "3.5"), ("supplier", "-3.5")}


async def test_a_lead_tells_where_its_sender_goes_on(own: httpx.AsyncClient, desk: Desk) -> None:
    async def takes(call: Call) -> None:
        await call.answer('{"status":"accepted","next":"https://buyer.example.com/go"}')

    pages = {"sold_url": "https://shop.example.com/thanks", "unsold_url": "https://shop.example.com/sorry"}
    campaign = await desk.campaign(**pages)
    (open_id,) = await desk.submitted(1)
    assert (await own.get(f"/leads/{open_id}")).json()["redirect_url"] == ""
    await desk.work()
    assert (await own.get(f"/leads/{open_id}")).json()["redirect_url"] == pages["unsold_url"]
    answers = msgspec.structs.replace(ACCEPTING, redirect_url=Extract(kind="json_path", expression="next"))
    async with buyer(takes) as shop:
        await desk.delivery(campaign.id, await desk.buyer(), shop.url, answers=answers)
        (sold_id,) = await desk.sold(2)
    lead = (await own.get(f"/leads/{sold_id}")).json()
    assert lead["redirect_url"] == lead["attempts"][0]["trace"]["redirect_url"]
    assert lead["redirect_url"] == "https://buyer.example.com/go"


async def test_lists_page_by_cursor_and_filter(own: httpx.AsyncClient, desk: Desk) -> None:
    await desk.campaign()
    ids = sorted(await desk.submitted(1, 2, 3), reverse=True)
    first = (await own.get("/leads", params={"per_page": 2})).json()
    assert [lead["id"] for lead in first["items"]] == ids[:2]
    second = (await own.get("/leads", params={"per_page": 2, "before": first["next_before"]})).json()
    assert ([lead["id"] for lead in second["items"]], second["next_before"]) == (ids[2:], None)
    wanted = {"email": "PERSON.2@example.com", "status": "Valid", "sale_status": "Pending"}
    assert len((await own.get("/leads", params=wanted)).json()["items"]) == 1
    later = {"received_from": "2999-01-01T00:00:00Z"}
    assert (await own.get("/leads", params=later)).json() == {"items": [], "next_before": None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "valid-ish"),
        ("sale_status", "x"),
        ("attempt", "sold"),
        ("received_from", "2026-01-01T00:00:00"),
        ("before", "0"),
        ("per_page", "1000"),
        ("campaign_id", "abc"),
        ("colour", "red"),
        ("email", "a\x00b"),
    ],
)
async def test_a_bad_parameter_is_named(own: httpx.AsyncClient, name: str, value: str) -> None:
    answer = await own.get("/leads", params={name: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == name


async def test_fields_are_changed_and_refusals_told(own: httpx.AsyncClient, desk: Desk) -> None:
    await desk.campaign()
    (lead_id,) = await desk.submitted(1)
    changes = {"fields": {"firstname": "Al", "phone1": "12"}}
    answer = await own.patch(f"/leads/{lead_id}", json=changes)
    assert answer.json() == {
        "stored": {"firstname": "Al"},
        "warnings": ["Phone 1 is not a valid UK mobile number"],
    }
    assert (await own.patch("/leads/999", json=changes)).status_code == 404
    bad: list[Any] = [
        {},
        {"fields": {}},
        {"fields": {"firstname": 1}},
        {"fields": {"a": "\x00"}},
        {"x": 1},
        [],
    ]
    for body in bad:
        assert (await own.patch(f"/leads/{lead_id}", json=body)).status_code == 422


async def test_leads_are_distributed_again_and_sent_by_hand(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    by_hand = await desk.delivery(campaign.id, await desk.buyer(), trigger=Trigger.MANUAL)
    (lead_id,) = await desk.sold(1)
    assert (await own.post(f"/leads/{lead_id}/reprocess")).status_code == 204
    assert (await own.post(f"/leads/{lead_id}/deliveries/{by_hand.id}/trigger")).status_code == 204
    await desk.work()
    assert (await desk.view(lead_id)).lead.sale_status is SaleStatus.SOLD
    refused = await own.post(f"/leads/{lead_id}/deliveries/{by_hand.id}/trigger")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "delivery_id")
    assert (await own.post(f"/leads/{lead_id}/deliveries/999/trigger")).status_code == 409
    for path in ("/leads/999/reprocess", f"/leads/999/deliveries/{by_hand.id}/trigger", "/leads/x/reprocess"):
        assert (await own.post(path)).status_code == 404


async def test_money_is_changed_exactly(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer())
    (sold,) = await desk.sold(1)
    (pending,) = await desk.submitted(2)
    answer = await own.put(f"/leads/{sold}/financials", json={"payout": "1.000001", "revenue": 20})
    assert (answer.json()["payout"], answer.json()["revenue"]) == ("1.000001", "20")
    answer = await own.post(f"/leads/{sold}/costs", json={"kind": "sms", "amount": "0.04"})
    assert (answer.status_code, answer.json()["costs"]["sms"]) == (200, "0.04")
    assert (await own.put(f"/leads/{pending}/financials", json={"payout": 1})).status_code == 409
    assert (await own.put("/leads/999/financials", json={"payout": 1})).status_code == 404
    bad: list[dict[str, Any]] = [{}, {"payout": -1}, {"payout": "NaN"}, {"revenue": 1, "buyer_id": 999}]
    for body in bad:
        assert (await own.put(f"/leads/{sold}/financials", json=body)).status_code == 422
    wrong: list[dict[str, Any]] = [
        {"kind": "sms", "amount": 0},
        {"kind": "tea", "amount": 1},
        {"kind": "sms"},
    ]
    for body in wrong:
        assert (await own.post(f"/leads/{sold}/costs", json=body)).status_code == 422
    assert await desk.differences() == []


async def test_an_unknown_attempt_is_settled(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()

    async def hang_up(call: Call) -> None:
        """Take the lead and say nothing."""

    async with buyer(hang_up) as shop:
        await desk.delivery(campaign.id, await desk.buyer(), shop.url)
        (lead_id,) = await desk.sold(1)
    assert (await desk.view(lead_id)).attempts[0].state is AttemptState.UNKNOWN
    await desk.submitted(2)
    unknown = {"attempt": "unknown"}
    listed = (await own.get("/leads", params=unknown)).json()["items"]
    assert [lead["id"] for lead in listed] == [lead_id]
    path = f"/leads/{lead_id}/attempts/1/resolve"
    assert (await own.post(path, json={"accepted": False, "revenue": 1})).status_code == 422
    assert (await own.post(path, json={"accepted": "perhaps"})).status_code == 422
    answer = await own.post(path, json={"accepted": True, "revenue": "7.25"})
    assert (answer.status_code, answer.json()["revenue"]) == (200, "7.25")
    assert (await own.post(path, json={"accepted": True})).status_code == 409
    assert (await own.get("/leads", params=unknown)).json()["items"] == []
    assert (await own.post("/leads/999/attempts/1/resolve", json={"accepted": True})).status_code == 404


async def test_the_quarantine_is_listed_corrected_released_and_rejected(
    own: httpx.AsyncClient, desk: Desk
) -> None:
    await desk.campaign(quarantine=True)
    first, second = sorted(await desk.submitted(1, 2))
    items = (await own.get("/quarantine")).json()["items"]
    assert [(lead["id"], lead["status"]) for lead in items] == [
        (second, "Quarantined"),
        (first, "Quarantined"),
    ]
    changed = await own.patch(f"/quarantine/{first}", json={"fields": {"firstname": "Al"}})
    assert changed.json()["stored"] == {"firstname": "Al"}
    assert (await own.post(f"/quarantine/{first}/release")).status_code == 204
    assert (await own.post(f"/quarantine/{second}/reject")).status_code == 204
    for act in ("release", "reject"):
        assert (await own.post(f"/quarantine/{first}/{act}")).status_code == 409
        assert (await own.post(f"/quarantine/999/{act}")).status_code == 404
    late = {"fields": {"firstname": "Bo"}}
    assert (await own.patch(f"/quarantine/{first}", json=late)).status_code == 409
    assert (await own.patch("/quarantine/999", json=late)).status_code == 404
    statuses = [(await desk.view(lead_id)).lead.system_status for lead_id in (first, second)]
    assert statuses == [SystemStatus.VALID, SystemStatus.INVALID]
    assert (await own.get("/quarantine")).json()["items"] == []


async def test_a_report_shows_what_was_just_sold(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer())
    await desk.sold(1, 2)
    await desk.submitted(3, values={"email": "x"})
    report = (await own.get("/reports/campaigns", params={"preset": "today"})).json()
    (row,) = report["rows"]
    assert (row["campaign_id"], row["leads"], row["approved"], row["invalid"]) == (campaign.id, 3, 2, 1)
    assert (row["revenue"], row["payout"], row["profit"]) == ("25", "7", "18")
    by_day = (await own.get("/reports/campaigns", params={"preset": "today", "group": "Day"})).json()["rows"]
    assert [(row["campaign_id"], row["leads"]) for row in by_day] == [(None, 3)]
    none: dict[str, Any] = {"preset": "today", "campaign_id": 999}
    assert (await own.get("/reports/campaigns", params=none)).json()["rows"] == []


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "from"),
        ({"preset": "someday"}, "preset"),
        ({"from": "x"}, "from"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "to"),
        ({"preset": "today", "group": "Century"}, "group"),
    ],
)
async def test_a_report_that_cannot_be_read_is_refused(
    own: httpx.AsyncClient, params: dict[str, str], named: str
) -> None:
    answer = await own.get("/reports/campaigns", params=params)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, named)


NEEDED = [
    ("GET", "/leads", Permission.LEADS_SEARCH),
    ("GET", "/leads/1", Permission.LEADS_SEARCH),
    ("PATCH", "/leads/1", Permission.LEADS_UPDATE),
    ("POST", "/leads/1/reprocess", Permission.LEADS_REPROCESS),
    ("POST", "/leads/1/deliveries/1/trigger", Permission.DELIVERIES_TRIGGER),
    ("POST", "/leads/1/attempts/1/resolve", Permission.LEADS_UPDATE),
    ("POST", "/leads/1/costs", Permission.LEADS_FINANCIALS),
    ("PUT", "/leads/1/financials", Permission.LEADS_FINANCIALS),
    ("GET", "/quarantine", Permission.QUARANTINE_PROCESS),
    ("PATCH", "/quarantine/1", Permission.QUARANTINE_PROCESS),
    ("POST", "/quarantine/1/release", Permission.QUARANTINE_PROCESS),
    ("POST", "/quarantine/1/reject", Permission.QUARANTINE_PROCESS),
    ("GET", "/reports/campaigns", Permission.REPORTS),
]


@pytest.mark.parametrize(("method", "path", "permission"), NEEDED)
async def test_each_call_needs_a_key_with_its_permission(
    client: httpx.AsyncClient, desk: Desk, method: str, path: str, permission: Permission
) -> None:
    assert (await client.request(method, path, json={})).status_code == 401
    others = [each for each in Permission if each is not permission]
    document = {"reference": "all but one", "settings": {"permissions": others}}
    _, key = await identity.create_key(desk.database, desk.actor, document)
    refused = await client.request(method, path, json={}, headers={"x-key": key})
    assert (refused.status_code, refused.json()["detail"]) == (403, f"Permission denied: {permission}")


async def test_another_accounts_leads_do_not_exist(
    client: httpx.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    await desk.campaign(quarantine=True)
    (lead_id,) = await desk.submitted(1)
    stranger = await new_desk(desk.database, desk.dsn, tmp_path, "stranger")
    client.headers["x-key"] = stranger.key
    assert (await client.get(f"/leads/{lead_id}")).status_code == 404
    assert (await client.get("/leads")).json()["items"] == []
    assert (await client.post(f"/quarantine/{lead_id}/release")).status_code == 404
    assert (await client.patch(f"/leads/{lead_id}", json={"fields": {"firstname": "Al"}})).status_code == 404
