"""Purchases as they are kept and asked for."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from leadyard.affiliates.commissions.rules import ChainLink
from leadyard.affiliates.model import LineItem, PurchaseState
from leadyard.kit.money import plain

REJECTED = "rejected"
"""The source of a cancellation that is a rejection."""


class Terms(msgspec.Struct, frozen=True):
    """What a purchase's commissions follow from besides its amounts, as it was when it came.

    `ordinal` says which purchase of its customer that stands it was.
    """

    line_ids: tuple[int, ...] = ()
    chain: tuple[ChainLink, ...] = ()
    ordinal: int = 1
    is_held: bool = False


class Cancelled(msgspec.Struct, frozen=True):
    """How a purchase was cancelled."""

    id: int
    cancellation_code: str
    effective_at: datetime
    source: str | None


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """One purchase with what its lists show; `commission_amount` sums what is not cancelled, in its own currencies."""

    account_id: int
    id: int
    purchase_code: str
    person_id: int
    email: str
    affiliate_id: int | None
    affiliate_email: str | None
    traffic_campaign_id: int | None
    touch_id: int | None
    plan_id: int
    plan_code: str
    state: PurchaseState
    amount: Decimal | None
    currency: str
    amount_override: Decimal | None
    line_items: tuple[LineItem, ...] | None
    description: str | None
    note: str | None
    referral_source: str | None
    used_code: str | None
    is_first: bool
    is_barred: bool
    terms: Terms
    created_at: datetime
    updated_at: datetime
    cancellation: Cancelled | None
    commission_amount: Decimal

    @property
    def is_cancelled(self) -> bool:
        """Tell whether it is cancelled, be it as of a later time."""
        return self.state is PurchaseState.CANCELLED

    def told(self) -> dict[str, Any]:
        """Say of it what webhooks are told."""
        return {
            "purchase": {
                "id": self.id,
                "purchase_code": self.purchase_code,
                "person_id": self.person_id,
                "email": self.email,
                "affiliate_id": self.affiliate_id,
                "amount": None if self.amount is None else plain(self.amount),
                "currency": self.currency,
                "plan": self.plan_code,
                "status": self.state.name.lower(),
                "cancellation_source": None if self.cancellation is None else self.cancellation.source,
            }
        }


class PurchaseInput(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase as it is recorded; without a code one is made. Amounts are in `currency`, by default the programme's.

    `code` is a coupon; `reassign_affiliate` False leaves a person with whoever is credited already. `is_gross` says that
    the amount is what was paid once, whatever went back since: refunds that are known are taken off it.
    """

    email: str
    purchase_code: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    plan_code: str | None = None
    amount_override: Decimal | None = None
    line_items: tuple[LineItem, ...] | None = None
    code: str | None = None
    description: str | None = None
    reassign_affiliate: bool = True
    tracking_code: str | None = None
    is_gross: bool = False


class PurchaseChange(msgspec.Struct, frozen=True, kw_only=True):
    """What changes of a purchase; None clears a text, what is UNSET stays."""

    amount: Decimal | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    note: str | UnsetType | None = UNSET


class Cancellation(msgspec.Struct, frozen=True, kw_only=True):
    """How a purchase is to be cancelled: at once unless a time is named, under a code of its own unless one is."""

    source: str | None = None
    effective_at: datetime | None = None
    cancellation_code: str | None = None


WHOLE = "whole"
"""The id of a refund of everything, which has none of its own."""


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money that went back for a purchase known by one of `purchase_codes`: an amount, or all of it.

    `refund_code` is the payer's id of the refund, by which it counts once. It is kept for a purchase that is still to
    come unless `is_kept` is False.
    """

    purchase_codes: tuple[str, ...]
    source: str
    refund_code: str = WHOLE
    amount: Decimal | None = None
    currency: str | None = None
    is_kept: bool = True


class RefundOutcome(StrEnum):
    """What became of a refund."""

    CANCELLED = "cancelled"
    CHANGED = "changed"
    KNOWN = "known"
    KEPT = "kept: no such purchase yet"
    NO_PURCHASE = "ignored: no such purchase"
    NO_AMOUNT = "ignored: the purchase has no amount"
    OTHER_CURRENCY = "ignored: the purchase is in another currency"


class PurchaseFilters(msgspec.Struct, frozen=True):
    """Which purchases a list shows; None is no filter. Made from the first instant on and before the second."""

    person_id: int | None = None
    affiliate_id: int | None = None
    state: PurchaseState | None = None
    since: datetime | None = None
    before: datetime | None = None
