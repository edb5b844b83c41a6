"""The affiliate programme's settings through the own API."""

import httpx
import pytest


async def test_a_new_account_has_the_defaults(client: httpx.AsyncClient) -> None:
    program = (await client.get("/affiliate-program")).json()

    assert program["attribution"] == {
        "first_affiliate_wins": True,
        "first_source_wins": False,
        "coupon_override": True,
        "look_back_days": None,
    }
    assert program["currency"] == "USD"
    assert program["requests_per_minute"] is None


async def test_put_replaces_and_patch_changes(client: httpx.AsyncClient) -> None:
    replaced = await client.put("/affiliate-program", json={"currency": "eur", "minimum_payout": "25.5"})
    assert replaced.status_code == 200, replaced.text
    assert replaced.json()["currency"] == "EUR"

    changed = await client.patch("/affiliate-program", json={"attribution": {"first_source_wins": True}})

    assert changed.json()["attribution"]["first_source_wins"] is True
    assert changed.json()["minimum_payout"] == "25.5"
    assert (await client.get("/affiliate-program")).json() == changed.json()
    log = (await client.get("/audit-log?entity=affiliate%20program")).json()
    assert log["total"] == 2
    assert log["items"][0]["before"]["attribution"]["first_source_wins"] is False


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"currency": "XYZ"}, "currency"),
        ({"site_url": "shop"}, "site_url"),
        ({"site_url": "javascript:alert(1)"}, "site_url"),
        ({"minimum_payout": "-1"}, "minimum_payout"),
        ({"requests_per_minute": -1}, "requests_per_minute"),
        ({"merchant_emails": ["x"]}, "merchant_emails[0]"),
        ({"attribution": {"look_back_days": 0}}, "attribution.look_back_days"),
        ({"pages": {"text": "x"}}, "pages.text"),
        ({"pages": {"title": "a\0b"}}, "pages.title"),
        ({"unknown": 1}, "unknown"),
    ],
)
async def test_settings_that_cannot_be_are_refused(
    client: httpx.AsyncClient, patch: dict[str, object], field: str
) -> None:
    before = (await client.get("/affiliate-program")).json()

    refused = await client.patch("/affiliate-program", json=patch)

    assert refused.status_code == 422, refused.text
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert (await client.get("/affiliate-program")).json() == before
