"""Waiting times and months by the calendar of an account: pure."""

import calendar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from leadyard.affiliates.model import DelayUnit


def after(at: datetime, count: int, unit: DelayUnit, zone: ZoneInfo) -> datetime:
    """Tell when so many days of 24 hours, or months of the calendar, have passed."""
    return at + timedelta(days=count) if unit is DelayUnit.DAYS else add_months(at, count, zone)


def add_months(at: datetime, months: int, zone: ZoneInfo) -> datetime:
    """Go to the same day and time of a later month in `zone`, or to its last day where that day is missing."""
    if not months:
        return at
    local = at.astimezone(zone)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, calendar.monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day).astimezone(UTC)


def month_of(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Give the beginning of the calendar month of an instant and of the next one."""
    start = at.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    return start.astimezone(UTC), add_months(start, 1, zone)
