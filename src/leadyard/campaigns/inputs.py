"""What operators send and see: the set-up's nouns as documents."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.campaigns.model import (
    BuyerSettings,
    CampaignSettings,
    DeliverySettings,
    DeliveryStatus,
    PartnerSettings,
    Status,
    SupplierTerms,
)
from leadyard.campaigns.webhooks import WebhookSettings
from leadyard.delivery.kinds import MailServerSettings, SmsGatewaySettings
from leadyard.delivery.model import Outcome, PreparedRequest
from leadyard.intake.fields import FieldRule
from leadyard.intake.providers.model import CheckKind, ProviderSettings, ProviderStatus

Id = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
Code = Annotated[str, Meta(max_length=64)]


class CampaignInput(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign: leads are posted to its reference, which is unique in any case; fields are in order of name."""

    reference: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    name: Name
    status: Status = Status.ACTIVE
    settings: CampaignSettings = CampaignSettings()
    fields: tuple[FieldRule, ...] = ()


class SupplierInput(msgspec.Struct, frozen=True, kw_only=True):
    """A supplier; without a `sid` its id is its sid."""

    name: Name
    sid: Code = ""
    status: Status = Status.ACTIVE
    settings: PartnerSettings = PartnerSettings()


class BuyerInput(msgspec.Struct, frozen=True, kw_only=True):
    """A buyer; without a `bid` its id is its bid."""

    company: Name
    bid: Code = ""
    status: Status = Status.ACTIVE
    settings: BuyerSettings = BuyerSettings()


class DeliveryInput(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery from a campaign to a buyer; it is saved, not active, unless said otherwise."""

    campaign_id: Id
    buyer_id: Id
    reference: Name
    status: DeliveryStatus = DeliveryStatus.SAVED
    settings: DeliverySettings = DeliverySettings()


class WebhookInput(msgspec.Struct, frozen=True, kw_only=True):
    """An address that is told about events."""

    url: Annotated[str, Meta(min_length=1, max_length=2048)]
    status: Status = Status.ACTIVE
    settings: WebhookSettings = WebhookSettings()


class ReturnReasonInput(msgspec.Struct, frozen=True, kw_only=True):
    """A reason for which buyers may return leads."""

    code: Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_-]+$")]
    label: Name
    status: Status = Status.ACTIVE


class ProviderInput(msgspec.Struct, frozen=True, kw_only=True):
    """A provider of one kind of check."""

    name: Name
    kind: CheckKind
    status: ProviderStatus = ProviderStatus.ACTIVE
    settings: ProviderSettings


class MailServerInput(msgspec.Struct, frozen=True, kw_only=True):
    """An SMTP server that e-mails leave by."""

    name: Name
    status: Status = Status.ACTIVE
    settings: MailServerSettings


class SmsGatewayInput(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP gateway that text messages leave by."""

    name: Name
    status: Status = Status.ACTIVE
    settings: SmsGatewaySettings


class TermsInput(SupplierTerms, frozen=True, kw_only=True):
    """The terms on which a supplier may post to a campaign."""


class CampaignRecord(CampaignInput, frozen=True, kw_only=True):
    """A campaign as it stands."""

    id: int
    created_at: datetime
    updated_at: datetime


class SupplierRecord(SupplierInput, frozen=True, kw_only=True):
    """A supplier as it stands."""

    id: int
    created_at: datetime
    updated_at: datetime


class BuyerRecord(BuyerInput, frozen=True, kw_only=True):
    """A buyer as it stands."""

    id: int
    created_at: datetime
    updated_at: datetime


class DeliveryRecord(DeliveryInput, frozen=True, kw_only=True):
    """A delivery as it stands; `tested_at` is when it last passed a test."""

    id: int
    tested_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class WebhookRecord(WebhookInput, frozen=True, kw_only=True):
    """A webhook as it stands."""

    id: int
    created_at: datetime
    updated_at: datetime


class ProviderRecord(ProviderInput, frozen=True, kw_only=True):
    """A provider as it stands."""

    id: int
    created_at: datetime
    updated_at: datetime


class MailServerRecord(MailServerInput, frozen=True, kw_only=True):
    """A mail server as it stands."""

    id: int
    created_at: datetime
    updated_at: datetime


class SmsGatewayRecord(SmsGatewayInput, frozen=True, kw_only=True):
    """An SMS gateway as it stands."""

    id: int
    created_at: datetime
    updated_at: datetime


class ReturnReasonRecord(ReturnReasonInput, frozen=True, kw_only=True):
    """A return reason as it stands."""

    id: int
    created_at: datetime
    updated_at: datetime


class TermsRecord(TermsInput, frozen=True, kw_only=True):
    """The terms of one supplier in one campaign."""

    campaign_id: int
    supplier_id: int


class PreviewInput(msgspec.Struct, frozen=True, kw_only=True):
    """A sample lead: the values of its fields by name."""

    values: dict[str, Annotated[str, Meta(max_length=65_536)]] = {}


class DeliveryPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What would be sent, secrets masked; null for a delivery that stores the lead here.

    Kinds without a request of their own show EMAIL, FILE or TRANSFER as the method.
    """

    request: PreparedRequest | None
    warnings: tuple[str, ...]


class DeliveryTest(msgspec.Struct, frozen=True, kw_only=True):
    """How a delivery's test ended: passed when the buyer accepted; request and answer are shown, secrets masked."""

    passed: bool
    outcome: Outcome
    reason: str
    status_code: int | None
    request: str
    response: str
