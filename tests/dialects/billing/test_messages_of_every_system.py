"""Each system's messages: a payment is recorded once, taken back, and an ended subscription takes nothing back."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.dialects.billing.conftest import Shop

from leadyard.affiliates.model import PurchaseState

EMAIL = "buyer@example.com"

STRIPE_INVOICE: dict[str, Any] = {
    "type": "invoice.paid",
    "data": {"object": {
        "id": "in_1", "payment_intent": "pi_1", "customer_email": EMAIL, "amount_paid": 6000, "currency": "usd",
        "lines": {"data": [{"price": {"id": "price_1", "lookup_key": "plus"}}]},
    }},
}  # fmt: skip
STRIPE_REFUND: dict[str, Any] = {
    "type": "charge.refunded",
    "data": {
        "object": {
            "id": "ch_1",
            "payment_intent": "pi_1",
            "amount": 6000,
            "amount_refunded": 6000,
            "currency": "usd",
        }
    },
}
SHOPIFY_ORDER = {
    "id": 820982911946154508, "email": EMAIL, "financial_status": "paid", "currency": "USD", "name": "#1001",
    "current_total_price": "60.00", "line_items": [{"sku": "sku1", "quantity": 2, "price": "30.00", "name": "One"}],
}  # fmt: skip
WOO_ORDER = {
    "id": 727, "status": "processing", "currency": "USD", "total": "60.00", "billing": {"email": EMAIL},
    "line_items": [{"sku": "sku1", "quantity": 2, "price": 30.0, "name": "One"}],
}  # fmt: skip
CHARGEBEE_PAYMENT = {
    "event_type": "payment_succeeded",
    "content": {
        "transaction": {"id": "txn_1", "amount": 6000, "currency_code": "USD"},
        "subscription": {"plan_id": "plus"},
        "customer": {"email": EMAIL},
    },
}
CHARGEBEE_REFUND = {
    "event_type": "payment_refunded",
    "content": {"transaction": {"id": "txn_2", "linked_payments": [{"txn_id": "txn_1"}]}},
}
CHARGIFY_PAYMENT = (
    "id=1&event=payment_success&payload[transaction][id]=99&payload[transaction][amount_in_cents]=6000"
    "&payload[subscription][currency]=USD&payload[subscription][product][handle]=plus"
    "&payload[subscription][customer][email]=buyer%40example.com"
)
COINBASE_ORDER: dict[str, Any] = {
    "order": {
        "id": "5RTQNACF", "status": "completed", "total_native": {"cents": 6000, "currency_iso": "USD"},
        "customer": {"email": EMAIL}, "button": {"id": "plus", "name": "Plus"},
    }
}  # fmt: skip
RECURLY_PAYMENT = f"""<?xml version="1.0" encoding="UTF-8"?>
<successful_payment_notification>
  <account><account_code>1</account_code><email>{EMAIL}</email></account>
  <transaction><id>a5143c1d3a6f4a8287d0e2cc1d4c0427</id><amount_in_cents type="integer">6000</amount_in_cents>
  <currency>USD</currency></transaction>
</successful_payment_notification>"""
RECURLY_REFUND = """<?xml version="1.0" encoding="UTF-8"?>
<successful_refund_notification>
  <account><account_code>1</account_code></account>
  <transaction><id>other</id><original_transaction_id>a5143c1d3a6f4a8287d0e2cc1d4c0427</original_transaction_id>
  </transaction>
