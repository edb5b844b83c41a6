"""PayPal Payouts against a server that plays PayPal: one batch per payout, which PayPal knows by our reference."""

from base64 import b64decode
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import time_machine
from aiohttp import web
from tests.affiliates.payouts.conftest import Programme, Server
from tests.exchange import Exchange

from leadyard.kit import clock


class PayPal:
    """What PayPal does with batches; a batch whose sender's id it knows is refused with a link to the first."""

    def __init__(self) -> None:
        self.batches: dict[str, dict[str, Any]] = {}
        self.status = "PENDING"
        self.loses_answers = 0

    async def __call__(self, request: web.Request, body: str) -> web.StreamResponse:
        if request.path == "/v1/oauth2/token":
            pair = b64decode(request.headers["Authorization"].partition(" ")[2]).decode()
            return web.json_response({"access_token": "token"} if pair == "id:word" else {}, status=200)
        assert request.headers["Authorization"] == "Bearer token"
        if request.method == "GET":
            item = {
                "transaction_status": self.status,
                "transaction_id": "T1",
                "errors": {"message": "no account"},
            }
            return web.json_response({"batch_header": {"batch_status": "SUCCESS"}, "items": [item]})
        document = msgspec.json.decode(body)
        known = document["sender_batch_header"]["sender_batch_id"]
        if known in self.batches:
            link = {"href": f"https://api.paypal.example/v1/payments/payouts/B{known[:6]}", "rel": "self"}
            return web.json_response({"name": "USER_BUSINESS_ERROR", "links": [link]}, status=400)
        self.batches[known] = document
        if self.loses_answers:
            self.loses_answers -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"batch_header": {"payout_batch_id": f"B{known[:6]}"}}, status=201)


async def start(client: httpx.AsyncClient, programme: Programme, server: Server, secret: str = "word") -> int:
    channel = {"client_id": "id", "client_secret": secret, "base_url": server.url}
    assert (await client.put("/payout-channels/paypal", json=channel)).status_code == 200
    ann = await programme.affiliate("ann", paypal_email="ann@paypal.example")
    await programme.earn(ann, "10")
    run = (await client.post("/payout-runs", json={"method": "paypal"})).json()
    await programme.sender.send_due()
    payout_id: int = run["payouts"][0]["id"]
    return payout_id


async def later(programme: Programme, minutes: int) -> None:
    with time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=True):
        await programme.sender.send_due()


async def test_a_payout_is_sent_until_paypal_says_that_it_was_paid(
    client: httpx.AsyncClient, programme: Programme, server: Server, exchange: Exchange
) -> None:
    server.answer = paypal = PayPal()
    payout_id = await start(client, programme, server)
    shown = (await client.get(f"/payouts/{payout_id}")).json()
    assert shown["state"] == "sent"
    (batch,) = paypal.batches.values()
    assert batch["items"][0]["receiver"] == "ann@paypal.example"
    assert batch["items"][0]["amount"] == {"value": "10.00", "currency": "USD"}
    assert batch["items"][0]["sender_item_id"] == shown["reference"]

    await later(programme, 10)
    assert (await client.get(f"/payouts/{payout_id}")).json()["state"] == "sent"
    paypal.status = "SUCCESS"
    await later(programme, 20)

    assert (await client.get(f"/payouts/{payout_id}")).json()["state"] == "paid"
    assert await exchange.differences() == []


async def test_a_lost_answer_is_asked_for_again_and_pays_once(
    client: httpx.AsyncClient, programme: Programme, server: Server
) -> None:
    server.answer = paypal = PayPal()
    paypal.loses_answers, paypal.status = 1, "SUCCESS"
    payout_id = await start(client, programme, server)
    assert (await client.get(f"/payouts/{payout_id}")).json()["state"] == "sent"

    await later(programme, 10)
    await later(programme, 20)

    assert (await client.get(f"/payouts/{payout_id}")).json()["state"] == "paid"
    assert len(paypal.batches) == 1


async def test_a_payment_that_paypal_refuses_has_failed(
    client: httpx.AsyncClient, programme: Programme, server: Server, exchange: Exchange
) -> None:
    server.answer = paypal = PayPal()
    paypal.status = "FAILED"
    payout_id = await start(client, programme, server)
    await later(programme, 10)

    shown = (await client.get(f"/payouts/{payout_id}")).json()

    assert shown["state"] == "failed"
    assert "no account" in shown["problem"]
    assert await exchange.differences() == []


async def test_wrong_credentials_pay_nothing_and_are_tried_again(
    client: httpx.AsyncClient, programme: Programme, server: Server
) -> None:
    server.answer = PayPal()
    payout_id = await start(client, programme, server, secret="wrong")

    shown = (await client.get(f"/payouts/{payout_id}")).json()

    assert shown["state"] == "open"
    assert "no access token" in shown["problem"]
