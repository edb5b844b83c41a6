"""Plans, purchases and commissions over HTTP, with the keys of two accounts."""

from typing import Any

import httpx
import pytest
from tests.exchange import Exchange


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Any], status: int = 201) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
async def affiliate(client: httpx.AsyncClient) -> Any:
    await made(client, "/plans", {"code": "basic", "lines": [{"pays_for": "purchase", "percent": "10"}]})
    return await made(client, "/affiliates", {"email": "ann@example.com", "code": "ANN"})


async def test_a_purchase_from_recording_to_paying(
    client: httpx.AsyncClient, affiliate: Any, exchange: Exchange
) -> None:
    body = {"email": "jo@example.com", "purchase_code": "A1", "amount": "80.50", "code": "ann"}
    bought = await made(client, "/purchases", body)
    assert (bought["status"], bought["amount"], bought["commission_amount"]) == ("approved", "80.5", "8.05")
    assert (await made(client, "/purchases", body, 200))["id"] == bought["id"]
    changed = await client.patch(f"/purchases/{bought['id']}", json={"amount": "100", "note": "upgraded"})
    assert (changed.json()["commission_amount"], changed.json()["note"]) == ("10", "upgraded")
    [one] = (await client.get("/commissions", params={"purchase_id": bought["id"], "status": "due"})).json()[
        "items"
    ]
    assert (one["amount"], one["reason"], one["plan_code"]) == ("10", "purchase: 10 % of 100 USD", "basic")
    whose = {"affiliate_id": affiliate["id"], "purchase_id": bought["id"]}
    assert [
        c["status"] for c in (await made(client, "/commissions/mark-as-paid", whose, 200))["commissions"]
    ] == ["paid"]
    cancelled = await made(client, f"/purchases/{bought['id']}/cancel", {"source": "refund"}, 200)
    assert (cancelled["status"], cancelled["cancellation"]["source"]) == ("cancelled", "refund")
    totals = (await client.get("/commissions/totals")).json()["sums"]
    assert [(s["status"], s["amount"]) for s in totals] == [("due", "-10"), ("paid", "10")]
    assert await exchange.differences() == []


async def test_a_manual_commission_and_one_that_is_rejected(
    client: httpx.AsyncClient, affiliate: Any
) -> None:
    one = await made(
        client, "/commissions", {"affiliate_id": affiliate["id"], "amount": "42", "note": "bonus"}
    )
    assert (one["kind"], one["status"], one["amount"], one["note"]) == ("manual", "due", "42", "bonus")
    rejected = await made(client, f"/commissions/{one['id']}/reject", {"note": "a mistake"}, 200)
    assert (rejected["status"], rejected["note"]) == ("cancelled", "a mistake")
    assert (await client.post(f"/commissions/{one['id']}/approve")).status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "0.004"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "5", "currency": "XXX"}, "currency"),
        ({"amount": "5", "note": "x" * 2001}, "note"),
        ({}, "amount"),
    ],
)
async def test_a_bad_manual_commission_is_refused(
    client: httpx.AsyncClient, affiliate: Any, body: dict[str, Any], field: str
) -> None:
    refused = await made(client, "/commissions", {"affiliate_id": affiliate["id"], **body}, 422)
    assert [error["field"] for error in refused["errors"]] == [field]
    assert (await client.get("/commissions")).json()["total"] == 0


async def test_nobody_elses_are_found(
    client: httpx.AsyncClient, foreign: httpx.AsyncClient, affiliate: Any
) -> None:
    bought = await made(client, "/purchases", {"email": "jo@example.com", "amount": "80", "code": "ann"})
    [one] = (await client.get("/commissions")).json()["items"]
    paths = (f"/purchases/{bought['id']}", f"/commissions/{one['id']}", "/plans/1")
    assert [(await foreign.get(path)).status_code for path in paths] == [404, 404, 404]
    for path in (
        f"/purchases/{bought['id']}/approve",
        f"/purchases/{bought['id']}/reject",
        f"/commissions/{one['id']}/approve",
    ):
        assert (await foreign.post(path)).status_code == 404
    assert (await foreign.get("/purchases")).json()["total"] == 0
    manual = {"affiliate_id": affiliate["id"], "amount": "1"}
    assert (await foreign.post("/commissions", json=manual)).status_code == 404


