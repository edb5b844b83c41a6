"""The audit: recounts every figure from the rows it was made from and names each difference.

A lead's amounts must equal what the ledger booked for it, its revenue also the sum of its sales, unless its
financials were changed by hand or it was imported with its history. Roll-ups, folded hours and deltas together,
must equal the leads and the attempts; a buyer's revenue must equal what the ledger charged that buyer. Caps and
credit must equal what attempts hold of them, and credit what the ledger booked. Commissions must equal their
bookings, and what is counted of people and affiliates their purchases.
"""

from collections.abc import Callable, Iterator

import msgspec

from leadyard.ledger.audit_checks import CHECKS as RECOUNTS
from leadyard.ledger.audit_checks import Check
from leadyard.ledger.audit_limits import LIMIT_CHECKS
from leadyard.ledger.audit_programme import PROGRAMME_CHECKS
from leadyard.storage.database import Connection, Row

MOST_ROWS = 1000
CHECKS = (*RECOUNTS, *LIMIT_CHECKS, *PROGRAMME_CHECKS)


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
    return differences


def _differences(check: Check, row: Row) -> Iterator[Difference]:
    where = check.where.format(**dict(row))
    for figure in check.figures:
        expected, found = int(row[f"expected_{figure}"]), int(row[f"found_{figure}"])
        if expected != found:
            yield Difference(f"{check.title}: {figure}", where, expected, found)
