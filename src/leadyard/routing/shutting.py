"""What schedules make of a delivery now: open, closed for good as far as this lead goes, or worth waiting for."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.distribution import Method
from leadyard.campaigns.model import Campaign
from leadyard.routing.schedules import Schedule, WhenClosed, all_open_at, is_open


class Shut(msgspec.Struct, frozen=True):
    """A delivery that its schedule, or its buyer's, closes now; `until` only when the lead is to wait for it."""

    until: datetime | None


def holds_while_closed(campaign: Campaign, only: int) -> bool:
    """Tell whether a lead may wait for a delivery that is closed now: not in advanced distribution.

    Outside it are deliveries that were triggered by name, and campaigns that send to every matching delivery
    (docs/distribution.md).
    """
    return bool(only) or campaign.settings.distribution == Method.STANDARD


def shut(
    schedules: Iterable[Schedule | None], now: datetime, zone: ZoneInfo, *, may_hold: bool
) -> Shut | None:
    """Tell what schedules make of a delivery now; None when it is open.

    One that passes leads over while it is closed decides for all; so does one that never opens again.
    """
    listed = [schedule for schedule in schedules if schedule is not None]
    closed = [schedule for schedule in listed if not is_open(schedule, now, zone)]
    if not closed:
        return None
    if not may_hold or any(schedule.when_closed is WhenClosed.SKIP for schedule in closed):
        return Shut(None)
    return Shut(all_open_at(listed, now, zone))
