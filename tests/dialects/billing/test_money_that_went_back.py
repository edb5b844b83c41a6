"""Refunds of every system: a part lowers the purchase by itself, once, and whichever message comes first."""

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.dialects.billing.conftest import PayPal, Shop
from tests.dialects.billing.test_messages_of_every_system import (
    CASES,
    CHARGEBEE_PAYMENT,
    CHARGIFY_PAYMENT,
    EMAIL,
    RECURLY_PAYMENT,
    SHOPIFY_ORDER,
    STRIPE_INVOICE,
    STRIPE_REFUND,
    WOO_ORDER,
)

from leadyard.affiliates.model import PurchaseState

IPN = (
    "mc_gross={gross}&protection_eligibility=Eligible&payer_id=LPLWNMTBWMFAY&payment_status={status}&charset=UTF-8"
    "&first_name=Jo&payer_email=buyer%40example.com&receiver_email=shop%40example.com&business=shop%40example.com"
    "&txn_id={txn}{parent}&payment_type=instant&mc_currency=USD&item_number=basic&txn_type=web_accept&custom="
)
PAYPAL_PAYMENT = IPN.format(gross="60.00", status="Completed", txn="61E67681CH3238416", parent="")


class System(msgspec.Struct, frozen=True):
    """One system's messages about a payment of 60.00, of which 15.00 and then the other 45.00 go back."""

    path: str
    payment: Any
    parts: tuple[Any, Any]


def paypal_refund(gross: str, txn: str, status: str = "Refunded") -> str:
    return IPN.format(gross=gross, status=status, txn=txn, parent="&parent_txn_id=61E67681CH3238416")


def stripe_refund(so_far: int) -> dict[str, Any]:
    told = {**STRIPE_REFUND["data"]["object"], "amount_refunded": so_far}
    return {"type": "charge.refunded", "data": {"object": told}}


def recurly_refund(cents: int, code: str) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<successful_refund_notification>
  <account><account_code>1</account_code><email>{EMAIL}</email></account>
  <transaction><id>{code}</id><invoice_id>ffc64d71d4b5404e93f13aac9c63b007</invoice_id>
  <original_transaction_id>a5143c1d3a6f4a8287d0e2cc1d4c0427</original_transaction_id><action>credit</action>
  <date type="datetime">2010-10-06T20:37:55Z</date><amount_in_cents type="integer">{cents}</amount_in_cents>
  <currency>USD</currency><status>success</status><reference></reference></transaction>
