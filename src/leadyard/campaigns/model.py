"""The values of a set-up, as they are stored, shown by the set-up API and compiled for the hot paths."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.delivery.model import AnswerRules, BreakerPolicy, HttpTarget, RetryPolicy, TemplateText
from leadyard.intake.fields import FieldRule

Money = Annotated[Decimal, Meta(description="An exact amount from 0 to 1,000,000,000, as text or number.")]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class Status(StrEnum):
    """The life of campaigns, suppliers, buyers and webhooks."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    ARCHIVED = "Archived"


class DeliveryStatus(StrEnum):
    """The life of a delivery: saved until it is switched on."""

    SAVED = "Saved"
    ACTIVE = "Active"
    INACTIVE = "Inactive"
    ARCHIVED = "Archived"


class AcceptOn(StrEnum):
    """What makes a lead billable to its supplier."""

    SYSTEM = "System Accept"
    BUYER = "Buyer Delivery Accept"


class PayoutKind(StrEnum):
    """How a payout is worked out."""

    FIXED = "fixed"
    PERCENT = "percent"


class Payout(msgspec.Struct, frozen=True):
    """What a supplier is paid: an amount, or a percentage of the revenue."""

    kind: PayoutKind = PayoutKind.FIXED
    amount: Money = Decimal(0)


class Caps(msgspec.Struct, frozen=True):
    """How many leads may be accepted in each period of the account's time zone; 0 is no limit."""

    hour: Count = 0
    day: Count = 0
    week: Count = 0
    month: Count = 0
    total: Count = 0


class Match(StrEnum):
    """Whether one equal field makes a duplicate, or all together."""

    ANY = "any"
    ALL = "all"


class Dedupe(msgspec.Struct, frozen=True):
    """Which fields make a lead a duplicate of another in the campaign, and for how many hours (none: for ever)."""

    fields: tuple[str, ...] = ()
    match: Match = Match.ANY
    window_hours: Annotated[int, Meta(ge=1, le=876_000)] | None = None


class CampaignSettings(msgspec.Struct, frozen=True):
    """What an operator sets on a campaign."""

    description: Annotated[str, Meta(max_length=2000)] = ""
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "GBP"
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")] = "GB"
    sms_field: str = ""
    visible_to_suppliers: bool = True
    accept_on: AcceptOn = AcceptOn.BUYER
    payout: Payout = Payout()
    revenue: Money = Decimal(0)
    dedupe: Dedupe = Dedupe()
    caps: Caps = Caps()
    quarantine: bool = False
    live_responses: bool = False
    refused_url: Annotated[str, Meta(max_length=2048)] = ""
    blocked_addresses: tuple[str, ...] = ()
    distribution: str = "Priority"


class SupplierTerms(msgspec.Struct, frozen=True):
    """The terms of one supplier in one campaign; no payout of its own means the campaign's."""

    payout: Payout | None = None
    caps: Caps = Caps()


class PartnerSettings(msgspec.Struct, frozen=True):
    """What an operator keeps about a supplier or affiliate."""

    email: Annotated[str, Meta(max_length=254)] = ""
    external_ref: Annotated[str, Meta(max_length=255)] = ""
    notes: Annotated[str, Meta(max_length=2000)] = ""


class BuyerSettings(msgspec.Struct, frozen=True):
    """What an operator keeps about a buyer; caps count over all its deliveries."""

    street1: Annotated[str, Meta(max_length=255)] = ""
    towncity: Annotated[str, Meta(max_length=255)] = ""
    county: Annotated[str, Meta(max_length=255)] = ""
    country: Annotated[str, Meta(max_length=255)] = ""
    postcode: Annotated[str, Meta(max_length=32)] = ""
    phone: Annotated[str, Meta(max_length=64)] = ""
    external_ref: Annotated[str, Meta(max_length=255)] = ""
    external_ref_2: Annotated[str, Meta(max_length=255)] = ""
    external_ref_3: Annotated[str, Meta(max_length=255)] = ""
    external_ref_4: Annotated[str, Meta(max_length=255)] = ""
    external_ref_5: Annotated[str, Meta(max_length=255)] = ""
    caps: Caps = Caps()
    breaker: BreakerPolicy = BreakerPolicy()


