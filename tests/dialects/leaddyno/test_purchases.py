"""Purchases: made once, paid by their plan, cancelled (docs/leaddyno.md, "Calls")."""

from typing import Any

import pytest
from tests.dialects.leaddyno.world import World


async def _tree(world: World) -> list[dict[str, Any]]:
    """An affiliate with parent and grandparent, the lowest last."""
    made: list[dict[str, Any]] = []
    for name in ("grandparent", "parent", "child"):
        above = made[-1]["email"] if made else ""
        made.append(
            await world.post(
                "/affiliates", email=f"{name}@example.com", affiliate_code=name, referring_affiliate=above
            )
        )
    return made


async def _paid(world: World, purchase: dict[str, Any]) -> list[tuple[str, str]]:
    shown = await world.get(f"/purchases/{purchase['id']}/commissions")
    return sorted((one["amount"], one["status"]) for one in shown)


async def test_every_level_is_paid_by_the_default_plan(world: World) -> None:
    affiliates = await _tree(world)
    made = await world.post("/purchases", email="jo@example.com", purchase_amount="80.00", code="CHILD")
    assert made["affiliate"] == {"id": affiliates[2]["id"], "email": "child@example.com"}
    assert made["commission_amount"] == "10.4"
    assert await _paid(world, made) == [("0.8", "due"), ("1.6", "due"), ("8.0", "due")]
    totals = await world.get(f"/affiliates/{affiliates[2]['id']}/commissions_total", currency="usd")
    assert totals == {"currency": "USD", "due": "8.0", "paid": "0.0", "pending": "0.0", "total": "8.0"}
    cents = await world.post("/purchases", email="jo@example.com", purchase_amount=4.45)
    assert ("0.44", "due") in await _paid(world, cents)


@pytest.mark.parametrize("name", ["plan_code", "plan"])
async def test_plans_are_named_in_any_case(world: World, name: str) -> None:
    await _tree(world)
    first = await world.post(
        "/purchases", email="jo@example.com", purchase_amount=60, code="child", **{name: "PLUS"}
    )
    assert first["plan"] == {"id": 8, "code": "plus"}
    assert await _paid(world, first) == [("25.0", "due"), ("5.0", "due"), ("6.0", "pending")]
    second = await world.post("/purchases", email="jo@example.com", purchase_amount="60", **{name: "plus"})
    assert await _paid(world, second) == [("25.0", "due"), ("6.0", "pending")]


