"""Affiliates through the own API: made, found, changed, put out of use."""

import asyncio

import httpx
import pytest
from tests.exchange import Exchange

from leadyard.affiliates.affiliates import service
from leadyard.affiliates.affiliates.inputs import AffiliateInput
from leadyard.storage.database import Database

ANN = {"email": "Ann@Example.com", "first_name": "Ann", "code": "ANN10"}


async def test_an_affiliate_is_made_with_its_link(client: httpx.AsyncClient) -> None:
    made = await client.post("/affiliates", json=ANN)

    assert made.status_code == 201, made.text
    shown = made.json()
    assert shown["email"] == "Ann@Example.com"
    assert shown["affiliate_url"] == "https://shop.example.com/?afmc=ANN10"
    assert shown["status"] == "active"
    assert (await client.get(made.headers["location"].removeprefix("/api/v1"))).json() == shown


async def test_an_address_has_one_affiliate_in_any_case(client: httpx.AsyncClient) -> None:
    made = (await client.post("/affiliates", json=ANN)).json()

    again = await client.post("/affiliates", json={**ANN, "email": "ANN@example.COM", "first_name": "Other"})

    assert again.status_code == 200
    assert again.json() == made


async def test_a_code_is_made_when_none_is_given(client: httpx.AsyncClient) -> None:
    made = (await client.post("/affiliates", json={"email": "ben@example.com"})).json()
    assert made["code"] == made["code"].lower()
    assert 4 <= len(made["code"]) <= 12


async def test_a_taken_code_is_a_conflict_and_makes_nobody(client: httpx.AsyncClient) -> None:
    await client.post("/affiliates", json=ANN)

    refused = await client.post("/affiliates", json={"email": "ben@example.com", "code": "ann10"})

    assert refused.status_code == 409
    assert (await client.get("/affiliates")).json()["total"] == 1


async def test_an_old_code_still_finds_its_affiliate_and_is_nobody_elses(
    client: httpx.AsyncClient, exchange: Exchange, database: Database
) -> None:
    ann = (await client.post("/affiliates", json=ANN)).json()
    changed = await client.patch(f"/affiliates/{ann['id']}", json={"code": "ANN20"})

    assert changed.json()["codes"] == ["ANN20", "ANN10"]
    async with database.connection() as connection:
        for code in ("ann10", "Ann20"):
            found = await service.by_code(connection, exchange.account_id, code)
            assert found is not None
            assert found.id == ann["id"]
    refused = await client.post("/affiliates", json={"email": "ben@example.com", "code": "ANN10"})
    assert refused.status_code == 409
    back = await client.patch(f"/affiliates/{ann['id']}", json={"code": "ann10"})
    assert back.json()["code"] == "ann10"


async def test_nothing_credits_an_archived_affiliate_until_it_is_back(
    client: httpx.AsyncClient, exchange: Exchange, database: Database
) -> None:
    ann = (await client.post("/affiliates", json=ANN)).json()

    for action, is_credited in (
        ("archive", False),
        ("approve", False),
        ("unarchive", True),
        ("reject", False),
    ):
        assert (await client.post(f"/affiliates/{ann['id']}/{action}")).status_code == 200
        async with database.connection() as connection:
            found = await service.by_code(connection, exchange.account_id, "ANN10")
        assert (found is not None) is is_credited, action


@pytest.mark.parametrize(("waits", "status"), [(True, "rejected"), (False, "archived")])
async def test_only_an_applicant_is_rejected_and_who_was_let_in_is_archived(
    client: httpx.AsyncClient, waits: bool, status: str
) -> None:
    await client.patch("/affiliate-program", json={"approves_affiliates": waits})
    ann = (await client.post("/affiliates", json=ANN)).json()

    for action, expected in (
        ("reject", status),
        ("reject", status),
        ("approve", status),
        ("unarchive", "active"),
    ):
        assert (await client.post(f"/affiliates/{ann['id']}/{action}")).json()["status"] == expected


async def test_affiliates_wait_for_approval_where_the_programme_says_so(client: httpx.AsyncClient) -> None:
    await client.patch("/affiliate-program", json={"approves_affiliates": True})
    ann = (await client.post("/affiliates", json=ANN)).json()
    assert ann["status"] == "pending"

    approved = await client.post(f"/affiliates/{ann['id']}/approve")

    assert approved.json()["status"] == "active"
    assert [a["id"] for a in (await client.get("/affiliates?status=pending")).json()["items"]] == []


async def test_parents_never_close_a_loop(client: httpx.AsyncClient) -> None:
    ann = (await client.post("/affiliates", json=ANN)).json()
    ben = {"email": "ben@example.com", "referring_affiliate": "ann@example.com"}
    cleo = {"email": "cleo@example.com", "referring_affiliate": "ben@example.com"}
    for document in (ben, cleo):
        assert (await client.post("/affiliates", json=document)).status_code == 201

    for parent in ("cleo@example.com", "ann@example.com"):
        refused = await client.patch(f"/affiliates/{ann['id']}", json={"referring_affiliate": parent})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "referring_affiliate"


