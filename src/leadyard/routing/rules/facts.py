"""What rules may ask of a lead: its fields, how it came, and values derived from them, each worked out once."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import PhoneNumberType

MOBILE, LANDLINE, OTHER = "mobile", "landline", "other"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

ADDRESS = ("building", "street1", "street2", "towncity", "county", "postcode", "country")
_LONGEST_NUMBER = 100
_LINES = {PhoneNumberType.MOBILE: MOBILE, PhoneNumberType.FIXED_LINE: LANDLINE}


class Facts:
    """One lead as rules see it. `memo` keeps what was derived; `revenue` and `bid` may change between two rules.

    `received_at` is in UTC, `zone` the account's, `country` the campaign's (ISO alpha-2); `channel` is in lower case.
    """

    __slots__ = (
        "bid",
        "channel",
        "country",
        "fields",
        "memo",
        "received_at",
        "revenue",
        "ssid",
        "supplier",
        "zone",
    )

    def __init__(
        self,
        fields: Mapping[str, str],
        received_at: datetime,
        zone: ZoneInfo,
        *,
        country: str = "GB",
        supplier: str = "",
        ssid: str = "",
        channel: str = "",
        revenue: Decimal | None = None,
        bid: Decimal | None = None,
    ) -> None:
        """Take a lead as it stands; an ssid of its own comes before the field of that name."""
        self.fields = fields
        self.received_at = received_at
        self.zone = zone
        self.country = country
        self.supplier = supplier
        self.ssid = ssid or fields.get("ssid", "")
        self.channel = channel
        self.revenue = revenue
        self.bid = bid
        self.memo: dict[Any, Any] = {}

    @property
    def received(self) -> datetime:
        """Tell when the lead came, on the account's clock."""
        local: datetime | None = self.memo.get("local")
        if local is None:
            local = self.memo["local"] = self.received_at.astimezone(self.zone)
        return local

    @property
    def age(self) -> Decimal | None:
        """Count the full years from `dob` to the day on which the lead came."""
        try:
            born = date.fromisoformat(self.fields.get("dob", "")[:10])
        except ValueError:
            return None
        day = self.received.date()
        years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        return Decimal(years) if years >= 0 else None

    @property
    def address(self) -> str:
        """Join the parts of the address that are there."""
        return " ".join(self.fields[name] for name in ADDRESS if self.fields.get(name))

    @property
    def email_domain(self) -> str:
        """Give what stands behind the at sign."""
        return self.fields.get("email", "").rpartition("@")[2]

    @property
    def weekday(self) -> str:
        """Give the local day of the week on which the lead came, in lower case."""
        return WEEKDAYS[self.received.weekday()]

    def line_of(self, name: str) -> str:
        """Tell what kind of number a field holds: mobile, landline or other; empty without a number."""
        value = self.fields.get(name, "")
        return _line(value[:_LONGEST_NUMBER], self.country) if value else ""


@lru_cache(maxsize=16_384)
def _line(number: str, country: str) -> str:
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return OTHER
    return _LINES.get(phonenumbers.number_type(parsed), OTHER)