async def test_line_items_are_paid_by_sku_in_every_form(world: World) -> None:
    await _tree(world)
    form = (
        "email=jo%40example.com&code=child&plan_code=items&line_items[][sku]=sku1&line_items[][quantity]=2"
        "&line_items[][amount]=15&line_items[][sku]=sku2&line_items[][amount]=20&include_line_items=1"
    )
    answer = await world.http.post(
        "/purchases",
        content=form,
        headers={"content-type": "application/x-www-form-urlencoded", "key": _key()},
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["line_items"] == [
        {"sku": "sku1", "description": None, "quantity": "2.0", "amount": "15.0"},
        {"sku": "sku2", "description": None, "quantity": "1.0", "amount": "20.0"},
    ]
    assert await _paid(world, answer.json()) == [("15.0", "due"), ("3.0", "due")]
    one = await world.post(
        "/purchases", email="jo@example.com", plan_code="items", line_items={"sku": "sku1", "amount": "10"}
    )
    assert await _paid(world, one) == [("5.0", "due")]


def _key() -> str:
    from tests.dialects.leaddyno.world import PRIVATE_KEY  # noqa: PLC0415 - used once

    return PRIVATE_KEY


async def test_an_unknown_plan_never_loses_a_sale(world: World) -> None:
    made = await world.post("/purchases", email="jo@example.com", plan_code="gold")
    assert made["plan"] == {"id": 7, "code": "basic"}
    assert made["note"] == 'unknown plan "gold", default plan used'


@pytest.mark.parametrize("name", ["commission_amt_override", "commission_amount_override"])
async def test_an_override_stands_in_place_of_all_lines(world: World, name: str) -> None:
    await _tree(world)
    made = await world.post(
        "/purchases", email="jo@example.com", purchase_amount=80, code="child", **{name: "12.5"}
    )
    assert made["commission_amount_override"] == "12.5"
    assert await _paid(world, made) == [("12.5", "due")]


async def test_the_same_code_again_never_pays_twice(world: World) -> None:
    await _tree(world)
    members = {"email": "jo@example.com", "purchase_code": "O-1", "code": "child"}
    made = await world.post("/purchases", purchase_amount="80", **members)
    again = await world.post("/purchases", 200, purchase_amount="80", **members)
    assert again == made
    changed = await world.post("/purchases", 200, purchase_amount="40", **members)
    assert (changed["id"], changed["purchase_amount"]) == (made["id"], "40.0")
    assert ("4.0", "due") in await _paid(world, made)
    refused = await world.call("POST", "/purchases", {**members, "email": "other@example.com"})
    assert (refused.status_code, refused.json()) == (
        409,
        {"error": {"purchase_code": ["has already been taken"]}},
    )


@pytest.mark.parametrize(
    "amount", ["-1", -0.01, "ten", "NaN", "Infinity", "1" * 13, "1,50", True, [], {"a": 1}, "1_0", "0x10"]
)
async def test_an_amount_that_cannot_be_is_refused(world: World, amount: Any) -> None:
    for name in ("purchase_amount", "commission_amount_override"):
        answer = await world.call("POST", "/purchases", {"email": "jo@example.com", name: amount})
        assert (answer.status_code, answer.json()) == (400, {"error": {name: ["is invalid"]}})
    assert await world.get("/purchases/count") == {"count": 0}


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("50", "50.0"), (50, "50.0"), (50.0, "50.0"), ("59.9900", "59.99"), (59.99, "59.99"), ("0", "0.0"),
     ("0.1234565", "0.123456"), (1e-9, "0.0"), ("1e3", "1000.0"), (" 5 ", "5.0"), ("999999999999.999999", "999999999999.999999"),
     ("", None), (None, None), (0.1 + 0.2, "0.3")],
)  # fmt: skip
async def test_amounts_are_shown_as_plain_texts(world: World, amount: Any, shown: str | None) -> None:
    made = await world.post("/purchases", email="jo@example.com", purchase_amount=amount)
    assert made["purchase_amount"] == shown


@pytest.mark.parametrize(
    ("members", "fields"),
    [
        ({}, {"email"}),
        ({"customer_email": "jo@example.com"}, {"email"}),
        ({"email": "jo@example.com", "line_items": "text"}, {"line_items"}),
        ({"email": "jo@example.com", "line_items": [1]}, {"line_items"}),
        ({"email": "jo@example.com", "line_items": [{"quantity": "-1"}]}, {"line_items"}),
        ({"email": "jo@example.com", "currency": "XYZ", "purchase_code": "x" * 256}, {"currency", "purchase_code"}),
        ({"email": "no", "purchase_amount": "x", "reassign_affiliate": "x"}, {"email", "purchase_amount", "reassign_affiliate"}),
    ],
)  # fmt: skip
async def test_a_purchase_that_cannot_be_names_all_bad_fields(
    world: World, members: dict[str, Any], fields: set[str]
) -> None:
    answer = await world.call("POST", "/purchases", members)
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == fields
    assert await world.get("/leads/count") == {"count": 0}


@pytest.mark.parametrize("items", ["text", [1], [{"quantity": "-1", "amount": "x"}, {"amount": "y"}]])
async def test_line_items_that_cannot_be_are_invalid_in_one_word(world: World, items: Any) -> None:
    answer = await world.call("POST", "/purchases", {"email": "jo@example.com", "line_items": items})
    assert answer.json() == {"error": {"line_items": ["is invalid"]}}


