"""The account's own receiver: signed, told again under one reference, and never again when it may have paid."""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine
from aiohttp import web
from tests.affiliates.payouts.conftest import Programme, Server
from tests.exchange import Exchange

from leadyard.affiliates.model import PayoutState
from leadyard.affiliates.payouts import store
from leadyard.kit import clock

SECRET = "a webhook secret"


async def sent(client: httpx.AsyncClient, programme: Programme, url: str) -> int:
    """Make a payout of 10.00 to ann by webhook, and let the worker send it once."""
    await client.put("/payout-channels/webhook", json={"url": url, "secret": SECRET})
    await programme.earn(await programme.affiliate("ann"), "10")
    run = (await client.post("/payout-runs", json={"method": "webhook"})).json()
    await programme.sender.send_due()
    payout_id: int = run["payouts"][0]["id"]
    return payout_id


async def payout(client: httpx.AsyncClient, payout_id: int) -> dict[str, Any]:
    shown: dict[str, Any] = (await client.get(f"/payouts/{payout_id}")).json()
    return shown


async def test_the_receiver_is_told_in_a_form_that_is_signed_as_a_whole(
    client: httpx.AsyncClient, programme: Programme, server: Server, exchange: Exchange
) -> None:
    payout_id = await sent(client, programme, f"{server.url}/pay")

    shown = await payout(client, payout_id)
    (form,) = server.forms()
    ((method, path, headers, body),) = server.taken
    assert shown["state"] == "paid"
    assert (method, path) == ("POST", "/pay")
    assert form["amount"] == "10.00"
    assert form["currency"] == "USD"
    assert form["affiliate"] == "ann@example.com"
    assert form["affiliate_id"] == str(shown["affiliate_id"])
    assert form["payout_id"] == shown["reference"]
    assert form["hmac"] == hmac.new(SECRET.encode(), b"ann@example.com", hashlib.sha1).hexdigest()
    stamp, _, signed = headers["X-Leadyard-Signature"].partition(",v1=")
    digest = hmac.new(SECRET.encode(), f"{stamp[2:]}.{body}".encode(), hashlib.sha256).hexdigest()
    assert signed == digest
    assert form["timestamp"] == stamp[2:]
    assert await exchange.differences() == []


async def test_a_refusal_is_tried_again_later_under_the_same_reference(
    client: httpx.AsyncClient, programme: Programme, server: Server
) -> None:
    async def refuse(_request: web.Request, _body: str) -> web.StreamResponse:
        return web.Response(status=503)

    accept, server.answer = server.answer, refuse
    payout_id = await sent(client, programme, server.url)
    assert (await payout(client, payout_id))["state"] == "open"
    assert (await payout(client, payout_id))["problem"] == "the receiver answered HTTP 503"

    server.answer = accept
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=True):
        await programme.sender.send_due()

    assert (await payout(client, payout_id))["state"] == "paid"
    assert len({form["payout_id"] for form in server.forms()}) == 1
    assert len(server.taken) == 2


async def test_after_the_last_try_it_has_failed_and_the_commissions_are_free(
    client: httpx.AsyncClient, programme: Programme, server: Server, exchange: Exchange
) -> None:
    async def refuse(_request: web.Request, _body: str) -> web.StreamResponse:
        return web.Response(status=500)

    server.answer = refuse
    payout_id = await sent(client, programme, server.url)
    for day in range(1, 9):
        with time_machine.travel(clock.now() + timedelta(days=day), tick=True):
            await programme.sender.send_due()

    assert (await payout(client, payout_id))["state"] == "failed"
    assert len(server.taken) == 8
    assert [row["payout_id"] for row in await exchange.rows("commissions")] == [None]
    assert await exchange.differences() == []


async def test_a_lost_answer_leaves_it_unknown_until_an_operator_says_what_happened(
    client: httpx.AsyncClient, programme: Programme, server: Server, exchange: Exchange
) -> None:
    async def vanish(request: web.Request, _body: str) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    accept, server.answer = server.answer, vanish
    payout_id = await sent(client, programme, server.url)
    with time_machine.travel(clock.now() + timedelta(days=3), tick=True):
        await programme.sender.send_due()
    assert (await payout(client, payout_id))["state"] == "unknown"
    assert [row["event"] for row in await exchange.rows("notices")] == ["payout.unknown"]
    assert len(server.taken) == 1
    assert (await client.post("/payout-runs", json={"method": "manual"})).json()["payouts"] == []
    assert (await client.post(f"/payouts/{payout_id}/paid")).status_code == 409

    server.answer = accept
    assert (await client.post(f"/payouts/{payout_id}/retry")).json()["state"] == "open"
    await programme.sender.send_due()

    assert (await payout(client, payout_id))["state"] == "paid"
    assert len({form["payout_id"] for form in server.forms()}) == 1
    assert await exchange.differences() == []


@pytest.mark.parametrize(("paid", "state"), [(True, "paid"), (False, "failed")])
async def test_a_payout_that_a_killed_worker_left_behind_is_unknown(
    client: httpx.AsyncClient,
    programme: Programme,
    server: Server,
    exchange: Exchange,
    paid: bool,
    state: str,
) -> None:
    await client.put("/payout-channels/webhook", json={"url": server.url, "secret": SECRET})
    await programme.earn(await programme.affiliate("ann"), "10")
    run = (await client.post("/payout-runs", json={"method": "webhook"})).json()
    payout_id = run["payouts"][0]["id"]
    async with exchange.database.unit_of_work() as connection:
        (claimed,) = await store.claim(connection, exchange.account_id, clock.now(), 10)
    assert claimed.state is PayoutState.SENT

    await programme.sender.send_due()
    assert (await payout(client, payout_id))["state"] == "sent"
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=True):
        await programme.sender.send_due()
    assert (await payout(client, payout_id))["state"] == "unknown"
    [notice] = (await client.get("/notices")).json()["items"]
    assert notice["text"].startswith(f"Payout {payout_id} of 10 USD")
    assert server.taken == []

    settled = (await client.post(f"/payouts/{payout_id}/resolve", json={"paid": paid})).json()
    assert settled["state"] == state
    assert await exchange.differences() == []


async def test_the_inside_of_the_network_cannot_be_called(
    client: httpx.AsyncClient, programme: Programme, exchange: Exchange
) -> None:
    payout_id = await sent(client, programme, "http://10.0.0.1/pay")

    shown = await payout(client, payout_id)

    assert shown["state"] == "failed"
    assert "not allowed" in shown["problem"]
    assert await exchange.differences() == []


async def test_the_secret_is_never_shown_and_kept_when_its_mask_comes_back(
    client: httpx.AsyncClient, exchange: Exchange
) -> None:
    document = {"url": "https://pay.example.com/", "secret": SECRET}
    shown = (await client.put("/payout-channels/webhook", json=document)).json()
    again = await client.put("/payout-channels/webhook", json=shown)

    assert SECRET not in str(shown)
    assert again.status_code == 200
    (row,) = await exchange.rows("integrations")
    assert SECRET not in str(row["settings"])
    assert (await client.delete("/payout-channels/webhook")).status_code == 204
    assert (await client.get("/payout-channels/webhook")).status_code == 404
