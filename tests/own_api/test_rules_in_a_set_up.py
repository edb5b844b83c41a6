"""A set-up takes rules that can work and refuses all others with their places; fields that rules name stay."""

from typing import Any

import pytest
from httpx import AsyncClient

FIELDS = [{"name": "data1", "label": "Loan", "data_type": "Numeric"}]
GOOD = {"operand": "data1", "operator": "at least", "value": 1000}
BAD = {"operand": "data1", "operator": "at least", "value": "much"}
LOST = {"operand": "data7", "operator": "is", "value": "a"}


async def errors(client: AsyncClient, method: str, path: str, document: dict[str, Any]) -> dict[str, str]:
    answer = await client.request(method, f"/api/v1{path}", json=document)
    assert answer.status_code == 422, answer.text
    return {error["field"]: error["detail"] for error in answer.json()["errors"]}


@pytest.fixture
async def market(client: AsyncClient) -> AsyncClient:
    """A campaign, a buyer, a supplier and a delivery."""
    document: dict[str, Any] = {"reference": "A", "name": "A", "fields": FIELDS}
    for noun, made in (
        ("campaigns", document),
        ("buyers", {"company": "A"}),
        ("suppliers", {"name": "A"}),
        ("deliveries", {"campaign_id": 1, "buyer_id": 1, "reference": "A"}),
    ):
        answer = await client.post(f"/api/v1/{noun}", json=made)
        assert answer.status_code == 201, answer.text
    return client


@pytest.mark.parametrize(
    ("path", "settings", "place"),
    [
        ("/campaigns/1", {"filter": [{"rule": BAD}]}, "settings.filter[0].rule.value"),
        ("/campaigns/1", {"quarantine_rule": BAD}, "settings.quarantine_rule.value"),
        ("/campaigns/1", {"buyer_sets": [{"rule": BAD, "buyer_ids": [1]}]}, "settings.buyer_sets[0].rule.value"),
        ("/campaigns/1", {"buyer_sets": [{"buyer_ids": [1, 9]}]}, "settings.buyer_sets[0].buyer_ids[1]"),
        ("/campaigns/1", {"buyer_sets": [{"buyer_ids": []}]}, "settings.buyer_sets[0].buyer_ids"),
        ("/campaigns/1", {"payout": {"rules": [{"amount": 1, "rule": BAD}]}}, "settings.payout.rules[0].rule.value"),
        ("/campaigns/1", {"payout": {"rules": [{"amount": 101, "kind": "percent"}]}},
         "settings.payout.rules[0].amount"),
        ("/campaigns/1", {"payout": {"kind": "percent",
                                     "out_of_hours": {"starts": "18:00", "ends": "09:00", "amount": 1}}},
         "settings.payout.out_of_hours"),
        ("/campaigns/1", {"payout": {"out_of_hours": {"starts": "18:00", "ends": "18:00", "amount": 1}}},
         "settings.payout.out_of_hours.ends"),
        ("/campaigns/1", {"payout": {"out_of_hours": {"starts": "24:00", "ends": "18:00", "amount": 1}}},
         "settings.payout.out_of_hours.starts"),
        ("/deliveries/1", {"rule": {"all": [GOOD, {"any": [LOST]}]}}, "settings.rule.all[1].any[0].operand"),
        ("/deliveries/1", {"prices": [{"rule": BAD, "revenue": 1}]}, "settings.prices[0].rule.value"),
        ("/deliveries/1", {"prices": [{"rule": GOOD, "revenue": -1}]}, "settings.prices[0].revenue"),
        ("/deliveries/1", {"payouts": [{"rule": BAD, "amount": 1}]}, "settings.payouts[0].rule.value"),
        ("/deliveries/1", {"payouts": [{"amount": 101, "kind": "percent"}]}, "settings.payouts[0].amount"),
    ],
)  # fmt: skip
async def test_a_bad_rule_is_refused_with_its_place(
    market: AsyncClient, path: str, settings: dict[str, Any], place: str
) -> None:
    before = (await market.get(f"/api/v1{path}")).json()
    assert list(await errors(market, "PATCH", path, {"settings": settings})) == [place]
    assert (await market.get(f"/api/v1{path}")).json() == before


async def test_a_suppliers_terms_take_rules_too(market: AsyncClient) -> None:
    terms = "/campaigns/1/suppliers/1"
    bad = {"payout": {"rules": [{"amount": 1, "rule": LOST}]}}
    assert list(await errors(market, "PUT", terms, bad)) == ["payout.rules[0].rule.operand"]
    good = {"payout": {"amount": "2", "rules": [{"amount": "1", "rule": GOOD}]}}
    assert (await market.put(f"/api/v1{terms}", json=good)).status_code == 201


async def test_a_rule_is_shown_as_it_was_sent(market: AsyncClient) -> None:
    settings = {"rule": {"any": [GOOD, {"operand": "age", "operator": "between", "value": [25, 65]}]}}
    answer = await market.patch("/api/v1/deliveries/1", json={"settings": settings})
    assert answer.json()["settings"]["rule"] == settings["rule"]
    gone = await market.patch("/api/v1/deliveries/1", json={"settings": {"rule": None}})
    assert gone.json()["settings"]["rule"] is None


async def test_a_field_that_a_rule_names_cannot_go_or_change_its_nature(market: AsyncClient) -> None:
    await market.patch("/api/v1/deliveries/1", json={"settings": {"rule": GOOD}})
    found = await errors(market, "PATCH", "/campaigns/1", {"fields": []})
    assert found == {
        "fields": "are named by delivery 1: settings.rule.operand is not a field or a value that rules know"
    }
    assert list(await errors(market, "PATCH", "/campaigns/1/fields/data1", {"data_type": "Date"})) == [
        "fields"
    ]
    assert (await market.delete("/api/v1/campaigns/1/fields/data1")).status_code == 422

    await market.delete("/api/v1/deliveries/1")
    assert (await market.delete("/api/v1/campaigns/1/fields/data1")).status_code == 204


async def test_a_delivery_that_was_archived_is_checked_when_it_comes_back(market: AsyncClient) -> None:
    await market.patch("/api/v1/deliveries/1", json={"settings": {"rule": GOOD}})
    await market.delete("/api/v1/deliveries/1")
    await market.delete("/api/v1/campaigns/1/fields/data1")
    found = await errors(market, "PATCH", "/deliveries/1", {"status": "Active"})
    assert list(found) == ["settings.rule.operand"]


async def test_a_deep_rule_gets_through_and_a_deeper_one_is_told(market: AsyncClient) -> None:
    rule: dict[str, Any] = GOOD
    for _ in range(20):
        rule = {"all": [rule]}
    assert (await market.patch("/api/v1/deliveries/1", json={"settings": {"rule": rule}})).status_code == 200
    found = await errors(market, "PATCH", "/deliveries/1", {"settings": {"rule": {"all": [rule]}}})
    assert list(found.values()) == ["is nested more than 20 groups deep"]