class DeliveryKind(StrEnum):
    """How a delivery hands over a lead."""

    HTTP = "Direct Post"
    STORE = "Store Lead"
    EMAIL = "Email"
    SMS = "SMS"


class EmailTarget(msgspec.Struct, frozen=True):
    """To whom a delivery writes; the recipient is a template."""

    recipient: Annotated[TemplateText, Meta(min_length=1)]


class SmsTarget(msgspec.Struct, frozen=True):
    """To which number a delivery sends a text message; the recipient is a template."""

    recipient: Annotated[TemplateText, Meta(min_length=1)]


class Condition(msgspec.Struct, frozen=True):
    """One comparison of a rule: a field's value with a text, or with several."""

    operand: Annotated[str, Meta(min_length=1, max_length=64)]
    operator: Annotated[str, Meta(min_length=1, max_length=64)]
    value: Annotated[str, Meta(max_length=4000)] | tuple[Annotated[str, Meta(max_length=4000)], ...] = ""


class Rule(msgspec.Struct, frozen=True):
    """Which leads a delivery takes: those for which all conditions hold."""

    all: tuple[Condition, ...] = ()


class Trigger(StrEnum):
    """When a delivery runs."""

    AUTOMATIC = "Automatic"
    MANUAL = "Manual"


class UnknownPolicy(StrEnum):
    """What follows when a buyer may or may not have taken a lead: wait for a person, or offer it to the next."""

    HOLD = "hold"
    NEXT = "next"


class DeliverySettings(msgspec.Struct, frozen=True):
    """What an operator sets on a delivery; no revenue of its own means the campaign's."""

    kind: DeliveryKind = DeliveryKind.STORE
    trigger: Trigger = Trigger.AUTOMATIC
    priority: Annotated[int, Meta(ge=0, le=1_000_000)] = 100
    revenue: Money | None = None
    caps: Caps = Caps()
    http: HttpTarget | None = None
    email: EmailTarget | None = None
    sms: SmsTarget | None = None
    rule: Rule | None = None
    answers: AnswerRules = AnswerRules()
    retry: RetryPolicy = RetryPolicy()
    when_unknown: UnknownPolicy = UnknownPolicy.HOLD


class WebhookEvent(StrEnum):
    """What webhooks can be told of."""

    LEAD_SOLD = "lead.sold"
    LEAD_UNSOLD = "lead.unsold"


class WebhookSettings(msgspec.Struct, frozen=True):
    """Which events a webhook gets; the secret signs every body."""

    reference: Annotated[str, Meta(max_length=255)] = ""
    events: tuple[WebhookEvent, ...] = (WebhookEvent.LEAD_SOLD, WebhookEvent.LEAD_UNSOLD)
    secret: str = ""


class Supplier(msgspec.Struct, frozen=True):
    """A partner that posts leads under its `sid`."""

    id: int
    name: str
    sid: str
    status: Status
    settings: PartnerSettings


class Buyer(msgspec.Struct, frozen=True):
    """Who buys leads."""

    id: int
    bid: str
    company: str
    status: Status
    settings: BuyerSettings


class Delivery(msgspec.Struct, frozen=True):
    """One route from a campaign to a buyer."""

    id: int
    campaign_id: int
    buyer_id: int
    reference: str
    status: DeliveryStatus
    settings: DeliverySettings


class Webhook(msgspec.Struct, frozen=True):
    """An address that is told about events."""

    id: int
    url: str
    status: Status
    settings: WebhookSettings


class Campaign(msgspec.Struct, frozen=True):
    """What leads are posted into, with its fields, its suppliers' terms and its deliveries in order."""

    id: int
    reference: str
    name: str
    status: Status
    settings: CampaignSettings
    fields: tuple[FieldRule, ...] = ()
    suppliers: dict[int, SupplierTerms] = {}
    deliveries: tuple[Delivery, ...] = ()
    occasions: frozenset[str] = frozenset()
    """What happens to leads that active responders of the campaign wait for."""
