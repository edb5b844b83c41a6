"""What a confirmed signal does to the open commissions that it is about: nothing, or it holds or rejects them."""

from typing import Any

import httpx
import pytest
from tests.exchange import Exchange

_SIGNAL = """
INSERT INTO fraud_signals (account_id, id, kind, affiliate_id, detail, at, state, origin)
VALUES ($1, 999, 'burst', $2, '60 visitors from 203.0.113.0/24 within an hour', now(), 0, 'burst:test')
"""


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Any], status: int = 201) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
async def ann(client: httpx.AsyncClient) -> Any:
    """An affiliate and the one above it, by a plan that pays both."""
    lines = [{"pays_for": "purchase", "percent": "10"}, {"pays_for": "purchase", "percent": "2", "level": 1}]
    await made(client, "/plans", {"code": "basic", "lines": lines})
    parent = await made(client, "/affiliates", {"email": "pat@example.com", "code": "PAT"})
    body = {"email": "ann@example.com", "code": "ANN", "referring_affiliate": parent["email"]}
    return await made(client, "/affiliates", body)


async def buy(client: httpx.AsyncClient, email: str, code: str) -> Any:
    body = {"email": email, "purchase_code": code, "amount": "100", "code": "ann"}
    return await made(client, "/purchases", body)


async def bought(client: httpx.AsyncClient) -> int:
    """Have two purchases made, one with a throw-away address; gives the signal that is raised about it."""
    await buy(client, "jo@example.com", "A1")
    await buy(client, "x@mailinator.com", "A2")
    [signal] = (await client.get("/fraud-signals", params={"state": "open"})).json()["items"]
    assert signal["kind"] == "disposable_email"
    return int(signal["id"])


async def standing(client: httpx.AsyncClient) -> list[tuple[str, str, str, str | None]]:
    found = (await client.get("/commissions")).json()["items"]
    return sorted((c["purchase_code"], c["amount"], c["status"], c["note"]) for c in found)


OTHERS = [("A1", "10", "due", None), ("A1", "2", "due", None)]


@pytest.mark.parametrize(
    ("word", "status", "note"),
    [
        ({"decision": "confirm"}, "due", None),
        ({"decision": "confirm", "commissions": "keep"}, "due", None),
        ({"decision": "confirm", "commissions": "hold"}, "pending", "under review"),
        ({"decision": "confirm", "commissions": "reject"}, "cancelled", "rejected after a review"),
        ({"decision": "dismiss"}, "due", None),
    ],
)
async def test_the_decision_says_what_becomes_of_the_persons_commissions_on_every_level(
    client: httpx.AsyncClient,
    ann: Any,
    exchange: Exchange,
    word: dict[str, str],
    status: str,
    note: str | None,
) -> None:
    signal_id = await bought(client)

    for _ in range(2):
        await made(client, f"/fraud-signals/{signal_id}/decide", word, 200)

    assert await standing(client) == [*OTHERS, ("A2", "10", status, note), ("A2", "2", status, note)]
    assert await exchange.differences() == []


async def test_what_is_paid_stays_and_what_is_held_can_be_released(
    client: httpx.AsyncClient, ann: Any
) -> None:
    signal_id = await bought(client)
    paid = [c for c in (await client.get("/commissions")).json()["items"] if c["purchase_code"] == "A2"]
    await made(
        client, "/commissions/mark-as-paid",
        {"affiliate_id": ann["id"], "purchase_id": paid[0]["purchase_id"]}, 200,
    )  # fmt: skip

    await made(
        client, f"/fraud-signals/{signal_id}/decide", {"decision": "confirm", "commissions": "hold"}, 200
    )
    assert (await standing(client))[2:] == [
        ("A2", "10", "paid", None),
        ("A2", "2", "pending", "under review"),
    ]

    [held] = (await client.get("/commissions", params={"is_held": True})).json()["items"]
    await made(client, f"/commissions/{held['id']}/approve", {}, 200)
    assert (await standing(client))[3] == ("A2", "2", "due", None)


async def test_a_signal_about_an_affiliate_stops_that_affiliates_own_commissions(
    client: httpx.AsyncClient, ann: Any, exchange: Exchange
) -> None:
    await bought(client)
    async with exchange.database.unit_of_work() as connection:
        await connection.execute(_SIGNAL, exchange.account_id, ann["id"])

    await made(client, "/fraud-signals/999/decide", {"decision": "confirm", "commissions": "reject"}, 200)

    assert [(amount, status) for _, amount, status, _ in await standing(client)] == [
        ("10", "cancelled"), ("2", "due"), ("10", "cancelled"), ("2", "due"),
    ]  # fmt: skip
    assert await exchange.differences() == []


async def test_who_stopped_which_commissions_is_on_record_and_webhooks_are_told(
    client: httpx.AsyncClient, ann: Any, exchange: Exchange
) -> None:
    settings = {"events": ["commission.held", "commission.cancelled"]}
    await made(client, "/webhooks", {"url": "https://crm.example.com/hook", "settings": settings})
    signal_id = await bought(client)

    for consequence in ("hold", "reject"):
        word = {"decision": "confirm", "commissions": consequence}
        await made(client, f"/fraud-signals/{signal_id}/decide", word, 200)

    changes = (await client.get("/audit-log")).json()["items"]
    found = [c for c in changes if c["entity"] == "commissions of fraud signal"]
    assert [(c["action"], c["entity_id"], len(c["after"]["commission_ids"])) for c in found] == [
        ("reject", signal_id, 2), ("hold", signal_id, 2),
    ]  # fmt: skip
    events = [row["event"] for row in await exchange.rows("outbox")]
    assert sorted(events) == ["commission.cancelled"] * 2 + ["commission.held"] * 2


@pytest.mark.parametrize(
    "word",
    [
        {"decision": "dismiss", "commissions": "reject"},
        {"decision": "confirm", "commissions": "burn"},
        {"commissions": "hold"},
    ],
)
async def test_a_word_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, ann: Any, word: dict[str, str]
) -> None:
    signal_id = await bought(client)

    assert (await client.post(f"/fraud-signals/{signal_id}/decide", json=word)).status_code == 422
    assert [c[2] for c in await standing(client)] == ["due"] * 4


async def test_a_stranger_decides_about_nothing(
    client: httpx.AsyncClient, foreign: httpx.AsyncClient, ann: Any
) -> None:
    signal_id = await bought(client)
    word = {"decision": "confirm", "commissions": "reject"}

    assert (await foreign.post(f"/fraud-signals/{signal_id}/decide", json=word)).status_code == 404
    assert [c[2] for c in await standing(client)] == ["due"] * 4