async def test_bad_purchases_name_their_members(client: httpx.AsyncClient, affiliate: Any) -> None:
    refused = await made(client, "/purchases", {"email": "no", "currency": "?"}, 422)
    assert [error["field"] for error in refused["errors"]] == ["email", "currency"]
    refused = await made(
        client, "/purchases", {"email": "a@b.example", "amount": "-1", "line_items": [{"quantity": "x"}]}, 422
    )
    assert [error["field"] for error in refused["errors"]] == ["amount", "line_items[0].quantity"]
    await made(client, "/purchases", {"email": "a@b.example", "purchase_code": "A1"})
    taken = await made(client, "/purchases", {"email": "c@b.example", "purchase_code": "A1"}, 409)
    assert taken["errors"] == [{"field": "purchase_code", "detail": "has already been taken"}]


async def test_rates_are_checked(client: httpx.AsyncClient) -> None:
    rate = {"currency": "eur", "to_currency": "USD", "day": "2026-03-01", "rate": "1.08"}
    await made(client, "/exchange-rates", rate, 200)
    await made(client, "/exchange-rates", {**rate, "rate": "0"}, 422)
    await made(client, "/exchange-rates", {**rate, "currency": "euro"}, 422)
    await made(client, "/exchange-rates", {**rate, "day": "2026-02-30"}, 422)


async def rates(client: httpx.AsyncClient, **filters: Any) -> list[tuple[str, str, str, str]]:
    found = (await client.get("/exchange-rates", params=filters)).json()["items"]
    return [(one["currency"], one["to_currency"], one["day"], one["rate"]) for one in found]


async def test_exchange_rates_are_listed_page_by_page_and_forgotten(
    client: httpx.AsyncClient, foreign: httpx.AsyncClient
) -> None:
    euro = {"currency": "eur", "to_currency": "USD", "day": "2026-03-01", "rate": "1.08"}
    pound = {"currency": "GBP", "to_currency": "USD", "day": "2026-04-01", "rate": "1.3"}
    for one in (euro, pound, {**euro, "day": "2026-05-01", "rate": "1.1"}):
        await made(client, "/exchange-rates", one, 200)
    first, second = ("EUR", "USD", "2026-03-01", "1.08"), ("EUR", "USD", "2026-05-01", "1.1")

    assert await rates(client) == [second, ("GBP", "USD", "2026-04-01", "1.3"), first]
    assert await rates(client, currency="eur", per_page=1, page=2) == [first]
    assert await rates(client, currency="CHF") == []
    assert await rates(foreign) == []

    path = "/exchange-rates/eur/usd/2026-05-01"
    assert (await foreign.delete(path)).status_code == 404
    assert [(await client.delete(path)).status_code for _ in range(2)] == [204, 404]
    assert await rates(client, currency="EUR") == [first]
    changes = (await client.get("/audit-log")).json()["items"]
    assert changes[0]["before"] == {
        "currency": "EUR",
        "to_currency": "USD",
        "day": "2026-05-01",
        "rate": "1.1",
    }


@pytest.mark.parametrize(
    "path", ["euro/USD/2026-03-01", "EUR/USD/2026-02-30", "EUR/USD/soon", "EUR/USD/2026-03-02"]
)
async def test_a_rate_that_is_not_there_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    rate = {"currency": "EUR", "to_currency": "USD", "day": "2026-03-01", "rate": "1.08"}
    await made(client, "/exchange-rates", rate, 200)

    assert (await client.delete(f"/exchange-rates/{path}")).status_code == 404
    assert len(await rates(client)) == 1