</successful_refund_notification>"""


def chargebee_refund(cents: int, code: str) -> dict[str, Any]:
    transaction = {
        "id": code, "type": "refund", "amount": cents, "currency_code": "USD", "status": "success",
        "refunded_txn_id": "txn_1", "linked_credit_notes": [{"cn_id": f"CN-{code}", "applied_amount": cents}],
    }  # fmt: skip
    return {"event_type": "payment_refunded", "content": {"transaction": transaction}}


def chargify_refund(cents: int, code: str) -> str:
    return (
        f"id=7{code}&event=refund_success&payload[subscription][currency]=USD&payload[transaction][id]={code}"
        f"&payload[transaction][type]=Refund&payload[transaction][amount_in_cents]={cents}"
        "&payload[transaction][payment_id]=99&payload[transaction][success]=true"
    )


def woo_order(*refunds: str) -> dict[str, Any]:
    listed = [{"id": 726 + n, "reason": "", "total": total} for n, total in enumerate(refunds)]
    return {**WOO_ORDER, "refunds": listed}


def shopify_refund(amount: str, code: int) -> dict[str, Any]:
    made = [{"id": code + 1, "amount": amount, "kind": "refund", "status": "success", "gateway": "bogus"}]
    return {"id": code, "order_id": SHOPIFY_ORDER["id"], "transactions": made, "refund_line_items": []}


def shopify_order(*refunds: dict[str, Any], now: str) -> dict[str, Any]:
    status = "partially_refunded" if refunds else "paid"
    return {
        **SHOPIFY_ORDER, "financial_status": status, "total_price": "60.00", "current_total_price": now,
        "refunds": list(refunds),
    }  # fmt: skip


FIRST, SECOND = shopify_refund("15.00", 509562969), shopify_refund("45.00", 509562979)
SYSTEMS = {
    "paypal": System(
        "/paypal_ipn",
        PAYPAL_PAYMENT,
        (paypal_refund("-15.00", "1P566839F9694230H"), paypal_refund("-45.00", "2P566839F9694230H", "Reversed")),
    ),
    "stripe": System("/stripe_webhook", STRIPE_INVOICE, (stripe_refund(1500), stripe_refund(6000))),
    "recurly": System(
        "/recurly_push_notification", RECURLY_PAYMENT, (recurly_refund(1500, "r1"), recurly_refund(4500, "r2"))
    ),
    "chargebee": System(
        "/chargebee_webhook", CHARGEBEE_PAYMENT, (chargebee_refund(1500, "txn_2"), chargebee_refund(4500, "txn_3"))
    ),
    "chargify": System(
        "/chargify_webhook", CHARGIFY_PAYMENT, (chargify_refund(1500, "100"), chargify_refund(4500, "101"))
    ),
    "woocommerce": System(
        "/woocommerce_webhook", woo_order(), (woo_order("-15.00"), woo_order("-15.00", "-45.00"))
    ),
    "shopify": System(
        "/shopify_webhook",
        shopify_order(now="60.00"),
        (shopify_order(FIRST, now="45.00"), shopify_order(FIRST, SECOND, now="0.00")),
    ),
}  # fmt: skip


@pytest.fixture(params=SYSTEMS)
async def system(request: pytest.FixtureRequest, shop: Shop, paypal: PayPal) -> System:
    """A system, with a plan that pays a tenth to the affiliate whose code the buyer came with."""
    document = {"verify_url": paypal.url, "receivers": ["shop@example.com"]}
    await shop.own("PUT", "/billing-systems/paypal", json=document)
    lines = [{"pays_for": "purchase", "percent": "10"}]
    plan = {"code": "basic", "currency": "USD", "is_default": True, "lines": lines}
    await shop.own("POST", "/plans", json=plan)
    await shop.own("POST", "/affiliates", json={"email": "aff@example.com", "code": "aff"})
    assert (await shop.post("/v1/leads", {"email": EMAIL, "code": "aff"})).status_code == 201
    return SYSTEMS[request.param]


async def standing(shop: Shop) -> tuple[Decimal, PurchaseState]:
    (purchase,) = await shop.purchases()
    assert await shop.exchange.differences() == []
    return Decimal(purchase["amount"]) / 1_000_000, PurchaseState(purchase["state"])


LEFT = Decimal(45), PurchaseState.APPROVED


async def test_a_part_that_goes_back_lowers_the_purchase_once(shop: Shop, system: System) -> None:
    await shop.told(system.path, system.payment)

    first = await shop.told(system.path, system.parts[0])
    again = await shop.told(system.path, system.parts[0])

    assert "changed" in first
    assert "changed" not in again
    assert await standing(shop) == LEFT


async def test_a_payment_that_is_told_of_again_does_not_bring_back_what_went_back(
    shop: Shop, system: System
) -> None:
    for message in (system.payment, system.parts[0], system.payment, system.payment):
        await shop.told(system.path, message)

    assert await standing(shop) == LEFT


async def test_a_part_that_goes_back_before_its_payment_is_told_of_is_taken_off_it(
    shop: Shop, system: System
) -> None:
    for message in (system.parts[0], system.payment, system.parts[0]):
        await shop.told(system.path, message)

    assert await standing(shop) == LEFT


async def test_the_rest_going_back_too_cancels_the_purchase(shop: Shop, system: System) -> None:
    for message in (system.payment, *system.parts):
        results = await shop.told(system.path, message)

    assert "cancelled" in results
    assert (await standing(shop))[1] is PurchaseState.CANCELLED


async def test_everything_going_back_before_its_payment_is_told_of_cancels_it(
    shop: Shop, system: System
) -> None:
    for message in (*system.parts, system.payment):
        await shop.told(system.path, message)

    assert (await standing(shop))[1] is PurchaseState.CANCELLED
    assert {row["state"] for row in await shop.exchange.rows("commissions")} == {2}


async def test_a_payment_and_its_refund_at_the_same_moment_come_to_the_same(
    shop: Shop, system: System
) -> None:
    messages = [system.payment, system.parts[0]] * 4

    answers = await asyncio.gather(*(shop.post(system.path, message) for message in messages))

    assert {answer.status_code for answer in answers} == {200}
    assert await standing(shop) == LEFT


@pytest.mark.parametrize(("path", "payment", "code", "refund"), CASES, ids=[case[0] for case in CASES])
async def test_a_whole_refund_that_comes_first_cancels_the_payment_when_it_comes(
    shop: Shop, path: str, payment: Any, code: str, refund: Any
) -> None:
    first = await shop.told(path, refund)
    second = await shop.told(path, payment)
    (purchase,) = await shop.purchases()

    assert (first, second) == (["kept: no such purchase yet"], ["recorded"])
    assert purchase["purchase_code"] == code
    assert purchase["state"] == PurchaseState.CANCELLED
    assert await shop.exchange.differences() == []


async def test_the_commission_of_a_lowered_purchase_is_that_of_what_is_left(shop: Shop) -> None:
    lines = [{"pays_for": "purchase", "percent": "10"}]
    await shop.own("POST", "/plans", json={"code": "basic", "is_default": True, "lines": lines})
    await shop.own("POST", "/affiliates", json={"email": "aff@example.com", "code": "aff"})

    await shop.told("/woocommerce_webhook", {**woo_order(), "coupon_lines": [{"code": "AFF"}]})
    await shop.told("/woocommerce_webhook", woo_order("-15.00"))

    assert [row["amount"] for row in await shop.exchange.rows("commissions")] == [4_500_000]


async def test_shopify_tells_of_a_refund_by_itself_and_within_its_order_and_it_counts_once(
    shop: Shop,
) -> None:
    await shop.told("/shopify_webhook", shopify_order(now="60.00"))

    alone = await shop.told("/shopify_webhook", FIRST, x_shopify_topic="refunds/create")
    within = await shop.told("/shopify_webhook", shopify_order(FIRST, now="45.00"))

    assert (alone, within) == (["changed"], ["known", "known"])
    assert await standing(shop) == LEFT


@pytest.mark.parametrize(
    ("now", "left"),
    [("60.00", 45), ("45.00", 45), ("35.00", 35)],
    ids=["a price that keeps what went back", "one that does not", "an order that was changed too"],
)
async def test_shopifys_current_price_is_read_with_what_went_back(shop: Shop, now: str, left: int) -> None:
    await shop.told("/shopify_webhook", shopify_order(FIRST, now=now))

    assert (await standing(shop))[0] == left


async def test_an_order_that_was_called_off_before_it_was_paid_may_still_be_paid(shop: Shop) -> None:
    await shop.told("/woocommerce_webhook", {**WOO_ORDER, "status": "failed", "date_paid_gmt": None})
    await shop.told("/woocommerce_webhook", WOO_ORDER)

    assert await standing(shop) == (Decimal(60), PurchaseState.APPROVED)


async def test_a_refund_in_another_currency_changes_nothing_and_says_so(shop: Shop) -> None:
    await shop.told("/chargebee_webhook", CHARGEBEE_PAYMENT)
    other = chargebee_refund(1500, "txn_2")
    other["content"]["transaction"]["currency_code"] = "EUR"

    results = await shop.told("/chargebee_webhook", other)

    assert results == ["ignored: the purchase is in another currency"]
    assert await standing(shop) == (Decimal(60), PurchaseState.APPROVED)


async def test_a_purchase_posted_after_its_refund_is_lowered_too(shop: Shop) -> None:
    await shop.told("/stripe_webhook", stripe_refund(1500))

    for _ in range(2):
        await shop.own("POST", "/purchases", json={"email": EMAIL, "purchase_code": "pi_1", "amount": "60"})

    assert await standing(shop) == LEFT


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/chargebee_webhook", chargebee_refund(10**18, "txn_2")),
        ("/chargebee_webhook", chargebee_refund(1500, "x" * 300)),
        ("/chargify_webhook", "event=refund_success&payload[payment_id]=99&payload[refund_amount]=15.00"),
    ],
    ids=["absurd", "an endless id", "a part without an id"],
)
async def test_refunds_that_cannot_be_right_are_refused(shop: Shop, path: str, body: Any) -> None:
    assert (await shop.post(path, body)).status_code == 400
    assert await shop.exchange.rows("purchase_refunds") == []
