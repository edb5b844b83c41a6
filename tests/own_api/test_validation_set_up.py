"""Validation providers and suppression lists over the own API."""

import hashlib
from typing import Any

import httpx
import pytest

from leadyard.campaigns.api.providers import EXAMPLE
from leadyard.storage.database import Database

PROVIDERS, LISTS = "/api/v1/validation-providers", "/api/v1/suppression-lists"
TEXT = {"Content-Type": "text/csv"}


async def a_list(client: httpx.AsyncClient, **settings: Any) -> str:
    document = {"name": "Out", "settings": {"holds": "email", **settings}}
    made = await client.post(LISTS, json=document)
    assert made.status_code == 201, made.text
    return f"{LISTS}/{made.json()['id']}"


async def test_a_provider_is_made_read_changed_and_archived_and_its_secret_never_shown(
    client: httpx.AsyncClient,
) -> None:
    made = await client.post(PROVIDERS, json=EXAMPLE)
    assert made.status_code == 201, made.text
    one = f"{PROVIDERS}/{made.json()['id']}"
    assert made.headers["location"] == one
    assert "the-service-token" not in made.text
    changed = await client.patch(one, json={"settings": {"cost": "0.5"}})
    assert changed.json()["settings"]["cost"] == "0.5"
    assert (await client.get(PROVIDERS)).json()["total"] == 1
    assert (await client.delete(one)).status_code == 204
    assert (await client.get(one)).json()["status"] == "Archived"


@pytest.mark.parametrize(
    ("document", "member"),
    [
        (
            {"name": "x", "kind": "email", "settings": {"source": {"kind": "numbering"}}},
            "settings.source.kind",
        ),
        (
            {"name": "x", "kind": "hlr", "settings": {"source": {"kind": "mail_exchange"}}},
            "settings.source.kind",
        ),
        (
            {"name": "x", "kind": "tps", "settings": {"source": {"kind": "lists", "lists": [7]}}},
            "settings.source.lists[0]",
        ),
        (
            {
                "name": "x",
                "kind": "hlr",
                "settings": {"source": {"kind": "http", "http": {"url": "ftp://a.example"}}},
            },
            "settings.source.http.url",
        ),
        (
            {"name": "x", "kind": "hlr", "settings": {"source": {"kind": "numbering"}, "cost": "-1"}},
            "settings.cost",
        ),
        ({"name": "x", "kind": "nothing", "settings": {"source": {"kind": "numbering"}}}, "kind"),
        ({"name": "x", "kind": "hlr", "settings": {}}, "settings.source"),
    ],
)
async def test_a_provider_that_cannot_work_is_refused(
    client: httpx.AsyncClient, document: dict[str, Any], member: str
) -> None:
    refused = await client.post(PROVIDERS, json=document)
    assert refused.status_code == 422, refused.text
    assert member in [problem["field"] for problem in refused.json()["errors"]]
    assert (await client.get(PROVIDERS)).json()["total"] == 0


async def test_a_check_needs_a_provider_of_its_kind_and_of_its_account(
    client: httpx.AsyncClient, foreign: httpx.AsyncClient
) -> None:
    provider_id = (await foreign.post(PROVIDERS, json=EXAMPLE)).json()["id"]
    own = (await client.post(PROVIDERS, json={**EXAMPLE, "kind": "tps"})).json()["id"]
    assert own == provider_id

    async def campaign(**check: Any) -> httpx.Response:
        settings = {"checks": [{"kind": "hlr", "provider_id": own, **check}]}
        return await client.post(
            "/api/v1/campaigns", json={"reference": "A", "name": "A", "settings": settings}
        )

    for check in ({}, {"kind": "tps", "provider_id": 99}, {"kind": "tps", "fields": ["nothing"]}):
        assert (await campaign(**check)).status_code == 422
    assert (await campaign(kind="tps", fields=["phone2"], when_unavailable="quarantine")).status_code == 201


