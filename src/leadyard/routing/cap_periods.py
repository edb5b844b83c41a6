"""Whose caps there are, what they count over which period, and where a period begins by the account's clock."""

from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec


class CapOwner(IntEnum):
    """Whose cap it is."""

    CAMPAIGN = 1
    SUPPLIER = 2
    DELIVERY = 3
    BUYER = 4


class Measure(IntEnum):
    """What a cap counts: leads, or micro-units of money.

    LEADS are valid leads at a campaign and a supplier, sales at a delivery and a buyer; APPROVED are sales at a
    campaign and a supplier.
    """

    LEADS = 0
    REVENUE = 10
    PAYOUT = 20
    APPROVED = 30


class Period(IntEnum):
    """Over which period a counter counts what; a period's number less its measure's is that of counting leads."""

    HOUR = 1
    DAY = 2
    WEEK = 3
    MONTH = 4
    TOTAL = 5
    REVENUE_HOUR = 11
    REVENUE_DAY = 12
    REVENUE_WEEK = 13
    REVENUE_MONTH = 14
    REVENUE_TOTAL = 15
    PAYOUT_HOUR = 21
    PAYOUT_DAY = 22
    PAYOUT_WEEK = 23
    PAYOUT_MONTH = 24
    PAYOUT_TOTAL = 25
    APPROVED_HOUR = 31
    APPROVED_DAY = 32
    APPROVED_WEEK = 33
    APPROVED_MONTH = 34
    APPROVED_TOTAL = 35

    @property
    def measure(self) -> Measure:
        """Tell what is counted."""
        return Measure(self // 10 * 10)

    @property
    def interval(self) -> str:
        """Name the stretch of time alone: hour, day, week, month or total."""
        return Period(self % 10).name.lower()

    @property
    def words(self) -> str:
        """Name the stretch of time, and what is counted when it is not leads: `day`, `month revenue`."""
        return f"{self.interval} {self.measure.name.lower()}" if self.is_money else self.interval

    @property
    def is_money(self) -> bool:
        """Tell whether micro-units of money are counted."""
        return self.measure in {Measure.REVENUE, Measure.PAYOUT}


_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_SLOT_SECONDS = 900


class CapKey(msgspec.Struct, frozen=True, order=True):
    """One counter: a cap's owner, its period and where that period starts (UTC); campaign 0 unless it matters."""

    account_id: int
    owner: CapOwner
    owner_id: int
    campaign_id: int
    period: Period
    start: datetime


def cap_slot(at: datetime) -> int:
    """Give the number of an instant's quarter of an hour: every period of every zone begins with one."""
    return int(at.timestamp()) // _SLOT_SECONDS


@lru_cache(maxsize=4096)
def period_starts(zone: ZoneInfo, slot: int) -> tuple[datetime, ...]:
    """Work out the local starts of hour, day, week and month; the same for all instants of a quarter of an hour."""
    local = datetime.fromtimestamp(slot * _SLOT_SECONDS, zone)
    hour = datetime.fromtimestamp(slot * _SLOT_SECONDS - local.minute * 60 - local.second, UTC)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    monday = (midnight.replace(tzinfo=None) - timedelta(days=midnight.weekday())).replace(tzinfo=zone)
    return (
        hour,
        midnight.astimezone(UTC),
        monday.astimezone(UTC),
        midnight.replace(day=1).astimezone(UTC),
        _EVER,
    )
