"""Commissions: listed, summed, made by hand, marked as paid (docs/leaddyno.md, "Calls")."""

from typing import Any

import pytest
from tests.dialects.leaddyno.world import World


async def _sold(world: World, code: str = "O-1", amount: str = "80") -> tuple[dict[str, Any], dict[str, Any]]:
    affiliate = await world.call("POST", "/affiliates", {"email": "ann@example.com", "affiliate_code": "ann"})
    purchase = await world.post(
        "/purchases", email="jo@example.com", purchase_amount=amount, code="ann", purchase_code=code
    )
    return affiliate.json(), purchase


async def test_the_list_says_how_many_there_are(world: World) -> None:
    ann, purchase = await _sold(world)
    shown = await world.get("/commissions", per_page="1", page="1")
    assert {name: value for name, value in shown.items() if name != "commissions"} == {
        "page": 1, "per_page": 1, "total_entries": 1,
    }  # fmt: skip
    [one] = shown["commissions"]
    assert one["purchase"] == {"id": purchase["id"], "purchase_code": "O-1"}
    assert one["plan"] == {"id": 7, "code": "basic"}
    assert one["affiliate"] == {"id": ann["id"], "email": "ann@example.com"}
    beyond = await world.get("/commissions", page=3)
    assert (beyond["commissions"], beyond["page"]) == ([], 3)
    for filters, total in (
        ({"status": "due"}, 1), ({"status": "paid"}, 0), ({"affiliate_id": ann["id"]}, 1), ({"affiliate_id": 10**30}, 0),
        ({"currency": "eur"}, 0), ({"created_after": one["created_at"]}, 0),
    ):  # fmt: skip
        assert (await world.get("/commissions", **filters))["total_entries"] == total


@pytest.mark.parametrize(
    "filters", [{"status": "x"}, {"affiliate_id": "x"}, {"currency": "XYZ"}, {"created_before": "x"}]
)
async def test_bad_filters_are_named(world: World, filters: dict[str, str]) -> None:
    answer = await world.call("GET", "/commissions", filters)
    assert (answer.status_code, answer.json()) == (400, {"error": {name: ["is invalid"] for name in filters}})


async def test_totals_leave_cancelled_ones_out(world: World) -> None:
    ann, purchase = await _sold(world)
    await world.post(f"/affiliates/{ann['id']}/commissions", amount="2")
    await world.post(f"/affiliates/{ann['id']}/commissions", amount="8", due_at="2999-01-01")
    await world.delete(f"/purchases/{purchase['id']}")
    assert await world.get("/commissions/totals", affiliate_id=ann["id"], currency="USD") == {
        "total_count": 2, "total_cost": "10.0", "total_due_count": 1, "total_due_cost": "2.0", "total_paid_count": 0,
        "total_paid_cost": "0.0", "total_cancelled_count": 1, "currency": "USD",
    }  # fmt: skip
    assert await world.get(f"/affiliates/{ann['id']}/commissions_total") == {
        "currency": "USD", "due": "2.0", "paid": "0.0", "pending": "8.0", "total": "10.0",
    }  # fmt: skip


async def test_marking_as_paid_pays_once_what_is_due(world: World) -> None:
    ann, _ = await _sold(world)
    members = {"affiliate_email": "ANN@example.com", "purchase_code": "O-1"}
    first = await world.post("/commissions/mark_as_paid", 200, **members)
    assert [(one["amount"], one["paid"], one["status"]) for one in first] == [("8.0", True, "paid")]
    assert await world.post("/commissions/mark_as_paid", 200, **members) == first
    total = await world.get(f"/affiliates/{ann['id']}/commissions_total")
    assert (total["paid"], total["due"]) == ("8.0", "0.0")
    assert await world.exchange.differences() == []


async def test_a_paid_commission_of_a_cancelled_purchase_is_clawed_back(world: World) -> None:
    ann, purchase = await _sold(world)
    await world.post("/commissions/mark_as_paid", 200, affiliate_email="ann@example.com", purchase_code="O-1")
    await world.delete(f"/purchases/{purchase['id']}")
    shown = await world.get(f"/affiliates/{ann['id']}/commissions")
    assert sorted((one["amount"], one["status"]) for one in shown) == [("-8.0", "due"), ("8.0", "paid")]
    assert (await world.get(f"/affiliates/{ann['id']}/commissions_total"))["total"] == "0.0"
    assert await world.exchange.differences() == []


@pytest.mark.parametrize(
    ("members", "status", "body"),
    [
        ({}, 400, {"error": {"affiliate_email": ["can't be blank"], "purchase_code": ["can't be blank"]}}),
        ({"affiliate_email": "x@example.com", "purchase_code": "O-1"}, 404, {"error": "Not found"}),
        ({"affiliate_email": "ann@example.com", "purchase_code": "O-9"}, 404, {"error": "Not found"}),
        ({"affiliate_email": "ben@example.com", "purchase_code": "O-1"}, 200, []),
    ],
)
async def test_marking_as_paid_what_is_not_there(
    world: World, members: dict[str, str], status: int, body: Any
) -> None:
    await _sold(world)
    await world.post("/affiliates", email="ben@example.com")
    answer = await world.call("POST", "/commissions/mark_as_paid", members)
    assert (answer.status_code, answer.json()) == (status, body)


@pytest.mark.parametrize(
    ("members", "fields"),
    [
        ({}, {"amount"}), ({"amount": "0"}, {"amount"}), ({"amount": "-1"}, {"amount"}), ({"amount": "0.001"}, {"amount"}),
        ({"amount": "x", "currency": "x", "due_at": "x", "note": "x" * 2001}, {"amount", "currency", "due_at", "note"}),
    ],
)  # fmt: skip
async def test_a_commission_that_cannot_be_is_refused(
    world: World, members: dict[str, str], fields: set[str]
) -> None:
    ann = await world.post("/affiliates", email="ann@example.com")
    answer = await world.call("POST", f"/affiliates/{ann['id']}/commissions", members)
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == fields
    assert await world.get(f"/affiliates/{ann['id']}/commissions") == []


async def test_a_commission_by_hand_may_be_in_another_currency(world: World) -> None:
    ann = await world.post("/affiliates", email="ann@example.com")
    made = await world.post(f"/affiliates/{ann['id']}/commissions", amount=5, currency="eur", note="bonus")
    assert (made["amount"], made["currency"], made["note"]) == ("5.0", "EUR", "bonus")


async def test_what_an_affiliate_has_earned_stays_due_when_it_is_rejected(world: World) -> None:
    ann, purchase = await _sold(world)

    rejected = await world.post(f"/affiliates/{ann['id']}/reject", 200)

    assert (rejected["status"], rejected["archived"]) == ("Archived", True)
    [kept] = await world.get(f"/purchases/{purchase['id']}/commissions")
    assert (kept["status"], kept["amount"]) == ("due", "8.0")
    again = await world.post("/purchases", email="jo@example.com", purchase_amount="80")
    assert again["commission_amount"] == "0.0"
