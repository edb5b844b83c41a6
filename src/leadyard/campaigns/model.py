"""The values of a set-up, as they are stored, shown by the set-up API and compiled for the hot paths."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.campaigns.distribution import (
    AuctionTerms,
    Distribution,
    MarginRule,
    Method,
    PingTarget,
    Weight,
)
from leadyard.campaigns.limits import AmountCaps, CapScope, Count, WeekdayCaps
from leadyard.campaigns.returns import ReturnPolicy
from leadyard.campaigns.rule_settings import (
    BuyerSets,
    FilterRules,
    OutOfHours,
    PayoutRules,
    PriceRules,
)
from leadyard.campaigns.rule_settings import Money as Money  # noqa: PLC0414 - other rooms find it here
from leadyard.campaigns.rule_settings import PayoutKind as PayoutKind  # noqa: PLC0414 - the same
from leadyard.delivery.kinds import (
    EmailSettings,
    FileSettings,
    MailServerSettings,
    SmsGatewaySettings,
    SmsSettings,
    TransferSettings,
)
from leadyard.delivery.model import (
    AnswerRules,
    BreakerPolicy,
    HttpTarget,
    RetryPolicy,
)
from leadyard.intake.fields import FieldRule
from leadyard.intake.providers.model import CampaignCheck, RowId
from leadyard.kit.web_addresses import LONGEST_WEB_ADDRESS
from leadyard.ledger.credit.model import CreditTerms
from leadyard.routing.rules.model import Rule
from leadyard.routing.schedules import Schedule

PartyId = Annotated[int, Meta(ge=1, le=2**53 - 1)]


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


class Payout(msgspec.Struct, frozen=True):
    """What a supplier is paid: by the first rule that matches, else an amount or a percentage of the revenue."""

    kind: PayoutKind = PayoutKind.FIXED
    amount: Money = Decimal(0)
    rules: PayoutRules = ()
    out_of_hours: OutOfHours | None = None


class Caps(msgspec.Struct, frozen=True):
    """How many leads may be accepted in each period of the account's time zone; 0 is no limit."""

    hour: Count = 0
    day: Count = 0
    week: Count = 0
    month: Count = 0
    total: Count = 0
    weekdays: WeekdayCaps | None = None
    revenue: AmountCaps | None = None
    payout: AmountCaps | None = None


class Match(StrEnum):
    """Whether one equal field makes a duplicate, or all together."""

    ANY = "any"
    ALL = "all"


PageUrl = Annotated[str, Meta(max_length=LONGEST_WEB_ADDRESS)]
Hours = Annotated[int, Meta(ge=1, le=876_000)]
RowIds = Annotated[tuple[RowId, ...], Meta(max_length=50)]


class Dedupe(msgspec.Struct, frozen=True):
    """Which fields make a lead a duplicate of another in the campaign, and for how many hours (none: for ever).

    Leads of `campaigns` count too, those of `suppression_campaigns` for `suppression_hours` (none: for ever), and values
    on `suppression_lists` as long as the list says. `per_supplier`: only leads of the same supplier count, but for suppression.
    """

    fields: tuple[str, ...] = ()
    match: Match = Match.ANY
    window_hours: Hours | None = None
    per_supplier: bool = False
    campaigns: RowIds = ()
    suppression_campaigns: RowIds = ()
    suppression_hours: Hours | None = None
    suppression_lists: RowIds = ()


class DeliveredDedupe(msgspec.Struct, frozen=True):
    """Which fields make a lead one that was delivered before, and for how many hours (none: for ever)."""

    fields: Annotated[tuple[str, ...], Meta(max_length=10)] = ()
    match: Match = Match.ANY
    window_hours: Hours | None = None


