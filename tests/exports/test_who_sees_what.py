"""Each key gets its own: accounts, suppliers and buyers apart, masked fields masked, no permission no file."""

from pathlib import Path

import httpx
import pytest
from tests.desk import Desk, new_desk
from tests.exports.served import csv_of, key_of, key_with, serving

from leadyard.campaigns import service as setup
from leadyard.campaigns.inputs import SupplierInput
from leadyard.campaigns.model import SupplierTerms
from leadyard.exports.api import KINDS, ExportKind
from leadyard.identity.keys import KindOfKey
from leadyard.identity.model import ALLOWED, KeyKind, Permission
from leadyard.storage.database import Database


@pytest.fixture
async def market(desk: Desk) -> Desk:
    """Two campaigns, two suppliers and two buyers: 1 to 3 go by supplier 1 to buyer 1, 11 to 12 by 2 to 2."""
    cars, vans = await desk.campaign(), await desk.campaign("VANS")
    await setup.suppliers.create(desk.database, desk.actor, SupplierInput(name="Other", sid="2"))
    await setup.put_terms(desk.database, desk.actor, vans.id, 2, SupplierTerms())
    await desk.delivery(cars.id, await desk.buyer("First"))
    await desk.delivery(vans.id, await desk.buyer("Second"))
    await desk.sold(1, 2, 3)
    await desk.sold(11, 12, campaign="VANS", sid="2")
    return desk


async def test_a_supplier_gets_its_own_leads_and_no_prices(own: httpx.AsyncClient, market: Desk) -> None:
    own.headers["x-key"] = await key_of(market, KindOfKey.SUPPLIER, supplier_id=2)
    rows = await csv_of(own)
    assert [row["email"] for row in rows] == ["person.11@example.com", "person.12@example.com"]
    assert (rows[0]["payout"], rows[0]["sid"], rows[0]["sale_status"]) == ("3.5", "2", "Sold")
    assert not {"revenue", "profit", "price", "buyers", "buyer_ids", "supplier", "sms_cost"} & set(rows[0])


async def test_a_buyer_gets_what_it_has_and_no_payouts(own: httpx.AsyncClient, market: Desk) -> None:
    own.headers["x-key"] = await key_of(market, KindOfKey.BUYER, buyer_id=1)
    rows = await csv_of(own)
    assert [row["email"] for row in rows] == [f"person.{number}@example.com" for number in (1, 2, 3)]
    assert (rows[0]["price"], rows[0]["campaign"]) == ("12.5", "CARS")
    hidden = {
        "revenue",
        "payout",
        "profit",
        "sid",
        "ssid",
        "supplier",
        "supplier_id",
        "queue_id",
        "buyers",
        "code",
    }
    assert not hidden & set(rows[0])


@pytest.mark.parametrize(
    ("kind", "tied", "asked"),
    [
        (KindOfKey.SUPPLIER, {"supplier_id": 1}, {"supplier_id": 2}),
        (KindOfKey.SUPPLIER, {"supplier_id": 1}, {"buyer_id": 1}),
        (KindOfKey.SUPPLIER, {"supplier_id": 1}, {"columns": "revenue"}),
        (KindOfKey.BUYER, {"buyer_id": 1}, {"buyer_id": 2}),
        (KindOfKey.BUYER, {"buyer_id": 1}, {"supplier_id": 1}),
        (KindOfKey.BUYER, {"buyer_id": 1}, {"attempt": "unknown"}),
        (KindOfKey.BUYER, {"buyer_id": 1}, {"columns": "payout"}),
    ],
)
async def test_nobody_asks_for_what_others_have(
    own: httpx.AsyncClient, market: Desk, kind: KindOfKey, tied: dict[str, int], asked: dict[str, str]
) -> None:
    own.headers["x-key"] = await key_of(market, kind, **tied)
    answer = await own.get("/exports/leads", params=asked)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, next(iter(asked)))