async def test_values_are_added_counted_and_removed_and_never_shown(
    client: httpx.AsyncClient, database: Database
) -> None:
    one = await a_list(client)
    values = ["Ann@Example.com", "bob@example.com", "ann@example.com "]
    added = await client.post(f"{one}/values", json={"values": values})
    assert added.json() == {"given": 3, "changed": 2, "total": 2}
    assert (await client.get(f"{one}/values")).json() == {"total": 2}
    removed = await client.post(f"{one}/values/remove", json={"values": ["ANN@example.com", "x@y.zz"]})
    assert removed.json() == {"given": 2, "changed": 1, "total": 1}
    refused = await client.post(f"{one}/values", json={"values": ["eve@example.com", "nonsense"]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "values[1]"
    assert "nonsense" not in refused.text
    assert (await client.get(f"{one}/values")).json() == {"total": 1}
    async with database.connection() as connection:
        logged = await connection.fetch("SELECT after::text FROM audit_log WHERE action LIKE '% values'")
    assert len(logged) == 2
    assert not any("example.com" in row["after"] for row in logged)


async def test_an_upload_brings_all_of_its_lines_or_none(client: httpx.AsyncClient) -> None:
    one = await a_list(client)
    text = '\ufeffEmail\r\nann@example.com\r\n\r\n"bob@example.com"\r\n'
    uploaded = await client.put(f"{one}/values", content=text, headers=TEXT)
    assert uploaded.json() == {"given": 2, "changed": 2, "total": 2}
    refused = await client.put(f"{one}/values", content="eve@example.com\nnonsense\n", headers=TEXT)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "line 2")
    replaced = await client.put(
        f"{one}/values?replace=true", content="eve@example.com\nann@example.com", headers=TEXT
    )
    assert replaced.json()["total"] == 2
    assert (await client.put(f"{one}/values", json=["a"])).status_code == 415
    assert (await client.put(f"{LISTS}/99/values", content="a@b.cc", headers=TEXT)).status_code == 404


async def test_a_hundred_thousand_hashes_are_taken_in_one_upload(client: httpx.AsyncClient) -> None:
    one = await a_list(client, form="md5")
    text = b"\n".join(b"%032x" % number for number in range(100_000))
    uploaded = await client.put(f"{one}/values", content=text, headers=TEXT, timeout=120)
    assert uploaded.json() == {"given": 100_000, "changed": 100_000, "total": 100_000}


async def test_a_hash_of_another_kind_is_no_value(client: httpx.AsyncClient) -> None:
    one = await a_list(client, form="sha1")
    md5 = hashlib.md5(b"ann@example.com", usedforsecurity=False).hexdigest()
    assert (await client.post(f"{one}/values", json={"values": [md5]})).status_code == 422
    plain = await client.post(f"{one}/values", json={"values": ["ann@example.com"]})
    sha1 = hashlib.sha1(b"ann@example.com", usedforsecurity=False).hexdigest()
    assert plain.json()["changed"] == 1
    assert (await client.post(f"{one}/values", json={"values": [sha1]})).json()["changed"] == 0


async def test_what_a_list_holds_is_settled_and_another_account_finds_nothing(
    client: httpx.AsyncClient, foreign: httpx.AsyncClient
) -> None:
    one = await a_list(client)
    for settings in ({"holds": "phone"}, {"form": "md5"}):
        assert (await client.patch(one, json={"settings": settings})).status_code == 422
    assert (await client.patch(one, json={"name": "Left", "settings": {"form": None}})).status_code == 200
    for method, path in (("GET", one), ("GET", f"{one}/values"), ("DELETE", one)):
        assert (await foreign.request(method, path)).status_code == 404
    assert (await foreign.post(f"{one}/values", json={"values": ["a@b.cc"]})).status_code == 404
    assert (await foreign.put(f"{one}/values", content="a@b.cc", headers=TEXT)).status_code == 404
