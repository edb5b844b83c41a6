"""Every billing system that is understood, by path."""

from leadyard.dialects.billing.model import Provider
from leadyard.dialects.billing.providers import (
    chargebee,
    chargify,
    coinbase,
    paypal,
    recurly,
    shopify,
    stripe,
    woocommerce,
)
from leadyard.dialects.billing.signatures import base64_of_body, hex_of_body, is_stripes

PROVIDERS = {
    provider.path: provider
    for provider in (
        Provider("paypal", "/paypal_ipn", paypal.read, takes_public_key=True),
        Provider("recurly", "/recurly_push_notification", recurly.read),
        Provider(
            "chargify",
            "/chargify_webhook",
            chargify.read,
            hex_of_body("x-chargify-webhook-signature-hmac-sha-256"),
        ),
        Provider("chargebee", "/chargebee_webhook", chargebee.read),
        Provider("coinbase", "/coinbase_callback", coinbase.read, hex_of_body("x-cc-webhook-signature")),
        Provider("stripe", "/stripe_webhook", stripe.read, is_stripes),
        Provider(
            "woocommerce", "/woocommerce_webhook", woocommerce.read, base64_of_body("x-wc-webhook-signature")
        ),
        Provider("shopify", "/shopify_webhook", shopify.read, base64_of_body("x-shopify-hmac-sha256")),
    )
}
