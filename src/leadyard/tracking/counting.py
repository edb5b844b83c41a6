"""What affiliates brought, by sub-id and day: counted in the unit of work that moves the credit."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from leadyard.people.model import Credit
from leadyard.storage.arrays import BIGINT, TEXT, Column, Table
from leadyard.storage.database import Connection
from leadyard.tracking import store
from leadyard.tracking.model import DayCount

Counted = Literal["visitors", "leads"]

_DATE: Column = ("date", lambda days: "{" + ",".join(day.isoformat() for day in days) + "}")
_DAYS = Table(
    affiliate_id=BIGINT, subid=TEXT, day=_DATE, clicks=BIGINT, visitors=BIGINT, leads=BIGINT, purchases=BIGINT
)
_ADD = f"""
INSERT INTO affiliate_days (account_id, {", ".join(_DAYS.names)})
SELECT $1, {", ".join(_DAYS.names)} FROM {_DAYS.source(2, "n")}
ON CONFLICT (account_id, affiliate_id, subid, day) DO UPDATE SET
  clicks = affiliate_days.clicks + excluded.clicks, visitors = affiliate_days.visitors + excluded.visitors,
  leads = affiliate_days.leads + excluded.leads, purchases = affiliate_days.purchases + excluded.purchases
"""


async def count_days(connection: Connection, account_id: int, counts: Iterable[DayCount]) -> None:
    """Add counts to the days of the account's time zone in which they fall, in one order for everybody."""
    wanted = [count for count in counts if count.clicks or count.visitors or count.leads or count.purchases]
    if not wanted:
        return
    zone = ZoneInfo(await store.time_zone(connection, account_id))
    sums: defaultdict[tuple[int, str, date], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for count in wanted:
        row = sums[count.affiliate_id, count.subid, count.at.astimezone(zone).date()]
        for place, more in enumerate((count.clicks, count.visitors, count.leads, count.purchases)):
            row[place] += more
    rows = [(*key, *row) for key, row in sorted(sums.items())]
    await connection.execute(_ADD, account_id, *_DAYS.parameters(rows))


async def count_purchase(
    connection: Connection, account_id: int, credit: Credit, at: datetime, *, count: int = 1
) -> None:
    """Count a purchase made at a moment for the affiliate who is credited with it."""
    if credit.affiliate_id is not None:
        day = DayCount(credit.affiliate_id, credit.subid or "", at, purchases=count)
        await count_days(connection, account_id, [day])


def moved(before: Credit, after: Credit, made_at: datetime, what: Counted) -> list[DayCount]:
    """Count somebody for whom they are credited to now, and no longer for whom they were: on the day they came."""
    if (before.affiliate_id, before.subid) == (after.affiliate_id, after.subid):
        return []
    counts = []
    for credit, step in ((before, -1), (after, 1)):
        if credit.affiliate_id is not None:
            counts.append(DayCount(credit.affiliate_id, credit.subid or "", made_at, **{what: step}))
    return counts
