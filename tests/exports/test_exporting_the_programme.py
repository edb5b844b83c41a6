"""Visitors, people, purchases, commissions and payouts as files."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.affiliates.shop import BASIC, Shop, new_shop
from tests.exports.served import csv_of, key_with, serving

from leadyard.affiliates.model import PayoutMethod
from leadyard.affiliates.payouts.model import RunInput
from leadyard.affiliates.payouts.service import Payouts
from leadyard.identity.model import Permission
from leadyard.storage.database import Database

NAMES = ("visitors", "people", "purchases", "commissions", "payouts")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Shop:
    """Nine people of Ann's and one of nobody's, each with a purchase, and what is due to Ann paid out."""
    shop = await new_shop(database, dsn, tmp_path)
    await shop.plan("basic", *BASIC, is_default=True)
    await shop.affiliate("ann")
    for number in range(10):
        email = f"{number}@example.com"
        await shop.visitor(email, "ann" if number else None, NOW)
        await shop.buy(email, "80", f"ORDER-{number}", description="=1+1")
    last = await shop.buy("9@example.com", "10", "ORDER-10")
    await shop.cancel(last)
    await Payouts(database, shop.ledger).run(shop.actor, RunInput(method=PayoutMethod.MANUAL))
    return shop


async def test_each_has_every_row_in_the_order_of_its_ids(own: httpx.AsyncClient, desk: Shop) -> None:
    for name in NAMES:
        rows = await csv_of(own, f"/exports/{name}")
        stored = await desk.rows(name)
        assert [int(row["id"]) for row in rows] == sorted(row["id"] for row in stored), name
        assert len(rows) >= 1


async def test_what_is_shown_of_them(own: httpx.AsyncClient, desk: Shop) -> None:
    [nobody, first, *_] = await csv_of(own, "/exports/people")
    assert (nobody["affiliate_email"], first["affiliate_email"]) == ("", "ann@partners.example")
    assert (first["email"], first["purchases"]) == ("1@example.com", "1")
    purchase = (await csv_of(own, "/exports/purchases"))[1]
    assert (purchase["amount"], purchase["currency"], purchase["state"], purchase["plan_code"]) == (
        "80", "USD", "approved", "basic",
    )  # fmt: skip
    assert purchase["description"] == "'=1+1"
    commission = (await csv_of(own, "/exports/commissions"))[0]
    assert (commission["amount"], commission["status"], commission["kind"]) == ("8", "due", "line")
    [payout] = await csv_of(own, "/exports/payouts")
    assert (payout["amount"], payout["state"], payout["method"]) == ("72", "open", "manual")


async def test_they_are_filtered(own: httpx.AsyncClient, desk: Shop) -> None:
    ann = (await desk.known("ann")).id
    counts = {
        ("visitors", "affiliate_id", ann): 9,
        ("people", "affiliate_id", ann): 9,
        ("people", "to", (NOW + timedelta(days=1)).isoformat()): 10,
        ("people", "from", (NOW + timedelta(days=1)).isoformat()): 0,
        ("purchases", "state", "cancelled"): 1,
        ("commissions", "status", "due"): 9,
        ("commissions", "status", "cancelled"): 1,
        ("payouts", "state", "open"): 1,
        ("payouts", "state", "paid"): 0,
    }
    for (name, member, value), count in counts.items():
        assert len(await csv_of(own, f"/exports/{name}", **{member: value})) == count, (name, member)


async def test_other_formats_and_chosen_columns(own: httpx.AsyncClient, desk: Shop) -> None:
    answer = await own.get("/exports/commissions", params={"format": "jsonl", "columns": "amount,status"})
    assert json.loads(answer.text.splitlines()[0]) == {"amount": "8", "status": "due"}
    for name in NAMES:
        workbook = await own.get(f"/exports/{name}", params={"format": "xlsx"})
        assert workbook.content[:2] == b"PK"
    refused = await own.get("/exports/people", params={"columns": "password"})
    assert refused.status_code == 422


async def test_only_keys_that_may_read_the_set_up_get_them(own: httpx.AsyncClient, desk: Shop) -> None:
    own.headers["x-key"] = await key_with(desk, Permission.LEADS_EXPORT)
    assert {(await own.get(f"/exports/{name}")).status_code for name in NAMES} == {403}


async def test_who_exported_people_is_on_record(own: httpx.AsyncClient, desk: Shop) -> None:
    await csv_of(own, "/exports/people", columns="email")
    [row] = await desk.rows("audit_log", "entity = 'people'")
    assert row["action"] == "exported"


async def test_accounts_are_apart(desk: Shop, database: Database, dsn: str, tmp_path: Path) -> None:
    other = await new_shop(database, dsn, tmp_path, "other")
    async with serving(other) as client:
        for name in NAMES:
            assert await csv_of(client, f"/exports/{name}") == []
