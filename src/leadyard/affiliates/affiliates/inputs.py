"""Affiliates, their groups and their own fields as operators send and see them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from leadyard.affiliates.model import Affiliate

LONGEST_TEXT = 255
LONGEST_CODE = 64

Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Email = Annotated[str, Meta(min_length=3, max_length=254)]
Code = Annotated[str, Meta(min_length=1, max_length=LONGEST_CODE, pattern=r"^[A-Za-z0-9_-]+$(?!\n)")]
GroupCode = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]


class AffiliateInput(msgspec.Struct, frozen=True, kw_only=True):
    """An affiliate: without a `code` one is made; `group` is a group's code, `referring_affiliate` an e-mail."""

    email: Email
    first_name: Text | None = None
    last_name: Text | None = None
    code: Code | None = None
    group: GroupCode | None = None
    referring_affiliate: Email | None = None
    paypal_email: Email | None = None
    referrer_domain: Annotated[str, Meta(min_length=1, max_length=253)] | None = None
    unsubscribed: bool = False
    custom_fields: dict[str, Any] = {}


class StatusName(StrEnum):
    """Where an affiliate stands, in words."""

    ACTIVE = "active"
    PENDING = "pending"
    ARCHIVED = "archived"
    REJECTED = "rejected"


class AffiliateRecord(AffiliateInput, frozen=True, kw_only=True):
    """An affiliate as it stands; `codes` are all that it has or had, the one in its link first."""

    id: int
    status: StatusName
    codes: tuple[str, ...]
    affiliate_url: str
    has_dashboard: bool
    total_visitors: int
    total_leads: int
    total_purchases: int
    created_at: datetime
    updated_at: datetime


class AffiliateView(msgspec.Struct, frozen=True):
    """An affiliate with what stands elsewhere about it."""

    affiliate: Affiliate
    group: str | None
    referring_affiliate: str | None
    total_visitors: int
    total_leads: int
    total_purchases: int


class AffiliateFilters(msgspec.Struct, frozen=True):
    """Which affiliates; `query` is part of a name or e-mail, `email_key` one address as it is compared."""

    since: datetime | None = None
    before: datetime | None = None
    query: str | None = None
    email_key: str | None = None
    status: int | None = None


class GroupInput(msgspec.Struct, frozen=True, kw_only=True):
    """A group of affiliates, by which plans' lines pay differently; no two have one code, in any case."""

    code: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT, pattern=r"\S")]
    name: Text = ""


class GroupRecord(GroupInput, frozen=True, kw_only=True):
    """A group as it stands."""

    id: int
    created_at: datetime
    archived_at: datetime | None


class FieldType(StrEnum):
    """What an affiliate is asked for."""

    TEXT = "text"
    TEXTAREA = "textarea"
    NUMBER = "number"
    CHECKBOX = "checkbox"
    SELECT = "select"
    DATE = "date"


class FieldSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How one own field of affiliates is asked for; `options` are the choices of a select."""

    label: Text = ""
    field_type: FieldType = FieldType.TEXT
    required: bool = False
    options: tuple[Text, ...] = ()


class FieldInput(FieldSettings, frozen=True, kw_only=True):
    """A field that affiliates of this account are asked for when they sign up."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT, pattern=r"\S")]


class FieldRecord(FieldInput, frozen=True, kw_only=True):
    """A field as it stands."""

    id: int
    created_at: datetime


class SignInLink(msgspec.Struct, frozen=True):
    """A token that signs an affiliate in once."""

    affiliate_id: int
    token: str
    expires_at: datetime