async def test_a_buyer_gets_its_own_returns_and_feedback(own: httpx.AsyncClient, market: Desk) -> None:
    leads = {row["email"]: row["id"] for row in await csv_of(own)}
    for number, buyer_id in ((1, 1), (11, 2)):
        lead_id = leads[f"person.{number}@example.com"]
        said = {"feedback": f"said of {number}", "buyer_id": buyer_id}
        assert (await own.put(f"/leads/{lead_id}/feedback", json=said)).status_code == 200
        back = {"buyer_id": buyer_id, "reason": "DNCC"}
        assert (await own.post(f"/leads/{lead_id}/return", json=back)).status_code == 200
    inside = {"feedback": "between us"}
    assert (await own.put(f"/leads/{leads['person.1@example.com']}/feedback", json=inside)).status_code == 200
    assert len(await csv_of(own, "/exports/feedback")) == 3
    assert len(await csv_of(own, "/exports/returns")) == 2

    own.headers["x-key"] = await key_of(market, KindOfKey.BUYER, buyer_id=2)
    (row,) = await csv_of(own, "/exports/returns")
    assert (row["buyer"], row["state"], row["revenue"]) == ("Second", "Returned", "12.5")
    assert "payout" not in row
    assert [row["feedback"] for row in await csv_of(own, "/exports/feedback")] == ["said of 11"]
    assert len(await csv_of(own)) == 2
    assert (await own.get("/exports/returns", params={"buyer_id": 1})).status_code == 422


async def test_masked_fields_are_masked_without_the_permission(own: httpx.AsyncClient, market: Desk) -> None:
    await setup.update_field(market.database, market.actor, 1, "email", {"masked": True})
    assert (await csv_of(own))[0]["email"] == "person.1@example.com"
    blind = await key_with(market, *(set(Permission) - {Permission.LEADS_UNMASKED}))
    for key in (blind, await key_of(market, KindOfKey.BUYER, buyer_id=1)):
        own.headers["x-key"] = key
        for form in ("csv", "jsonl"):
            answer = await own.get("/exports/leads", params={"format": form, "campaign_id": 1})
            assert "person." not in answer.text
            assert "********" in answer.text
    own.headers["x-key"] = blind
    assert [row["email"] for row in await csv_of(own, campaign_id=2)] == [
        "person.11@example.com",
        "person.12@example.com",
    ]


async def test_accounts_are_apart(market: Desk, database: Database, dsn: str, tmp_path: Path) -> None:
    stranger = await new_desk(database, dsn, tmp_path, "other")
    async with serving(stranger) as client:
        for kind in KINDS:
            query = {"preset": "today"} if "reports" in kind.path else {}
            assert await csv_of(client, kind.path, **query) == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_each_export_needs_a_key_with_its_permission(
    own: httpx.AsyncClient, desk: Desk, kind: ExportKind
) -> None:
    query = {"preset": "today"} if "reports" in kind.path else {}
    own.headers["x-key"] = await key_with(desk, *(set(Permission) - {kind.permission}))
    assert (await own.get(kind.path, params=query)).status_code == 403
    own.headers["x-key"] = await key_with(desk, kind.permission)
    assert (await own.get(kind.path, params=query)).status_code == 200
    del own.headers["x-key"]
    assert (await own.get(kind.path, params=query)).status_code == 401


@pytest.mark.parametrize(
    ("kind", "tied"), [(KindOfKey.SUPPLIER, {"supplier_id": 1}), (KindOfKey.BUYER, {"buyer_id": 1})]
)
async def test_other_exports_are_the_operators(
    own: httpx.AsyncClient, market: Desk, kind: KindOfKey, tied: dict[str, int]
) -> None:
    own.headers["x-key"] = await key_of(market, kind, **tied)
    for export in KINDS:
        expected = 200 if export.permission in ALLOWED[KeyKind[kind.name]] else 403
        assert (await own.get(export.path)).status_code == expected
