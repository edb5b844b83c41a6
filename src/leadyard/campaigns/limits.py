"""What caps are made of: how many leads, or how much money, may pass in each period."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

Amount = Annotated[Decimal, Meta(description="An exact amount from 0 to 1,000,000,000, as text or number.")]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class WeekdayCaps(msgspec.Struct, frozen=True):
    """How many leads may be accepted on each day of the week; 0 is no limit beyond the day's own."""

    monday: Count = 0
    tuesday: Count = 0
    wednesday: Count = 0
    thursday: Count = 0
    friday: Count = 0
    saturday: Count = 0
    sunday: Count = 0


class WeekdayAmounts(msgspec.Struct, frozen=True):
    """How much money may pass on each day of the week; 0 is no limit beyond the day's own."""

    monday: Amount = Decimal(0)
    tuesday: Amount = Decimal(0)
    wednesday: Amount = Decimal(0)
    thursday: Amount = Decimal(0)
    friday: Amount = Decimal(0)
    saturday: Amount = Decimal(0)
    sunday: Amount = Decimal(0)


class AmountCaps(msgspec.Struct, frozen=True):
    """How much money may pass in each period of the account's time zone; 0 is no limit.

    A sale that would pass a limit is not made.
    """

    hour: Amount = Decimal(0)
    day: Amount = Decimal(0)
    week: Amount = Decimal(0)
    month: Amount = Decimal(0)
    total: Amount = Decimal(0)
    weekdays: WeekdayAmounts | None = None


class CountedLeads(StrEnum):
    """Which leads a campaign's caps count: valid ones as they come in, or approved ones as they are sold."""

    VALID = "valid"
    APPROVED = "approved"


class CountedChannels(StrEnum):
    """Which leads a campaign's caps count by how they came in."""

    BOTH = "both"
    API = "api"
    IMPORTS = "imports"


class CapScope(msgspec.Struct, frozen=True):
    """What the caps of a campaign, and of its suppliers in it, count; other leads pass them by."""

    leads: CountedLeads = CountedLeads.VALID
    channels: CountedChannels = CountedChannels.BOTH