async def test_cancelling_comes_in_three_forms_of_parameters_and_counts_once(world: World) -> None:
    await _tree(world)
    made = await world.post("/purchases", email="jo@example.com", purchase_amount="80", code="child")
    path = f"/purchases/{made['id']}"
    first = await world.http.request(
        "DELETE", path, params={"key": _key(), "source": "api", "effective_date": "2020-06-20 21:28:35 UTC",
                                "cancellation_code": "C 1"}
    )  # fmt: skip
    assert first.status_code == 200, first.text
    assert first.json()["cancellation"]["effective_date"] == "2020-06-20T21:28:35Z"
    second = await world.http.request("DELETE", path, content=f"key={_key()}&source=other")
    assert second.json() == first.json()
    third = await world.delete(path, source="third")
    assert third == first.json()
    assert {status for _, status in await _paid(world, made)} == {"cancelled"}
    assert third["commission_amount"] == "0.0"


async def test_purchases_are_cancelled_by_code_or_by_address(world: World) -> None:
    one = await world.post("/purchases", email="jo@example.com", purchase_code="O-1")
    two = await world.post("/purchases", email="jo@example.com", purchase_code="O-2")
    refused = await world.call("DELETE", "/purchases", {"source": "x"})
    assert refused.status_code == 400
    for members in (
        {"purchase_code": "O-9"}, {"email": "x@example.com"}, {"purchase_code": "O-1", "email": "x@example.com"},
    ):  # fmt: skip
        assert (await world.call("DELETE", "/purchases", members)).status_code == 404
    assert (await world.delete("/purchases", purchase_code="O-1", email="JO@example.com"))["id"] == one["id"]
    shown = await world.delete("/purchases", email="jo@example.com")
    assert sorted(one["id"] for one in shown) == sorted((one["id"], two["id"]))


async def test_a_bad_effective_date_cancels_nothing(world: World) -> None:
    made = await world.post("/purchases", email="jo@example.com")
    for method, path in (
        ("DELETE", f"/purchases/{made['id']}"),
        ("DELETE", f"/leads/{made['lead']['id']}/purchases"),
    ):
        answer = await world.call(method, path, {"effective_date": "2021-02-29"})
        assert (answer.status_code, answer.json()) == (400, {"error": {"effective_date": ["is invalid"]}})
    assert (await world.get(f"/purchases/{made['id']}"))["cancelled"] is False


async def test_put_changes_amounts_and_clears_texts(world: World) -> None:
    await _tree(world)
    made = await world.post(
        "/purchases", email="jo@example.com", purchase_amount="80", code="child", description="d"
    )
    changed = await world.put(f"/purchases/{made['id']}", purchase_amount="20", note="n", description="")
    assert (changed["purchase_amount"], changed["note"], changed["description"]) == ("20.0", "n", None)
    assert ("2.0", "due") in await _paid(world, made)
    same = await world.put(f"/purchases/{made['id']}", purchase_amount="", currency=None)
    assert (same["purchase_amount"], same["currency"]) == ("20.0", "USD")


async def test_approving_and_rejecting(world: World) -> None:
    made = await world.post("/purchases", email="jo@example.com")
    assert made["status"] == "approved"
    assert await world.post(f"/purchases/{made['id']}/approve", 200) == made
    rejected = await world.post(f"/purchases/{made['id']}/reject", 200)
    assert (rejected["status"], rejected["cancellation"]["source"]) == ("cancelled", "rejected")


async def test_a_coupon_moves_a_lead_unless_it_is_to_stay(world: World) -> None:
    affiliates = await _tree(world)
    await world.post("/leads", email="jo@example.com", code="parent")
    kept = await world.post("/purchases", email="jo@example.com", code="child", reassign_affiliate="false")
    assert kept["affiliate"]["id"] == affiliates[1]["id"]
    moved = await world.post("/purchases", email="jo@example.com", code="child")
    assert moved["affiliate"]["id"] == affiliates[2]["id"]
    assert (await world.get(f"/purchases/{kept['id']}"))["affiliate"]["id"] == affiliates[1]["id"]
