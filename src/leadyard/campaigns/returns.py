"""What buyers may give back: reasons, and the limits of a buyer or a delivery (docs/leadbyte.md)."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

Percent = Annotated[float, Meta(ge=0, le=100, description="A percentage; null is no limit.")]

DEFAULT_REASONS = {
    "DNCC": "Did not convert/contact",
    "BADNO": "Number is wrong or not in use",
    "BADEMAIL": "E-mail address is wrong",
    "DUPE": "Had the lead already",
    "NOTINT": "Not interested, did not ask",
    "NOTQUAL": "Does not meet the agreed criteria",
    "FAKE": "Made-up details",
    "OTHER": "Another reason",
}
"""The reasons of every account; an account's own reason of the same code takes the place of one."""


class ReturnPeriod(StrEnum):
    """Over which leads the limits count: those received in the same local day, week or month, or all."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    EVER = "ever"


class ReturnPolicy(msgspec.Struct, frozen=True):
    """What may be returned; limits are counted over the leads that were received in one period of account time.

    `most_percent` is a share of the leads that were sold to the buyer (or by the delivery), `most` their number.
    """

    needs_approval: bool = False
    most_percent: Percent | None = None
    most: Annotated[int, Meta(ge=0, le=1_000_000_000)] | None = None
    period: ReturnPeriod = ReturnPeriod.MONTH
    longest_days: Annotated[int, Meta(ge=0, le=36_500, description="How long after the sale.")] | None = None

    @property
    def counts(self) -> bool:
        """Tell whether a limit counts returns, so that they must be made one after the other."""
        return self.most is not None or self.most_percent is not None