class CampaignSettings(msgspec.Struct, frozen=True):
    """What an operator sets on a campaign.

    Quarantined leads are let in by themselves after `release_after_minutes`, if that is set, so many a minute.
    """

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
    caps_count: CapScope = CapScope()
    quarantine: bool = False
    quarantine_rule: Rule | None = None
    quarantine_when_skipped: bool = False
    most_requarantines: Annotated[int, Meta(ge=1, le=7)] = 3
    filter: FilterRules = ()
    buyer_sets: BuyerSets = ()
    release_after_minutes: Annotated[int, Meta(ge=1, le=525_600)] | None = None
    release_per_minute: Annotated[int, Meta(ge=1, le=60_000)] = 600
    live_responses: bool = False
    live_seconds: Annotated[
        int, Meta(ge=1, le=20, description="How long an answer waits for the sale at most.")
    ] = 20
    refused_url: PageUrl = ""
    sold_url: Annotated[
        PageUrl, Meta(description="Where a sold lead is sent, unless its buyer named a page.")
    ] = ""
    unsold_url: Annotated[PageUrl, Meta(description="Where a lead is sent that nobody bought.")] = ""
    blocked_addresses: tuple[str, ...] = ()
    distribution: Annotated[
        Method | Distribution,
        Meta(description="A method for all automatic deliveries together, or a tree of groups."),
    ] = Method.PRIORITY
    auction: AuctionTerms = AuctionTerms()
    margin: MarginRule = MarginRule()
    checks: Annotated[tuple[CampaignCheck, ...], Meta(max_length=20)] = ()


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
    schedule: Schedule | None = None
    credit: CreditTerms = CreditTerms()
    breaker: BreakerPolicy = BreakerPolicy()
    penalty: Annotated[
        Money, Meta(description="Taken off each of its bids before bids are compared, beside the delivery's.")
    ] = Decimal(0)
    dedupe: DeliveredDedupe = DeliveredDedupe()
    returns: ReturnPolicy = ReturnPolicy()


class DeliveryKind(StrEnum):
    """How a delivery hands over a lead."""

    HTTP = "Direct Post"
    STORE = "Store Lead"
    PING_POST = "PingPost"
    EMAIL = "Email"
    SMS = "SMS"
    FILE = "File Export"
    TRANSFER = "Campaign Transfer"


class Trigger(StrEnum):
    """When a delivery runs."""

    AUTOMATIC = "Automatic"
    MANUAL = "Manual"


class UnknownPolicy(StrEnum):
    """What follows when a buyer may or may not have taken a lead: wait for a person, or offer it to the next."""

    HOLD = "hold"
    NEXT = "next"


RepeatHours = Annotated[
    int,
    Meta(ge=0, le=720, description="How long a buyer knows an Idempotency-Key: unknown posts are repeated."),
]


class DeliverySettings(msgspec.Struct, frozen=True):
    """What an operator sets on a delivery; no revenue of its own means the campaign's."""

    kind: DeliveryKind = DeliveryKind.STORE
    trigger: Trigger = Trigger.AUTOMATIC
    priority: Annotated[int, Meta(ge=0, le=1_000_000)] = 100
    revenue: Money | None = None
    rule: Rule | None = None
    prices: PriceRules = ()
    payouts: PayoutRules = ()
    caps: Caps = Caps()
    schedule: Schedule | None = None
    http: HttpTarget | None = None
    email: EmailSettings | None = None
    sms: SmsSettings | None = None
    file: FileSettings | None = None
    transfer: TransferSettings | None = None
    answers: AnswerRules = AnswerRules()
    retry: RetryPolicy = RetryPolicy()
    when_unknown: UnknownPolicy = UnknownPolicy.HOLD
    repeat_hours: RepeatHours = 0
    ping: PingTarget | None = None
    exclusive_price: Annotated[
        Money | None, Meta(description="What an exclusive sale costs; none: revenue.")
    ] = None
    shared_price: Annotated[Money | None, Meta(description="What a shared sale costs; none: revenue.")] = None
    weight: Annotated[Weight, Meta(description="The share where a campaign's method is Weighted.")] = 1
    penalty: Annotated[Money, Meta(description="Taken off each bid before bids are compared.")] = Decimal(0)
    margin: Annotated[MarginRule | None, Meta(description="Instead of the campaign's rule.")] = None
    sweeper: Annotated[bool, Meta(description="Gets only what nobody else has bought.")] = False
    after: (
        Annotated[
            int, Meta(ge=1, le=2**53 - 1, description="Runs only after this delivery has taken the lead.")
        ]
        | None
    ) = None
    dedupe: DeliveredDedupe = DeliveredDedupe()
    returns: ReturnPolicy = ReturnPolicy()


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


class MailServer(msgspec.Struct, frozen=True):
    """An SMTP server of the account."""

    id: int
    name: str
    status: Status
    settings: MailServerSettings


class SmsGateway(msgspec.Struct, frozen=True):
    """An SMS gateway of the account."""

    id: int
    name: str
    status: Status
    settings: SmsGatewaySettings


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
