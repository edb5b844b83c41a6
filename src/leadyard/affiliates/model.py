"""Values of the affiliate programme."""

from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from leadyard.affiliates.pages.settings import PageSettings
from leadyard.kit.masking import SecretText

HIGHEST_LEVEL = 10


class SelfPurchase(StrEnum):
    """What becomes of a purchase by the affiliate who is credited with it."""

    EXCLUDE = "exclude"
    REVIEW = "review"
    ALLOW = "allow"


class ListOrder(StrEnum):
    """How LeadDyno's lists are ordered."""

    NEWEST_FIRST = "newest_first"
    OLDEST_FIRST = "oldest_first"


class PayoutMethod(StrEnum):
    """How affiliates are paid."""

    MANUAL = "manual"
    PAYPAL = "paypal"
    PAYPAL_CSV = "paypal_csv"
    BANK_CSV = "bank_csv"
    WEBHOOK = "webhook"


class Attribution(msgspec.Struct, frozen=True):
    """Who keeps the credit (docs/tracking.md, "Who is credited"); `look_back_days` None: no limit."""

    first_affiliate_wins: bool = True
    first_source_wins: bool = False
    coupon_override: bool = True
    look_back_days: Annotated[int, Meta(ge=1, le=3650)] | None = None


class FraudSettings(msgspec.Struct, frozen=True):
    """When visits look wrong: so many visitors of one affiliate from one network within an hour; 0: never.

    `data_centre_networks` are added to those that are built in and to the operator's file.
    """

    burst_visitors: Annotated[int, Meta(ge=0, le=1_000_000)] = 50
    data_centre_visitors: Annotated[int, Meta(ge=0, le=1_000_000)] = 3
    data_centre_networks: Annotated[tuple[str, ...], Meta(max_length=20_000)] = ()


class Program(msgspec.Struct, frozen=True):
    """An account's affiliate programme; `site_url` is where affiliate links lead. Amounts in the programme's currency."""

    site_url: str = "https://shop.example.com/"
    currency: str = "USD"
    attribution: Attribution = Attribution()
    approves_affiliates: bool = False
    approves_tracked_purchases: bool = True
    self_purchase: SelfPurchase = SelfPurchase.EXCLUDE
    claw_back: bool = True
    minimum_payout: Decimal = Decimal(0)
    payout_method: PayoutMethod = PayoutMethod.MANUAL
    list_order: ListOrder = ListOrder.NEWEST_FIRST
    requests_per_minute: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    merchant_emails: tuple[str, ...] = ()
    fraud: FraudSettings = FraudSettings()
    pages: PageSettings = PageSettings()


class AffiliateStatus(IntEnum):
    """Where an affiliate stands."""

    ACTIVE = 1
    PENDING = 2
    ARCHIVED = 3
    REJECTED = 4


class Affiliate(msgspec.Struct, frozen=True):
    """An affiliate without its totals; `code` is the one in its link."""

    account_id: int
    id: int
    email: str
    first_name: str | None
    last_name: str | None
    code: str
    status: AffiliateStatus
    group_id: int | None
    parent_id: int | None
    paypal_email: str | None
    referrer_domain: str | None
    is_unsubscribed: bool
    custom_fields: dict[str, Any]
    dashboard_token: SecretText
    has_dashboard: bool
    created_at: datetime
    updated_at: datetime

    @property
    def can_be_credited(self) -> bool:
        """Tell whether links and codes of this affiliate count: not once it is archived or rejected."""
        return self.status in {AffiliateStatus.ACTIVE, AffiliateStatus.PENDING}


class PaysFor(StrEnum):
    """The event that a plan's line pays for."""

    VISITOR = "visitor"
    LEAD = "lead"
    PURCHASE = "purchase"
    LINE_ITEM = "line_item"
    NEW_CUSTOMER = "new_customer"
    SOLD_LEAD = "sold_lead"


class Repeats(StrEnum):
    """Whether a line pays again each month."""

    NEVER = "never"
    TIMES = "times"
    UNTIL_CANCELLED = "until_cancelled"


class DelayUnit(StrEnum):
    """What a line's waiting time is counted in."""

    DAYS = "days"
    MONTHS = "months"


class Tier(msgspec.Struct, frozen=True):
    """Another price from so much of the affiliate's calendar month on, the event itself included.

    Either `from_count` purchases that stand (sold leads for a sold lead), or `from_revenue` of them, in the plan's
    currency.
    """

    from_count: Annotated[int, Meta(ge=1)] | None = None
    from_revenue: Decimal | None = None
    fixed: Decimal | None = None
    percent: Decimal | None = None


class PlanLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a plan: either `fixed` (in the plan's currency) or `percent` (docs/affiliates.md)."""

    pays_for: PaysFor
    fixed: Decimal | None = None
    percent: Decimal | None = None
    level: Annotated[int, Meta(ge=0, le=HIGHEST_LEVEL)] = 0
    delay: Annotated[int, Meta(ge=0, le=3650)] = 0
    delay_unit: DelayUnit = DelayUnit.DAYS
    repeats: Repeats = Repeats.NEVER
    times: Annotated[int, Meta(ge=2, le=1200)] | None = None
    group: str | None = None
    only_skus: tuple[str, ...] = ()
    except_skus: tuple[str, ...] = ()
    tiers: tuple[Tier, ...] = ()
    first_purchases: Annotated[int, Meta(ge=1)] | None = None
    codes: tuple[str, ...] = ()
    needs_approval: bool = False


class LineItem(msgspec.Struct, frozen=True):
    """One item of a purchase; `amount` is the price of one piece."""

    sku: str | None = None
    quantity: Decimal = Decimal(1)
    description: str | None = None
    amount: Decimal | None = None


class PurchaseState(IntEnum):
    """Where a purchase stands."""

    PENDING = 1
    APPROVED = 2
    CANCELLED = 3


class CommissionKind(IntEnum):
    """What made a commission."""

    LINE = 1
    OVERRIDE = 2
    MANUAL = 3
    CLAW_BACK = 4


class CommissionState(IntEnum):
    """How a commission is kept; whether an open one is pending or due depends on the time and on what holds it."""

    OPEN = 0
    PAID = 1
    CANCELLED = 2


class PayoutState(StrEnum):
    """Where a payout stands; an unknown one may have been paid and is never sent again by itself."""

    OPEN = "open"
    SENT = "sent"
    PAID = "paid"
    FAILED = "failed"
    UNKNOWN = "unknown"


PAYOUT_STATES = {state: number for number, state in enumerate(PayoutState)}
"""How payout states are kept in storage."""