</successful_refund_notification>"""

CASES = [
    ("/stripe_webhook", STRIPE_INVOICE, "pi_1", STRIPE_REFUND),
    (
        "/shopify_webhook",
        SHOPIFY_ORDER,
        "820982911946154508",
        {**SHOPIFY_ORDER, "financial_status": "refunded"},
    ),
    ("/woocommerce_webhook", WOO_ORDER, "727", {**WOO_ORDER, "status": "refunded"}),
    ("/chargebee_webhook", CHARGEBEE_PAYMENT, "txn_1", CHARGEBEE_REFUND),
    ("/chargify_webhook", CHARGIFY_PAYMENT, "99", "event=refund_success&payload[payment_id]=99"),
    ("/coinbase_callback", COINBASE_ORDER, "5RTQNACF", {"order": {"id": "5RTQNACF", "status": "refunded"}}),
    ("/recurly_push_notification", RECURLY_PAYMENT, "a5143c1d3a6f4a8287d0e2cc1d4c0427", RECURLY_REFUND),
]


@pytest.mark.parametrize(("path", "payment", "code", "refund"), CASES, ids=[case[0] for case in CASES])
async def test_a_payment_counts_once_and_a_refund_cancels_it(
    shop: Shop, path: str, payment: Any, code: str, refund: Any
) -> None:
    first = await shop.told(path, payment)
    again = await shop.told(path, payment)
    (purchase,) = await shop.purchases()
    back = await shop.told(path, refund)
    (after,) = await shop.purchases()

    assert (first, again, back) == (["recorded"], ["known"], ["cancelled"])
    assert purchase["purchase_code"] == code
    assert purchase["amount"] == 60_000_000
    assert purchase["currency"] == "USD"
    assert purchase["state"] == PurchaseState.APPROVED
    assert after["state"] == PurchaseState.CANCELLED
    assert after["cancellation_source"] == path.strip("/").partition("_")[0]
    assert await shop.exchange.differences() == []


async def test_recurly_may_put_its_xml_into_a_form(shop: Shop) -> None:
    results = await shop.told("/recurly_push_notification", urlencode({"xmlRequest": RECURLY_PAYMENT}))

    assert results == ["recorded"]


async def test_a_plan_is_found_by_the_systems_own_id_and_an_unknown_one_loses_no_sale(shop: Shop) -> None:
    lines = [{"pays_for": "purchase", "percent": "10"}]
    await shop.own(
        "POST", "/plans", json={"code": "basic", "currency": "USD", "is_default": True, "lines": lines}
    )
    await shop.own("POST", "/plans", json={"code": "plus", "currency": "USD", "lines": lines})

    await shop.told("/stripe_webhook", STRIPE_INVOICE)
    await shop.told("/coinbase_callback", {"order": {**COINBASE_ORDER["order"], "button": {"id": "other"}}})

    plans = {row["id"]: row["code"] for row in await shop.exchange.rows("plans")}
    kept = {row["purchase_code"]: (plans[row["plan_id"]], row["note"]) for row in await shop.purchases()}
    assert kept["pi_1"] == ("plus", None)
    assert kept["5RTQNACF"] == ("basic", 'unknown plan "other", default plan used')


async def test_a_refund_of_a_part_changes_the_amount(shop: Shop) -> None:
    await shop.told("/stripe_webhook", STRIPE_INVOICE)
    part = {
        "type": "charge.refunded",
        "data": {"object": {**STRIPE_REFUND["data"]["object"], "amount_refunded": 1500}},
    }

    results = await shop.told("/stripe_webhook", part)

    assert results == ["changed"]
    (purchase,) = await shop.purchases()
    assert purchase["amount"] == 45_000_000


async def test_an_ended_subscription_cancels_what_is_to_come_and_takes_nothing_back(shop: Shop) -> None:
    plan = {
        "code": "plus",
        "currency": "USD",
        "is_default": True,
        "lines": [{"pays_for": "purchase", "fixed": "5"}],
    }
    await shop.own("POST", "/plans", json=plan)
    await shop.own("POST", "/affiliates", json={"email": "aff@example.com", "code": "aff"})
    await shop.told("/woocommerce_webhook", {**WOO_ORDER, "coupon_lines": [{"code": "AFF"}]})
    end = {
        "type": "customer.subscription.deleted",
        "data": {"object": {"metadata": {"email": EMAIL}, "items": {"data": [{"price": {"id": "plus"}}]}}},
    }

    results = await shop.told("/stripe_webhook", end)

    assert results == ["cancelled"]
    assert [row["state"] for row in await shop.purchases()] == [PurchaseState.CANCELLED]
    (commission,) = await shop.exchange.rows("commissions")
    assert (commission["state"], commission["amount"]) == (0, 5_000_000)
    assert await shop.exchange.differences() == []


async def test_the_tracking_id_finds_the_customer_whose_address_the_system_does_not_know(shop: Shop) -> None:
    await shop.told("/chargebee_webhook", CHARGEBEE_PAYMENT)
    visit = "0190f3a2-0000-7000-8000-000000000001"
    first = {**WOO_ORDER, "meta_data": [{"key": "leaddyno_visit_id", "value": visit}]}
    await shop.told("/woocommerce_webhook", first)
    nameless = {"order": {**COINBASE_ORDER["order"], "customer": {}, "custom": visit}}
    unknown = {"order": {**COINBASE_ORDER["order"], "id": "X", "customer": {}, "custom": "nobody"}}

    assert await shop.told("/coinbase_callback", nameless) == ["recorded"]
    assert await shop.told("/coinbase_callback", unknown) == [
        "ignored: neither an e-mail address nor a known tracking id"
    ]
    assert len({row["person_id"] for row in await shop.purchases()}) == 1


async def test_who_pays_from_an_unknown_address_is_the_person_of_the_tracking_id(shop: Shop) -> None:
    visit = "0190f3a2-0000-7000-8000-000000000001"
    carried = [{"key": "leaddyno_visit_id", "value": visit}]
    await shop.told("/woocommerce_webhook", {**WOO_ORDER, "meta_data": carried})
    other = {**WOO_ORDER, "id": 99, "billing": {"email": "wallet@pay.example"}, "meta_data": carried}

    assert await shop.told("/woocommerce_webhook", other) == ["recorded"]

    assert [row["email"] for row in await shop.exchange.rows("people")] == [EMAIL]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/stripe_webhook", {"type": "customer.created", "data": {"object": {"id": "cus_1"}}}),
        (
            "/stripe_webhook",
            {"type": "charge.succeeded", "data": {"object": {"id": "ch_1", "invoice": "in_1"}}},
        ),
        ("/shopify_webhook", {"id": 1, "financial_status": "pending", "email": EMAIL}),
        ("/woocommerce_webhook", "webhook_id=5"),
        ("/woocommerce_webhook", {"id": 1, "status": "on-hold"}),
        ("/chargify_webhook", "event=test&payload[chargify]=testing"),
        ("/recurly_push_notification", "<new_account_notification/>"),
        ("/chargebee_webhook", {"event_type": "customer_created", "content": {}}),
        ("/coinbase_callback", {"event": {"type": "charge:created", "data": {"code": "A"}}}),
    ],
)
async def test_messages_about_nothing_of_ours_are_taken_and_change_nothing(
    shop: Shop, path: str, body: Any
) -> None:
    assert await shop.told(path, body) == []
    assert await shop.purchases() == []


async def test_a_currency_without_cents_is_not_divided(shop: Shop) -> None:
    told = STRIPE_INVOICE["data"]["object"]
    yen = {**STRIPE_INVOICE, "data": {"object": {**told, "currency": "jpy", "amount_paid": 6000}}}

    await shop.told("/stripe_webhook", yen)

    (purchase,) = await shop.purchases()
    assert Decimal(purchase["amount"]) == Decimal(6000) * 1_000_000
