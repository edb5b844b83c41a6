"""Values of tracking: arrivals, touches, visitors."""

from datetime import datetime
from enum import IntEnum
from uuid import UUID

import msgspec

from leadyard.people.model import Credit


class TouchSource(IntEnum):
    """Where a touch's credit comes from, in the order in which they are looked for (docs/tracking.md)."""

    CODE = 1
    """The `code` parameter of a call."""
    LINK = 2
    """`afmc` in the query of the address."""
    FRAGMENT = 3
    """`#_a_CODE` or `#_l_CODE` in the address."""
    PAGE = 4
    """The affiliate whom the page names."""
    REFERRER = 5
    """A referring host that an affiliate has registered."""
    CAMPAIGN = 6
    """Only a traffic campaign, of nobody's."""
    DIRECT = 7
    COUPON = 8
    """A code on a purchase."""
    MANUAL = 9
    """A person's word."""
    VISITOR = 10
    """A visitor who turned out to be the person: hands on the visitor's credit."""


class Arrival(msgspec.Struct, frozen=True):
    """What is said of one visit, by a browser or by a server; texts are cut to their limits already."""

    url: str | None = None
    referrer: str | None = None
    code: str | None = None
    page_affiliate: str | None = None
    channel: str | None = None
    remote_ip: str | None = None
    agent: str | None = None


class Claim(msgspec.Struct, frozen=True):
    """What an arrival claims, before any look at the account: codes as they stand in it, in order of precedence."""

    affiliate_codes: tuple[tuple[TouchSource, str], ...] = ()
    page_affiliate: str | None = None
    referrer_host: str | None = None
    campaign_codes: tuple[str, ...] = ()
    subid: str | None = None
    search_term: str | None = None


class Touch(msgspec.Struct, frozen=True):
    """One touch as it is kept; `credit.touch_id` is its own id, or `origin_id` where it hands on another's credit."""

    id: int
    at: datetime
    source: TouchSource
    credit: Credit
    code: str | None = None
    subid: str | None = None
    visitor_id: int | None = None
    person_id: int | None = None
    origin_id: int | None = None


class Visitor(msgspec.Struct, frozen=True):
    """One row of visitors, with the texts of its first addresses."""

    account_id: int
    id: int
    tracking_code: str
    person_id: int | None
    url_id: int | None
    url: str | None
    referrer_id: int | None
    referrer: str | None
    search_term: str | None
    credit: Credit
    latest_click: datetime | None
    created_at: datetime
    updated_at: datetime
    is_bot: bool = False


class KeptTouch(msgspec.Struct, frozen=True):
    """A touch with everything that is kept of it; `rule` are the settings of its moment."""

    touch: Touch
    rule: int
    event_id: UUID | None = None
    channel: str | None = None
    url_id: int | None = None
    referrer_id: int | None = None
    remote_ip: str | None = None
    agent: str | None = None


class Resolved(msgspec.Struct, frozen=True):
    """Who and what a claim turned out to be: only affiliates that can be credited."""

    source: TouchSource
    affiliate_id: int | None
    traffic_campaign_id: int | None
    code: str | None


class DayCount(msgspec.Struct, frozen=True):
    """What an affiliate brought more, or fewer, of at a moment."""

    affiliate_id: int
    subid: str
    at: datetime
    clicks: int = 0
    visitors: int = 0
    leads: int = 0
    purchases: int = 0
