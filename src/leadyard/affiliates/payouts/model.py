"""Payouts as they are kept and as they are shown (docs/payouts.md)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from leadyard.affiliates.commissions.model import Commission
from leadyard.affiliates.model import PayoutMethod, PayoutState
from leadyard.delivery.model import RetryPolicy
from leadyard.kit.masking import Destination, SecretText
from leadyard.kit.money import from_micros, plain

SENT_BY_WORKER = frozenset({PayoutMethod.PAYPAL, PayoutMethod.WEBHOOK})
FILE_METHODS = frozenset({PayoutMethod.PAYPAL_CSV, PayoutMethod.BANK_CSV})
RETRY = RetryPolicy(attempts=7, first_delay_seconds=30, factor=3, maximum_delay_seconds=3600)

_Url = Annotated[Destination, Meta(min_length=8, max_length=2048)]


class PayPalChannel(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's PayPal application; `note` stands in the recipient's e-mail."""

    client_id: Annotated[str, Meta(min_length=1, max_length=255)]
    client_secret: Annotated[SecretText, Meta(min_length=1, max_length=255)]
    base_url: _Url = "https://api-m.paypal.com"
    note: Annotated[str, Meta(max_length=1000)] = "Affiliate commissions"


class WebhookChannel(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays when told; `secret` signs every call."""

    url: _Url
    secret: Annotated[SecretText, Meta(min_length=1, max_length=255)]


class RunInput(msgspec.Struct, frozen=True, kw_only=True):
    """What a run takes: what is due at `until` (now when left out), of all affiliates or of these.

    `method` left out is the programme's. A trial (`dry_run`) shows the payouts and makes none.
    """

    method: PayoutMethod | None = None
    until: datetime | None = None
    affiliate_ids: tuple[int, ...] = ()
    dry_run: bool = False


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """One row of payouts; `amount` in micro-units."""

    account_id: int
    id: int
    run_id: int
    affiliate_id: int
    currency: str
    amount: int
    method: PayoutMethod
    state: PayoutState
    reference: UUID
    details: dict[str, Any]
    tries: int
    problem: str | None
    created_at: datetime
    paid_at: datetime | None

    def told(self) -> dict[str, Any]:
        """Say of it what webhooks are told."""
        return {
            "payout": {
                "id": self.id,
                "affiliate_id": self.affiliate_id,
                "amount": plain(from_micros(self.amount)),
                "currency": self.currency,
                "method": self.method,
                "reference": str(self.reference),
                "problem": self.problem,
            }
        }


class Payee(msgspec.Struct, frozen=True):
    """Who is paid, as of now; `bank` are the affiliate's custom fields that name an account."""

    affiliate_id: int
    email: str
    name: str
    paypal_email: str
    bank: dict[str, str]


class Due(msgspec.Struct, frozen=True):
    """What one affiliate is to be paid in one currency: `amount` in micro-units, by these commissions."""

    affiliate_id: int
    currency: str
    amount: int
    commission_ids: tuple[int, ...]


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One commission of a statement."""

    commission_id: int
    at: datetime
    amount: Decimal
    reason: str
    note: str | None
    level: int
    purchase_id: int | None
    lead_id: int | None

    @classmethod
    def of(cls, one: Commission) -> "StatementLine":
        """Write a commission as a statement shows it."""
        return cls(
            commission_id=one.id, at=one.created_at, amount=from_micros(one.amount), reason=one.reason,
            note=one.note, level=one.level, purchase_id=one.purchase_id, lead_id=one.lead_id,
        )  # fmt: skip


class PayoutRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A payout as people read it; `reference` is what the payment carries, `lines` are its statement."""

    id: int | None
    run_id: int | None
    affiliate_id: int
    email: str
    currency: str
    amount: Decimal
    method: PayoutMethod
    state: PayoutState
    reference: UUID | None
    problem: str | None
    created_at: datetime
    paid_at: datetime | None
    lines: tuple[StatementLine, ...] = ()


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A run and its payouts; `id` is null for a trial."""

    id: int | None
    method: PayoutMethod
    until: datetime
    created_at: datetime
    payouts: tuple[PayoutRecord, ...]


class RunListed(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it stands in a list: how many payouts it made, and how many of them are not settled yet."""

    id: int
    method: PayoutMethod
    until: datetime
    started_by: str
    created_at: datetime
    payouts: int
    unsettled: int


class Resolution(msgspec.Struct, frozen=True):
    """What an operator found out of a payout whose outcome was not known: was it paid?"""

    paid: bool


class PaymentFile(msgspec.Struct, frozen=True):
    """A run's open payouts as CSV text."""

    file_name: str
    content: str
