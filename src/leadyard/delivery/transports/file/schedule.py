"""When files are built: cron expressions in the account's time zone, right about daylight saving."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_MEMBERS = 5
_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)


def schedule_problem(expression: str) -> str | None:
    """Say what is wrong with an expression; None when it can be used and has a time at all."""
    if len(expression.split()) != _MEMBERS:
        return "is not a cron expression of five members"
    try:
        next(CronSim(expression, _SOME_DAY))
    except CronSimError as error:
        return f"is not a cron expression: {error}"
    except StopIteration:
        return "names a time that never comes"
    return None


def latest_slot(expression: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Find the latest time of a schedule up to now; None when there never was one."""
    # Going back from a time with microseconds includes that second itself.
    local = now.astimezone(zone).replace(microsecond=1)
    try:
        return next(CronSim(expression, local, reverse=True)).astimezone(UTC)
    except StopIteration:
        return None
