"""Campaigns through the own API."""

from httpx import AsyncClient

CAMPAIGN = {
    "reference": "SOLAR-UK",
    "name": "Solar",
    "fields": [{"name": "email", "label": "Email", "data_type": "Email Address", "required": True}],
}


async def test_a_campaign_is_created_and_can_be_read_at_its_location(client: AsyncClient) -> None:
    made = await client.post("/api/v1/campaigns", json=CAMPAIGN)

    assert made.status_code == 201, made.text
    read = await client.get(made.headers["location"])
    assert read.status_code == 200
    assert read.json() == made.json()
    assert read.json()["id"] == 1
    assert read.json()["settings"]["currency"] == "GBP"
    assert read.json()["fields"][0]["name"] == "email"


async def test_fields_come_back_in_order_of_name(client: AsyncClient) -> None:
    fields = [{"name": name, "label": "", "data_type": "Text"} for name in ("zebra", "data13", "data2", "a")]

    made = await client.post("/api/v1/campaigns", json={**CAMPAIGN, "fields": fields})

    assert [field["name"] for field in made.json()["fields"]] == ["a", "data13", "data2", "zebra"]


async def test_a_change_touches_only_what_it_names(client: AsyncClient) -> None:
    await client.post("/api/v1/campaigns", json={**CAMPAIGN, "settings": {"caps": {"day": 5, "hour": 2}}})

    changed = await client.patch(
        "/api/v1/campaigns/1", json={"settings": {"caps": {"day": 7}, "revenue": 12.5}}
    )

    assert changed.status_code == 200, changed.text
    settings = changed.json()["settings"]
    counts = {"hour": 2, "day": 7, "week": 0, "month": 0, "total": 0}
    assert settings["caps"] == {**counts, "weekdays": None, "revenue": None, "payout": None}
    assert settings["revenue"] == "12.5"
    assert changed.json()["fields"][0]["name"] == "email"


async def test_null_sets_a_member_back_to_its_default(client: AsyncClient) -> None:
    await client.post("/api/v1/campaigns", json={**CAMPAIGN, "settings": {"caps": {"day": 5}}})

    changed = await client.patch("/api/v1/campaigns/1", json={"settings": {"caps": None}})

    assert changed.json()["settings"]["caps"]["day"] == 0


async def test_an_archived_campaign_stays_readable(client: AsyncClient) -> None:
    await client.post("/api/v1/campaigns", json=CAMPAIGN)

    archived = await client.delete("/api/v1/campaigns/1")

    assert archived.status_code == 204
    assert archived.content == b""
    assert (await client.get("/api/v1/campaigns/1")).json()["status"] == "Archived"
    assert (await client.delete("/api/v1/campaigns/1")).status_code == 204


async def test_a_list_comes_in_pages_and_can_be_filtered_by_status(client: AsyncClient) -> None:
    for number in range(3):
        await client.post("/api/v1/campaigns", json={**CAMPAIGN, "reference": f"C{number}"})
    await client.delete("/api/v1/campaigns/2")

    second = (await client.get("/api/v1/campaigns?page=2&per_page=2")).json()
    active = (await client.get("/api/v1/campaigns?status=Active")).json()

    assert [item["id"] for item in second["items"]] == [3]
    assert (second["page"], second["per_page"], second["total"]) == (2, 2, 3)
    assert [item["id"] for item in active["items"]] == [1, 3]


async def test_a_reference_in_use_is_refused_in_any_case(client: AsyncClient) -> None:
    await client.post("/api/v1/campaigns", json=CAMPAIGN)

    again = await client.post("/api/v1/campaigns", json={**CAMPAIGN, "reference": "solar-uk"})

    assert again.status_code == 409
    assert again.json()["errors"] == [{"field": "reference", "detail": "is taken by another campaign"}]


async def test_everything_that_is_wrong_is_named_at_once(client: AsyncClient) -> None:
    bad = {
        "reference": "a b",
        "name": "",
        "colour": "red",
        "settings": {"currency": "pounds", "caps": {"day": -1, "year": 3}, "revenue": "lots"},
        "fields": [{"name": "email", "label": "Email", "data_type": "E-mail"}],
    }

    refused = await client.post("/api/v1/campaigns", json=bad)

    assert refused.status_code == 422
    assert {error["field"] for error in refused.json()["errors"]} == {
        "colour",
        "reference",
        "name",
        "settings.currency",
        "settings.caps.day",
        "settings.caps.year",
        "settings.revenue",
        "fields[0].data_type",
    }


async def test_rules_that_cannot_work_are_named_at_once(client: AsyncClient) -> None:
    bad = {
        **CAMPAIGN,
        "settings": {
            "dedupe": {"fields": ["phone9"]},
            "payout": {"kind": "percent", "amount": 101},
            "blocked_addresses": ["300.1.1.1"],
            "refused_url": "javascript:alert(1)",
            "sold_url": "/thanks",
            "unsold_url": "https://user@example.com/",
        },
        "fields": [
            {
                "name": "email",
                "label": "Email",
                "data_type": "Text",
                "pattern": "(",
                "differs_from": "nobody",
            },
            {"name": "email", "label": "Twice", "data_type": "Text"},
        ],
    }

    refused = await client.post("/api/v1/campaigns", json=bad)

    assert refused.status_code == 422
    assert {error["field"] for error in refused.json()["errors"]} == {
        "settings.dedupe.fields[0]",
        "settings.payout.amount",
        "settings.blocked_addresses[0]",
        "settings.refused_url",
        "settings.sold_url",
        "settings.unsold_url",
        "fields[0]",
        "fields[0].differs_from",
        "fields[1].name",
    }
    assert (await client.get("/api/v1/campaigns")).json()["total"] == 0
