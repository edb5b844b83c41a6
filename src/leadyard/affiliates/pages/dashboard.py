"""What a dashboard shows of one affiliate."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from leadyard.affiliates.affiliates import store as affiliate_store
from leadyard.affiliates.commissions.model import CommissionFilters, CommissionRecord, CommissionStatus, Sum
from leadyard.affiliates.commissions.service import Commissions
from leadyard.affiliates.model import AffiliateStatus
from leadyard.affiliates.pages import store
from leadyard.affiliates.pages.charts import Chart, chart
from leadyard.affiliates.pages.model import Day, Visit
from leadyard.affiliates.pages.periods import Period, Span, instant, spans
from leadyard.affiliates.payouts.model import PayoutRecord
from leadyard.affiliates.payouts.service import Payouts
from leadyard.affiliates.statements.model import PeriodStatement
from leadyard.affiliates.statements.service import statement
from leadyard.kit.clock import now
from leadyard.kit.currencies import to_smallest_unit
from leadyard.kit.errors import NotFoundError
from leadyard.storage.database import LARGEST_ID, Database

PER_PAGE = 25
MOST_CURRENCIES = 5


class Rows(msgspec.Struct, frozen=True):
    """One page of a list; `number` counts from 1."""

    items: Sequence[object]
    number: int
    total: int

    @property
    def has_more(self) -> bool:
        """Tell whether there is a page after this one."""
        return self.number * PER_PAGE < self.total


class Brought(msgspec.Struct, frozen=True):
    """An affiliate whom another one brought, as that one sees it."""

    name: str
    is_active: bool
    since: datetime
    visitors: int
    leads: int
    purchases: int


class Dashboard:
    """Reads what the pages of one affiliate show, and nobody else's."""

    def __init__(self, database: Database, commissions: Commissions, payouts: Payouts) -> None:
        """Ask the process's services."""
        self._database = database
        self._commissions = commissions
        self._payouts = payouts

    async def charts(self, visit: Visit, period: Period) -> list[Chart]:
        """Draw clicks, leads, purchases and what was earned in each currency."""
        zone = visit.site.account.time_zone
        cut = spans(period, now().astimezone(ZoneInfo(zone)).date())
        first, last = cut[0].first, cut[-1].last
        who = visit.account_id, visit.affiliate.id
        async with self._database.connection() as connection:
            days = await store.days(connection, *who, first, last)
            earned = await store.earned(
                connection, *who, instant(first, zone), instant(last + timedelta(days=1), zone), zone
            )
        labels = [span.label for span in cut]
        counts = (
            ("Clicks", lambda d: d.clicks),
            ("Leads", lambda d: d.leads),
            ("Purchases", lambda d: d.purchases),
        )
        drawn = [chart(name, labels, _by_span(cut, days, count)) for name, count in counts]
        currencies = sorted({one.currency for one in earned}) or [visit.site.program.currency]
        for currency in currencies[:MOST_CURRENCIES]:
            values = [
                to_smallest_unit(
                    sum(
                        (e.amount for e in earned if e.currency == currency and s.first <= e.day <= s.last),
                        Decimal(0),
                    ),
                    currency,
                )
                for s in cut
            ]
            name = "Earnings" if len(currencies) == 1 else f"Earnings in {currency}"
            drawn.append(chart(name, labels, values, currency))
        return drawn

    async def sums(self, visit: Visit) -> list[Sum]:
        """Sum up all commissions by currency and status, in the order in which a commission goes through these."""
        filters = CommissionFilters(affiliate_id=visit.affiliate.id)
        found = await self._commissions.sums(visit.account_id, filters)
        order = list(CommissionStatus)
        return sorted(found, key=lambda one: (one.currency, order.index(one.status)))

    async def commissions(self, visit: Visit, status: CommissionStatus | None, number: int) -> Rows:
        """Give one page of commissions, the latest first."""
        filters = CommissionFilters(affiliate_id=visit.affiliate.id, status=status)
        found: list[CommissionRecord] = await self._commissions.page(
            visit.account_id, filters, limit=PER_PAGE, offset=(number - 1) * PER_PAGE
        )
        return Rows(found, number, await self._commissions.count(visit.account_id, filters))

    async def statements(self, visit: Visit, number: int) -> Rows:
        """Give one page of payouts, the latest first."""
        found, total = await self._payouts.search(
            visit.account_id, affiliate_id=visit.affiliate.id, state=None, page=number, per_page=PER_PAGE
        )
        return Rows(found, number, total)

    async def statement(self, visit: Visit, payout_id: int) -> PayoutRecord:
        """Give one payout with its lines; raises NotFoundError for another affiliate's too."""
        found = await self._payouts.read(visit.account_id, min(payout_id, LARGEST_ID))
        if found.affiliate_id != visit.affiliate.id:
            raise NotFoundError("There is no such payout.")
        return found

    async def over_period(self, visit: Visit, first: date, last: date) -> PeriodStatement:
        """Give the statement of a period, both days in it, in the account's zone; raises InvalidInputError."""
        zone = visit.site.account.time_zone
        async with self._database.connection() as connection:
            return await statement(
                connection, visit.account_id, visit.affiliate.id, instant(first, zone),
                instant(last + timedelta(days=1), zone),
            )  # fmt: skip

    async def brought(self, visit: Visit, number: int) -> Rows:
        """Give one page of the affiliates whom this one brought, with what they brought."""
        who = visit.account_id, visit.affiliate.id
        async with self._database.connection() as connection:
            rows = await store.brought(connection, *who, PER_PAGE, (number - 1) * PER_PAGE)
            totals = await affiliate_store.totals(connection, visit.account_id, [row["id"] for row in rows])
            total = await store.count_brought(connection, *who)
        found = [
            Brought(
                _name(row["first_name"], row["last_name"], row["email"]),
                row["status"] == AffiliateStatus.ACTIVE,
                row["created_at"],
                *(
                    totals[row["id"]][name] if row["id"] in totals else 0
                    for name in ("visitors", "leads", "purchases")
                ),
            )
            for row in rows
        ]
        return Rows(found, number, total)


def masked_email(email: str) -> str:
    """Write an e-mail address so that its owner knows it and nobody else learns it."""
    name, _, host = email.partition("@")
    return f"{name[:1]}…@{host}"


def _name(first: str | None, last: str | None, email: str) -> str:
    return " ".join(part for part in (first, last) if part) or masked_email(email)


def _by_span(cut: list[Span], days: list[Day], count: Callable[[Day], int]) -> list[int]:
    return [sum(count(day) for day in days if span.first <= day.day <= span.last) for span in cut]
