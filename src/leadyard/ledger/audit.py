"""The audit: recounts every figure from the rows it was made from and names each difference.

A lead's amounts must equal what the ledger booked for it, its revenue also the sum of its sales, unless its
financials were changed by hand or it was imported with its history. Roll-ups, folded hours and deltas together,
must equal the leads and the attempts; a buyer's revenue must equal what the ledger charged that buyer. Caps and
credit must equal what attempts hold of them, and credit what the ledger booked. Commissions must equal their
bookings, and what is counted of people and affiliates their purchases. Who is credited with visitors and people must
be whom the rule gives over their touches, and counts of what affiliates brought must be of these rows.
"""

from collections.abc import Callable, Iterator

import msgspec

from leadyard.ledger.audit_checks import CHECKS as RECOUNTS
from leadyard.ledger.audit_checks import Check
from leadyard.ledger.audit_limits import LIMIT_CHECKS
from leadyard.ledger.audit_programme import PROGRAMME_CHECKS
from leadyard.ledger.audit_tracking import TRACKING_CHECKS
from leadyard.storage.database import Connection, Row
from leadyard.tracking import recounting

MOST_ROWS = 1000
CHECKS = (*RECOUNTS, *LIMIT_CHECKS, *PROGRAMME_CHECKS, *TRACKING_CHECKS)
STEPS = len(CHECKS) + 1
"""How often `checked` is told something for each account."""


class Difference(msgspec.Struct, frozen=True):
    """A figure that is not what the source rows say; money in micro-units."""

    what: str
    where: str
    expected: int
    found: int


def _ignore(_check: str) -> None:
    return


async def audit(
    connection: Connection, account_id: int, *, checked: Callable[[str], None] = _ignore
) -> list[Difference]:
    """Recount an account; at most MOST_ROWS differing rows per check, `checked` is told after each.

    On a live system the connection must be in a repeatable-read transaction, so that all checks see one moment.
    """
    differences: list[Difference] = []
    for check in CHECKS:
        for row in await connection.fetch(check.sql, account_id, MOST_ROWS):
            differences.extend(_differences(check, row))
        checked(check.title)
    differences.extend(await _credit(connection, account_id))
    checked("credit by touches")
    return differences


async def _credit(connection: Connection, account_id: int) -> list[Difference]:
    found: list[Difference] = []
    async for each in recounting.differences(connection, account_id):
        if len(found) >= MOST_ROWS:
            break
        where = f"{each.whose} {each.id}"
        for figure in ("affiliate_id", "traffic_campaign_id", "touch_id"):
            expected, kept = getattr(each.expected, figure) or 0, getattr(each.found, figure) or 0
            if expected != kept:
                found.append(Difference(f"credit by touches: {figure}", where, expected, kept))
    return found


def _differences(check: Check, row: Row) -> Iterator[Difference]:
    where = check.where.format(**dict(row))
    for figure in check.figures:
        expected, found = int(row[f"expected_{figure}"]), int(row[f"found_{figure}"])
        if expected != found:
            yield Difference(f"{check.title}: {figure}", where, expected, found)
