"""What affiliates brought, by sub-id and day: counted at the end of the unit of work that moves the credit."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import add
from typing import Literal
from zoneinfo import ZoneInfo

from leadyard.people.model import Credit
from leadyard.storage.arrays import BIGINT, DATE, TEXT, Table
from leadyard.storage.closing import Key, Sums
from leadyard.storage.database import Connection, closing_of
from leadyard.tracking import store
from leadyard.tracking.model import DayCount

Counted = Literal["visitors", "leads"]

_DAYS = Table(
    account_id=BIGINT,
    affiliate_id=BIGINT,
    subid=TEXT,
    day=DATE,
    clicks=BIGINT,
    visitors=BIGINT,
    leads=BIGINT,
    purchases=BIGINT,
)
_ADD = f"""
INSERT INTO affiliate_days ({", ".join(_DAYS.names)}) SELECT * FROM {_DAYS.source(1, "n")}
ON CONFLICT (account_id, affiliate_id, subid, day) DO UPDATE SET
  clicks = affiliate_days.clicks + excluded.clicks, visitors = affiliate_days.visitors + excluded.visitors,
  leads = affiliate_days.leads + excluded.leads, purchases = affiliate_days.purchases + excluded.purchases
"""


async def _write(connection: Connection, sums: Mapping[Key, Sequence[int]]) -> None:
    zones = {
        account_id: ZoneInfo(await store.time_zone(connection, account_id))
        for account_id in {account_id for account_id, *_ in sums}
    }
    days: defaultdict[tuple[int, int, str, date], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for (account_id, affiliate_id, subid, at), counts in sums.items():
        row = days[account_id, affiliate_id, subid, at.astimezone(zones[account_id]).date()]
        row[:] = map(add, row, counts)
    rows = [(*key, *row) for key, row in sorted(days.items()) if any(row)]
    await connection.execute(_ADD, *_DAYS.parameters(rows))


_BROUGHT = Sums("affiliate_days", _write)


def count_days(connection: Connection, account_id: int, counts: Iterable[DayCount]) -> None:
    """Add counts to the days of the account's time zone in which they fall."""
    closing = closing_of(connection)
    for n in counts:
        key = account_id, n.affiliate_id, n.subid, n.at
        closing.add(_BROUGHT, key, n.clicks, n.visitors, n.leads, n.purchases)


def count_purchase(
    connection: Connection, account_id: int, credit: Credit, at: datetime, *, count: int = 1
) -> None:
    """Count a purchase made at a moment for the affiliate who is credited with it."""
    if credit.affiliate_id is not None:
        day = DayCount(credit.affiliate_id, credit.subid or "", at, purchases=count)
        count_days(connection, account_id, [day])


def moved(before: Credit, after: Credit, made_at: datetime, what: Counted) -> list[DayCount]:
    """Count somebody for whom they are credited to now, and no longer for whom they were: on the day they came."""
    if (before.affiliate_id, before.subid) == (after.affiliate_id, after.subid):
        return []
    counts = []
    for credit, step in ((before, -1), (after, 1)):
        if credit.affiliate_id is not None:
            counts.append(DayCount(credit.affiliate_id, credit.subid or "", made_at, **{what: step}))
    return counts
