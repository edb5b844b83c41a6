"""Keys and signatures: who is not who it says changes nothing."""

import base64
import hashlib
import hmac
import time
from typing import Any

import msgspec
import pytest
from tests.dialects.billing.conftest import PayPal, Shop
from tests.dialects.billing.test_messages_of_every_system import (
    CASES,
    SHOPIFY_ORDER,
    STRIPE_INVOICE,
    WOO_ORDER,
)

SECRET = "a signing secret"
IPN = (
    "txn_type=web_accept&payment_status=Completed&txn_id=61E67681CH3238416&mc_gross=19.95&mc_currency=USD"
    "&payer_email=buyer%40example.com&item_number=basic&custom=&charset=windows-1252&last_name=M%FCller"
    "&receiver_email=shop%40example.com&business=sales%40example.com&receiver_id=S8XGHLYDW9T3S"
)


@pytest.mark.parametrize("path", [case[0] for case in CASES])
@pytest.mark.parametrize("key", ["", "0" * 40, "public"])
async def test_another_key_than_the_private_one_is_refused(shop: Shop, path: str, key: str) -> None:
    answer = await shop.post(path, {}, key=shop.public_key if key == "public" else key)

    assert answer.status_code == 401
    assert "error" in answer.json()


async def test_other_methods_and_huge_and_broken_bodies_are_refused(shop: Shop) -> None:
    assert (await shop.client.get("/stripe_webhook")).status_code == 405
    assert (await shop.post("/stripe_webhook", b"x" * 1_000_001)).status_code == 413
    for path in ("/stripe_webhook", "/shopify_webhook", "/recurly_push_notification", "/chargebee_webhook"):
        for body in (b"", b"{", b"[]", b"\xff\xfe", b"<a><!DOCTYPE x></a>"):
            assert (await shop.post(path, body)).status_code == 400, (path, body)
    assert await shop.purchases() == []


def stripe_header(body: bytes, at: int, secret: str = SECRET) -> str:
    digest = hmac.new(secret.encode(), b"%d.%s" % (at, body), hashlib.sha256).hexdigest()
    return f"t={at},v1={'0' * 64},v1={digest}"


async def test_stripes_signature_counts_once_its_secret_is_known(shop: Shop) -> None:
    body = msgspec.json.encode(STRIPE_INVOICE)
    await shop.own("PUT", "/billing-systems/stripe", json={"signing_secret": SECRET})
    now = int(time.time())

    refused = [
        await shop.post("/stripe_webhook", body, stripe_signature=header)
        for header in ("", "t=1,v1=abc", stripe_header(body, now - 3600), stripe_header(body, now, "other"))
    ]
    taken = await shop.post("/stripe_webhook", body, stripe_signature=stripe_header(body, now))

    assert [answer.status_code for answer in refused] == [401] * 4
    assert taken.json() == {"ok": True, "results": ["recorded"]}


@pytest.mark.parametrize(
    ("system", "header", "document"),
    [
        ("shopify", "x_shopify_hmac_sha256", SHOPIFY_ORDER),
        ("woocommerce", "x_wc_webhook_signature", WOO_ORDER),
    ],
)
async def test_a_shops_signature_covers_the_whole_body(
    shop: Shop, system: str, header: str, document: dict[str, Any]
) -> None:
    await shop.own("PUT", f"/billing-systems/{system}", json={"signing_secret": SECRET})
    body = msgspec.json.encode(document)
    signed = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()

    changed = await shop.post(f"/{system}_webhook", body + b" ", **{header: signed})
    taken = await shop.post(f"/{system}_webhook", body, **{header: signed})

    assert changed.status_code == 401
    assert taken.json()["results"] == ["recorded"]


async def set_up(shop: Shop, paypal: PayPal, **more: Any) -> None:
    document = {"verify_url": paypal.url, "receivers": ["Shop@Example.com"], **more}
    assert (await shop.own("PUT", "/billing-systems/paypal", json=document)).status_code == 200


async def test_paypal_is_asked_whether_it_sent_the_notification(shop: Shop, paypal: PayPal) -> None:
    await set_up(shop, paypal)

    answer = await shop.post("/paypal_ipn", IPN, key=shop.public_key)

    assert answer.json() == {"ok": True, "results": ["recorded"]}
    assert paypal.asked == [f"cmd=_notify-validate&{IPN}"]
    (purchase,) = await shop.purchases()
    assert (purchase["purchase_code"], purchase["amount"]) == ("61E67681CH3238416", 19_950_000)

    refund = IPN.replace("Completed", "Refunded").replace(
        "txn_id=61E6", "parent_txn_id=61E67681CH3238416&txn_id=7"
    )
    assert (await shop.told("/paypal_ipn", refund.replace("19.95", "-19.95"))) == ["cancelled"]