async def test_own_fields_are_merged_and_nulls_take_them_away(client: httpx.AsyncClient) -> None:
    ann = (await client.post("/affiliates", json={**ANN, "custom_fields": {"tax": "1", "shop": "x"}})).json()

    changed = await client.patch(
        f"/affiliates/{ann['id']}", json={"custom_fields": {"tax": None, "size": 4}, "first_name": None}
    )

    assert changed.json()["custom_fields"] == {"shop": "x", "size": 4}
    assert changed.json()["first_name"] is None


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({}, {"email"}),
        ({"email": "nobody"}, {"email"}),
        ({"email": "a@example.com", "code": "with blank"}, {"code"}),
        ({"email": "a@example.com", "code": "x" * 65}, {"code"}),
        ({"email": "a@example.com", "code": "x\n"}, {"code"}),
        ({"email": "a@example.com", "group": "gold"}, {"group"}),
        ({"email": "nobody", "paypal_email": "none", "group": "gold"}, {"email", "paypal_email", "group"}),
        ({"email": "a@example.com", "referrer_domain": "Not a host"}, {"referrer_domain"}),
        ({"email": "a@example.com", "custom_fields": {"deep": {"er": 1}}}, {"custom_fields"}),
        ({"email": "a@example.com", "first_name": "a\0b"}, {"first_name"}),
    ],
)
async def test_an_affiliate_that_cannot_be_is_refused(
    client: httpx.AsyncClient, document: dict[str, object], fields: set[str]
) -> None:
    refused = await client.post("/affiliates", json=document)

    assert refused.status_code == 422, refused.text
    assert {error["field"] for error in refused.json()["errors"]} == fields
    assert (await client.get("/affiliates")).json()["total"] == 0


async def test_two_hundred_equal_posts_make_one_affiliate(exchange: Exchange, database: Database) -> None:
    wanted = AffiliateInput(email="many@example.com", code="MANY")

    made = await asyncio.gather(*(service.create(database, exchange.actor, wanted) for _ in range(200)))

    assert sum(is_new for _, is_new in made) == 1
    assert {affiliate.id for affiliate, _ in made} == {made[0][0].id}
    assert len(await exchange.rows("affiliates")) == 1
    assert len(await exchange.rows("partners", "sid IS NULL")) == 1


async def test_no_account_sees_anothers_affiliates(
    client: httpx.AsyncClient, foreign: httpx.AsyncClient
) -> None:
    ann = (await client.post("/affiliates", json=ANN)).json()

    for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/archive"), ("GET", "/dashboard")):
        body = {"first_name": "X"} if method == "PATCH" else None
        answer = await foreign.request(method, f"/affiliates/{ann['id']}{path}", json=body)
        assert answer.status_code == 404
    assert (await foreign.post("/affiliates", json=ANN)).status_code == 201


async def test_the_dashboards_link_can_be_changed_and_switched_off(client: httpx.AsyncClient) -> None:
    ann = (await client.post("/affiliates", json=ANN)).json()
    path = f"/affiliates/{ann['id']}/dashboard"
    first = (await client.get(path)).json()["url"]
    assert first.startswith("https://leads.example.com/p/")

    second = (await client.put(path, json={})).json()["url"]

    assert second != first
    assert (await client.put(path, json={"switched_on": False})).json() == {"url": None}
    log = (await client.get("/audit-log?entity=affiliate")).text
    assert second.rpartition("/")[2] not in log


async def test_groups_have_one_code_in_any_case_and_archived_ones_take_nobody(
    client: httpx.AsyncClient,
) -> None:
    gold = (await client.post("/affiliate-groups", json={"code": "Gold"})).json()
    assert (await client.post("/affiliate-groups", json={"code": "gold"})).status_code == 409
    ann = (await client.post("/affiliates", json={**ANN, "group": "GOLD"})).json()
    assert ann["group"] == "Gold"

    assert (await client.delete(f"/affiliate-groups/{gold['id']}")).status_code == 204

    kept = await client.patch(f"/affiliates/{ann['id']}", json={"first_name": "Anna"})
    assert kept.json()["group"] == "Gold"
    refused = await client.post("/affiliates", json={"email": "b@example.com", "group": "gold"})
    assert refused.status_code == 422


async def test_own_fields_have_one_name(client: httpx.AsyncClient) -> None:
    made = await client.post("/affiliate-fields", json={"name": "tax", "required": True})
    assert made.status_code == 201, made.text
    assert made.json()["label"] == "tax"
    assert (await client.post("/affiliate-fields", json={"name": "tax"})).status_code == 409
    assert (
        await client.post("/affiliate-fields", json={"name": "x", "field_type": "select"})
    ).status_code == 422
    path = f"/affiliate-fields/{made.json()['id']}"
    assert (await client.patch(path, json={"label": "Tax number"})).json()["label"] == "Tax number"
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
