"""How an account lets billing systems tell of payments."""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from leadyard.kit.masking import Destination, SecretText

PAYPAL = "paypal"
BillingSystem = Literal["paypal", "chargify", "coinbase", "shopify", "stripe", "woocommerce"]
"""Billing systems that can prove that a message is theirs."""

NAMES: tuple[str, ...] = get_args(BillingSystem)
SIGNING = tuple(name for name in NAMES if name != PAYPAL)
"""Billing systems that sign their messages."""


class BillingProvider(msgspec.Struct, frozen=True, kw_only=True):
    """`signing_secret` is what the system signs with: once it is set, messages without a right signature are refused.

    The others are PayPal's. `receivers` are the account's own e-mail addresses or merchant ids there: a payment to
    anybody else is refused, and the public key counts only once they are set. `allows_sandbox` takes notifications of
    the test environment, whose payments are not real. `verify_url` is where notifications are confirmed; left out it
    is PayPal's own address.
    """

    signing_secret: Annotated[SecretText, Meta(max_length=255)] = ""
    receivers: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=255)], ...], Meta(max_length=50)
    ] = ()
    allows_sandbox: bool = False
    verify_url: Annotated[Destination, Meta(max_length=2048)] | None = None


class BillingSystemShown(msgspec.Struct, frozen=True):
    """A billing system, and what it must prove, secrets masked; null where nothing is set."""

    name: str
    settings: BillingProvider | None


class BillingSystems(msgspec.Struct, frozen=True):
    """Every billing system that can prove something."""

    systems: tuple[BillingSystemShown, ...]