@pytest.mark.parametrize("receiver", ["shop@example.com", " SALES@example.com", "s8xghlydw9t3s"])
async def test_a_payment_counts_that_went_to_one_of_the_accounts_own_addresses(
    shop: Shop, paypal: PayPal, receiver: str
) -> None:
    await set_up(shop, paypal, receivers=["other@example.com", receiver])

    assert (await shop.post("/paypal_ipn", IPN, key=shop.public_key)).json()["results"] == ["recorded"]


@pytest.mark.parametrize("key", ["public", "private"])
async def test_a_payment_to_somebody_else_is_refused_although_paypal_knows_it(
    shop: Shop, paypal: PayPal, key: str
) -> None:
    await set_up(shop, paypal)
    theirs = IPN.replace("shop%40", "thief%40").replace("sales%40", "thief%40").replace("S8XG", "T8XG")
    nobodys = IPN.partition("&receiver_email")[0]

    for body in (theirs, nobodys):
        answer = await shop.post("/paypal_ipn", body, key=getattr(shop, f"{key}_key"))
        assert (answer.status_code, answer.json()) == (400, {"error": "The payment went to somebody else."})

    assert await shop.purchases() == []
    assert paypal.asked == []


async def test_the_public_key_is_refused_until_the_accounts_own_addresses_are_set(
    shop: Shop, paypal: PayPal
) -> None:
    await set_up(shop, paypal, receivers=[])

    assert (await shop.post("/paypal_ipn", IPN, key=shop.public_key)).status_code == 401
    assert await shop.purchases() == []
    assert (await shop.told("/paypal_ipn", IPN)) == ["recorded"]


async def test_payments_of_the_sandbox_are_refused_unless_they_are_allowed(
    shop: Shop, paypal: PayPal
) -> None:
    await set_up(shop, paypal)
    play_money = f"{IPN}&test_ipn=1"

    for key in (shop.public_key, shop.private_key):
        assert (await shop.post("/paypal_ipn", play_money, key=key)).status_code == 400
    assert (await shop.purchases(), paypal.asked) == ([], [])

    await set_up(shop, paypal, allows_sandbox=True)
    assert (await shop.told("/paypal_ipn", play_money)) == ["recorded"]


@pytest.mark.parametrize(
    ("system", "document"),
    [
        ("paypal", {"receivers": [" "]}),
        ("paypal", {"receivers": ["a\x00b"]}),
        ("paypal", {"receivers": "shop@example.com"}),
        ("stripe", {"receivers": ["shop@example.com"]}),
        ("stripe", {"allows_sandbox": True}),
    ],
)
async def test_settings_that_mean_nothing_are_refused(
    shop: Shop, system: str, document: dict[str, Any]
) -> None:
    assert (await shop.own("PUT", f"/billing-systems/{system}", json=document)).status_code == 422


@pytest.mark.parametrize(("verdict", "status"), [("INVALID", 400), ("Sorry", 503)])
async def test_what_paypal_does_not_confirm_does_not_count(
    shop: Shop, paypal: PayPal, verdict: str, status: int
) -> None:
    await shop.own("PUT", "/billing-systems/paypal", json={"verify_url": paypal.url})
    paypal.verdict = verdict

    assert (await shop.post("/paypal_ipn", IPN)).status_code == status
    assert await shop.purchases() == []


async def test_a_payments_id_of_another_customer_is_refused(shop: Shop) -> None:
    await shop.told("/woocommerce_webhook", WOO_ORDER)

    answer = await shop.post("/woocommerce_webhook", {**WOO_ORDER, "billing": {"email": "other@example.com"}})

    assert answer.status_code == 400
    assert len(await shop.purchases()) == 1


async def test_secrets_are_masked_and_unknown_systems_are_not_found(shop: Shop) -> None:
    shown = await shop.own("PUT", "/billing-systems/stripe", json={"signing_secret": SECRET})

    assert SECRET not in shown.text
    assert SECRET not in (await shop.own("GET", "/billing-systems/stripe")).text
    assert (await shop.own("GET", "/billing-systems/other")).status_code == 404
    assert (
        await shop.own("PUT", "/billing-systems/stripe", json={"verify_url": "https://a.example/"})
    ).status_code == 422


async def test_billing_systems_are_listed_and_forgotten(shop: Shop) -> None:
    await shop.own("PUT", "/billing-systems/stripe", json={"signing_secret": SECRET})

    listed = await shop.own("GET", "/billing-systems")
    systems = {one["name"]: one["settings"] for one in listed.json()["systems"]}
    assert set(systems) == {"paypal", "chargify", "coinbase", "shopify", "stripe", "woocommerce"}
    assert [name for name, settings in systems.items() if settings is not None] == ["stripe"]
    assert SECRET not in listed.text

    gone = [
        (await shop.own("DELETE", f"/billing-systems/{name}")).status_code
        for name in ("stripe", "stripe", "other")
    ]
    assert gone == [204, 404, 404]
    assert (await shop.post("/stripe_webhook", STRIPE_INVOICE)).json()["results"] == ["recorded"]
