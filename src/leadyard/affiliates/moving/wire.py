"""LeadDyno's objects as they come over the wire; what may be missing in older answers has a default."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from leadyard.storage.database import LARGEST_ID

Id = Annotated[int, Meta(ge=1, le=LARGEST_ID)]


class Resource(StrEnum):
    """What is moved, in this order; plans and cancellations come with purchases."""

    AFFILIATES = "affiliates"
    CAMPAIGNS = "campaigns"
    LEADS = "leads"
    VISITORS = "visitors"
    PURCHASES = "purchases"
    COMMISSIONS = "commissions"
    PLANS = "plans"
    CANCELLATIONS = "cancellations"


class Party(msgspec.Struct, frozen=True):
    """An affiliate or a lead inside another object."""

    id: Id
    email: str | None = None


class Coded(msgspec.Struct, frozen=True):
    """A campaign or a plan inside another object."""

    id: Id
    code: str | None = None


class Address(msgspec.Struct, frozen=True):
    """An address of a page."""

    url: str | None = None


class TheirAffiliate(msgspec.Struct, frozen=True, kw_only=True):
    """An affiliate (docs/leaddyno.md, "Calls")."""

    id: Id
    email: str
    created_at: datetime
    updated_at: datetime | None = None
    first_name: str | None = None
    last_name: str | None = None
    affiliate_url: str | None = None
    affiliate_dashboard_url: str | None = None
    affiliate_code: str | None = None
    referring_affiliate: str | None = None
    referring_affiliate_id: Id | None = None
    status: str | None = None
    pending_approval: bool | None = None
    archived: bool | None = None
    unsubscribed: bool | None = None
    paypal_email: str | None = None
    compensation_tier_code: str | None = None
    custom_fields: dict[str, Any] | None = None
    referrer_domain: str | None = None


class TheirCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A traffic campaign (section 6); the last three are shown by Leadyard only."""

    id: Id
    code: str
    created_at: datetime
    updated_at: datetime | None = None
    link_code: str | None = None
    name: str | None = None
    archived: bool = False


class LatestVisitor(msgspec.Struct, frozen=True):
    """A lead's latest visitor."""

    id: Id
    tracking_code: str | None = None


class TheirLead(msgspec.Struct, frozen=True, kw_only=True):
    """A lead (section 3)."""

    id: Id
    email: str | None
    created_at: datetime
    updated_at: datetime | None = None
    custom_status: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    phone: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    state: str | None = None
    zipcode: str | None = None
    country: str | None = None
    latest_visitor: LatestVisitor | None = None
    url: Address | None = None
    referrer: Address | None = None
    affiliate: Party | None = None
    campaign: Coded | None = None


class TheirVisitor(msgspec.Struct, frozen=True, kw_only=True):
    """A visitor (section 2)."""

    id: Id
    tracking_code: str
    created_at: datetime
    updated_at: datetime | None = None
    lead: Party | None = None
    url: Address | None = None
    referrer: Address | None = None
    affiliate: Party | None = None
    campaign: Coded | None = None
    search_term: str | None = None
    latest_click: datetime | None = None


class TheirCancellation(msgspec.Struct, frozen=True, kw_only=True):
    """How a purchase was cancelled."""

    id: Id
    cancellation_code: str | None = None
    effective_date: datetime | None = None
    source: str | None = None


class TheirItem(msgspec.Struct, frozen=True, kw_only=True):
    """A line item."""

    sku: str | None = None
    quantity: Decimal | None = None
    description: str | None = None
    amount: Decimal | None = None


class TheirPurchase(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase (section 4)."""

    id: Id
    purchase_code: str
    created_at: datetime
    lead: Party
    updated_at: datetime | None = None
    cancelled: bool = False
    note: str | None = None
    description: str | None = None
    purchase_amount: Decimal | None = None
    currency: str | None = None
    commission_amount_override: Decimal | None = None
    cancellation: TheirCancellation | None = None
    affiliate: Party | None = None
    plan: Coded | None = None
    referral_source: str | None = None
    status: str | None = None
    line_items: tuple[TheirItem, ...] | None = None


class ItsPurchase(msgspec.Struct, frozen=True):
    """The purchase of a commission."""

    id: Id


class TheirCommission(msgspec.Struct, frozen=True, kw_only=True):
    """A commission (section 7)."""

    id: Id
    amount: Decimal
    affiliate: Party
    created_at: datetime
    currency: str = "USD"
    cancelled: bool = False
    paid: bool = False
    note: str | None = None
    purchase: ItsPurchase | None = None
    due_at: datetime | None = None
    status: str | None = None
    level: Annotated[int, Meta(ge=0, le=100)] = 0
    plan: Coded | None = None
    reason: str | None = None


class Count(msgspec.Struct, frozen=True):
    """How many rows there are."""

    count: int


class CommissionPage(msgspec.Struct, frozen=True):
    """A page of commissions."""

    commissions: list[TheirCommission]
    total_entries: int


class Totals(msgspec.Struct, frozen=True):
    """Sums of commissions in one currency; the totals leave cancelled ones out."""

    total_count: int
    total_cost: Decimal
    total_due_count: int
    total_due_cost: Decimal
    total_paid_count: int
    total_paid_cost: Decimal
    total_cancelled_count: int


Row = TheirAffiliate | TheirCampaign | TheirLead | TheirVisitor | TheirPurchase | TheirCommission

KINDS: dict[Resource, Any] = {
    Resource.AFFILIATES: TheirAffiliate,
    Resource.CAMPAIGNS: TheirCampaign,
    Resource.LEADS: TheirLead,
    Resource.VISITORS: TheirVisitor,
    Resource.PURCHASES: TheirPurchase,
    Resource.COMMISSIONS: TheirCommission,
}
"""What each resource's rows are, in the order in which they are moved."""

LISTS: dict[Resource, Any] = {
    Resource.AFFILIATES: list[TheirAffiliate],
    Resource.CAMPAIGNS: list[TheirCampaign],
    Resource.LEADS: list[TheirLead],
    Resource.VISITORS: list[TheirVisitor],
    Resource.PURCHASES: list[TheirPurchase],
}
"""What lists answer; commissions come in a page of their own."""
