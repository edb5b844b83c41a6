"""A person as every part of Leadyard sees one."""

from datetime import datetime
from uuid import UUID

import msgspec

from leadyard.kit.paging import Created


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person has told of themselves; texts exactly as given."""

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


class Credit(msgspec.Struct, frozen=True):
    """Who is credited with somebody, and the touch by which they are; all None: nobody.

    `at` and `subid` are that touch's; what a person decided (`is_manual`) never lapses.
    """

    affiliate_id: int | None = None
    traffic_campaign_id: int | None = None
    touch_id: int | None = None
    at: datetime | None = None
    subid: str | None = None
    is_manual: bool = False


class Person(msgspec.Struct, frozen=True):
    """One row of people; `standing_purchases` counts purchases that are not cancelled.

    `is_only_submitted`: known by a submission alone, and so still new to whoever names them otherwise.
    """

    account_id: int
    id: int
    uuid: UUID
    email: str | None
    profile: Profile
    custom_status: str | None
    first_visitor_id: int | None
    latest_visitor_id: int | None
    credit: Credit
    standing_purchases: int
    created_at: datetime
    updated_at: datetime
    is_only_submitted: bool = False

    @property
    def is_customer(self) -> bool:
        """Tell whether any purchase stands."""
        return self.standing_purchases > 0


def email_key(email: str) -> str:
    """Write an address as it is compared: trimmed, without regard to case (docs/leaddyno.md)."""
    return email.strip().casefold()


class PeopleFilter(msgspec.Struct, frozen=True):
    """Which people a list shows."""

    email: str | None = None
    affiliate_id: int | None = None
    traffic_campaign_id: int | None = None
    created: Created = Created()


class Submitter(msgspec.Struct, frozen=True):
    """Who sent a submission, by what it says of them."""

    email: str
    profile: Profile
    at: datetime


class Submission(msgspec.Struct, frozen=True):
    """One submission of a person's address; statuses in the words of the lead's."""

    id: int
    queue_id: str
    campaign_id: int | None
    received_at: datetime
    system_status: str
    sale_status: str


def filled_in(known: Profile, given: Profile) -> Profile:
    """Fill what is empty of a known profile; what it has stays."""
    empty = {
        name: value
        for name, value in msgspec.structs.asdict(given).items()
        if value is not None and getattr(known, name) is None
    }
    return msgspec.structs.replace(known, **empty) if empty else known
