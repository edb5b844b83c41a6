"""An affiliate's statement of a period: as a page, and as a file for a spreadsheet."""

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

from leadyard.affiliates.pages.dashboard import Dashboard
from leadyard.affiliates.pages.model import Visit
from leadyard.affiliates.pages.requests import Reply, Request
from leadyard.affiliates.statements.model import PeriodStatement
from leadyard.affiliates.statements.service import COLUMNS, rows_of
from leadyard.exports.model import Form
from leadyard.exports.writers import writer_of
from leadyard.kit.clock import now
from leadyard.kit.errors import InvalidInputError

MOST_SHOWN = 200
_CSV = b"text/csv; charset=utf-8"
_EARLIEST, _LATEST = date(2000, 1, 1), date(2200, 1, 1)
_NO_DAY = "Please choose two days."
Page = Callable[..., Reply]


class PeriodStatements:
    """Answers for the period that is asked for, the current month until one is chosen."""

    def __init__(self, dashboard: Dashboard) -> None:
        """Read what the dashboard reads."""
        self._dashboard = dashboard

    async def answer(self, request: Request, visit: Visit, page: Page, *, as_file: bool) -> Reply:
        """Show a statement, or send it; what is no period is told on the page."""
        today = now().astimezone(ZoneInfo(visit.site.account.time_zone)).date()
        first = _day(request.query.get("from"), today.replace(day=1))
        last = _day(request.query.get("to"), today)
        found: PeriodStatement | None = None
        trouble = "" if first and last else _NO_DAY
        if first and last:
            try:
                found = await self._dashboard.over_period(visit, first, last)
            except InvalidInputError as error:
                trouble = " ".join(f"This {problem.detail}." for problem in error.problems)
        if as_file and found is not None:
            writer = writer_of(COLUMNS, Form())
            name = f"statement-{first}-{last}.csv"
            return Reply(200, writer.heading() + writer.rows(rows_of(found)), _CSV).with_headers(
                ("content-disposition", f'attachment; filename="{name}"')
            )
        shown = {"first": first or today.replace(day=1), "last": last or today}
        return page(
            visit, "period.html", status=422 if trouble else 200, found=found, trouble=trouble, most=MOST_SHOWN,
            **shown,
        )  # fmt: skip


def _day(text: str | None, usual: date) -> date | None:
    """Read a day; the usual one where none is told, None for what is no day that could be meant."""
    if text is None:
        return usual
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _EARLIEST <= day <= _LATEST else None
