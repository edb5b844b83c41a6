"""The campaign report, from the figures of a real account to every kind of window."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from tests.reports.rows import ACCOUNT, LeadRow, insert, receive

from leadyard.leads.model import Channel, Standing
from leadyard.reports.definitions import campaign_columns, campaign_columns_v13
from leadyard.reports.model import CampaignReportRequest, CampaignReportRow
from leadyard.reports.periods import Period
from leadyard.reports.service import campaign_report, fold
from leadyard.storage.database import Database

LONDON = ZoneInfo("Europe/London")
JULY = Period(datetime(2020, 7, 1, tzinfo=UTC), datetime(2020, 7, 31, 0, 0, 1, tzinfo=UTC))
PUBLISHED = [
    ("leads", 82),
    ("valid", 74),
    ("invalid", 8),
    ("pending", 0),
    ("rejections", 63),
    ("approved", 11),
    ("returns", 0),
    ("supplierCost", Decimal("37.5")),
    ("emailCost", Decimal(0)),
    ("smsCost", Decimal("0.026")),
    ("validationCost", Decimal("0.0255")),
    ("revenue", Decimal(250)),
    ("profit", Decimal("212.4485")),
]


def july_leads(step: timedelta) -> list[LeadRow]:
    """Make 82 leads whose sums are the published ones: 10 of the 11 sold ones at 25.00, 37.50 paid out."""
    standings = [Standing.APPROVED] * 11 + [Standing.REJECTED] * 63 + [Standing.INVALID] * 8
    return [
        LeadRow(
            id=number,
            received_at=JULY.start + step * number,
            standing=standing,
            payout=3_750_000 if number < 10 else 0,
            revenue=25_000_000 if number < 10 else 0,
            sms_cost=13_000 if number < 2 else 0,
            validation_cost=500 if number < 51 else 0,
        )
        for number, standing in enumerate(standings)
    ]


def request(period: Period = JULY, **changes: object) -> CampaignReportRequest:
    values = {"account_id": ACCOUNT, "period": period, "zone": LONDON, "campaigns": {9: "GBP"}}
    return CampaignReportRequest(**{**values, **changes})  # type: ignore[arg-type] # tests name any member


async def rows_of(database: Database, asked: CampaignReportRequest) -> list[CampaignReportRow]:
    async with database.connection() as connection:
        return await campaign_report(connection, asked)


async def test_the_published_figures_come_from_deltas_and_from_folded_hours(database: Database) -> None:
    async with database.unit_of_work() as connection:
        await receive(connection, july_leads(timedelta(hours=8)))
        await connection.execute("DELETE FROM leads")  # so that only roll-ups can answer
    before = await rows_of(database, request())
    async with database.unit_of_work() as connection:
        assert await fold(connection, ACCOUNT) > 0
    after = await rows_of(database, request())
    assert before == after
    assert [(row.campaign_id, row.label, row.currency) for row in after] == [(9, None, "GBP")]
    assert campaign_columns(after[0].sums) == PUBLISHED


async def test_the_published_figures_come_from_the_leads_where_a_window_has_no_whole_hour(
    database: Database,
) -> None:
    async with database.unit_of_work() as connection:
        await insert(connection, july_leads(timedelta(seconds=10)))
    rows = await rows_of(database, request(Period(JULY.start, JULY.start + timedelta(minutes=59))))
    assert campaign_columns(rows[0].sums) == PUBLISHED


async def test_version_1_3_names_its_columns_in_its_own_order(database: Database) -> None:
    leads = [
        LeadRow(id=1, standing=Standing.APPROVED, revenue=2_000_000, email_cost=1),
        LeadRow(id=2, standing=Standing.RETURNED, payout=500_000),
        LeadRow(id=3, standing=Standing.REJECTED),
        LeadRow(id=4, standing=Standing.PENDING),
    ]
    async with database.unit_of_work() as connection:
        await receive(connection, leads)
    period = Period(datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 11, tzinfo=UTC))
    rows = await rows_of(database, request(period))
    assert campaign_columns_v13(rows[0].sums) == [
        ("leads", 4),
        ("valid", 3),
        ("invalid", 0),
        ("pending", 1),
        ("rejections", 1),
        ("payable", 1),
        ("sold", 2),
        ("returns", 1),
        ("payout", Decimal("0.5")),
        ("emailCost", Decimal("0.000001")),
        ("smsCost", Decimal(0)),
        ("validationCost", Decimal(0)),
        ("revenue", Decimal(2)),
        ("profit", Decimal("1.499999")),
    ]


async def test_the_start_is_inside_the_window_and_the_end_is_not(database: Database) -> None:
    start, end = datetime(2026, 3, 10, 9, 30, tzinfo=UTC), datetime(2026, 3, 10, 13, 0, 1, tzinfo=UTC)
    tick = timedelta(microseconds=1)
    moments = [start - tick, start, start + timedelta(hours=2), end - tick, end]
    async with database.unit_of_work() as connection:
        await receive(connection, [LeadRow(id=n, received_at=at) for n, at in enumerate(moments)])
    rows = await rows_of(database, request(Period(start, end)))
    assert [row.sums.leads for row in rows] == [3]


async def test_tests_other_accounts_and_leads_without_a_campaign_are_not_counted(database: Database) -> None:
    leads = [
        LeadRow(id=1, standing=Standing.NOT_COUNTED, is_test=True),
        LeadRow(id=2, account_id=2),
        LeadRow(id=3, campaign_id=None),
        LeadRow(id=4, campaign_id=10),
    ]
    async with database.unit_of_work() as connection:
        await receive(connection, leads)
    at = leads[0].received_at
    for period in (
        Period(at - timedelta(days=1), at + timedelta(days=1)),
        Period(at, at + timedelta(minutes=1)),
    ):
        assert await rows_of(database, request(period)) == []


async def test_suppliers_and_channels_narrow_a_report(database: Database) -> None:
    leads = [
        LeadRow(id=1, supplier_id=1),
        LeadRow(id=2, supplier_id=2, channel=Channel.IMPORT),
        LeadRow(id=3, supplier_id=None),
    ]
    async with database.unit_of_work() as connection:
        await receive(connection, leads)
    at = leads[0].received_at
    for period in (
        Period(at - timedelta(days=1), at + timedelta(days=1)),
        Period(at, at + timedelta(minutes=1)),
    ):
        for narrowed, expected in (
            ({"supplier_ids": (1, 2)}, 2),
            ({"supplier_ids": (0,)}, 1),
            ({"channels": (Channel.REST,)}, 2),
            ({"channels": (Channel.IMPORT,), "supplier_ids": (2,)}, 1),
        ):
            rows = await rows_of(database, request(period, **narrowed))
            assert [row.sums.leads for row in rows] == [expected]
        assert await rows_of(database, request(period, supplier_ids=(77,))) == []


async def test_a_time_group_shows_campaigns_only_when_asked_and_never_adds_up_two_currencies(
    database: Database,
) -> None:
    day, next_day = datetime(2026, 3, 10, 12, tzinfo=UTC), datetime(2026, 3, 11, 12, tzinfo=UTC)
    leads = [
        LeadRow(id=1, received_at=day, campaign_id=9),
        LeadRow(id=2, received_at=day, campaign_id=11),
        LeadRow(id=3, received_at=day, campaign_id=10, currency="EUR"),
        LeadRow(id=4, received_at=next_day, campaign_id=9),
    ]
    async with database.unit_of_work() as connection:
        await receive(connection, leads)
    asked = {"campaigns": {9: "GBP", 10: "EUR", 11: "GBP"}, "group": "Day"}
    period = Period(day - timedelta(days=3), day + timedelta(days=3))
    rows = await rows_of(database, request(period, **asked))
    assert [(row.label, row.campaign_id, row.currency, row.sums.leads) for row in rows] == [
        ("2026-03-10", None, "EUR", 1),
        ("2026-03-10", None, "GBP", 2),
        ("2026-03-11", None, "GBP", 1),
    ]
    rows = await rows_of(database, request(period, show_campaign=True, **asked))
    assert [(row.label, row.campaign_id, row.currency, row.sums.leads) for row in rows] == [
        ("2026-03-10", 9, "GBP", 1),
        ("2026-03-10", 10, "EUR", 1),
        ("2026-03-10", 11, "GBP", 1),
        ("2026-03-11", 9, "GBP", 1),
    ]


@pytest.mark.parametrize("group", ["Campaign", "Day", "Week", "Month", "Hour"])
async def test_a_window_of_all_time_costs_no_more_than_the_hours_with_leads(
    database: Database, group: str
) -> None:
    everything = Period(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    assert await rows_of(database, request(everything, group=group)) == []
    async with database.unit_of_work() as connection:
        await receive(connection, [LeadRow(id=1)])
    rows = await rows_of(database, request(everything, group=group))
    assert [row.sums.leads for row in rows] == [1]


async def test_a_window_before_all_time_or_without_length_has_no_rows(database: Database) -> None:
    first = datetime.min.replace(tzinfo=UTC)
    assert await rows_of(database, request(Period(first, first + timedelta(days=1)), group="Hour")) == []
    at = datetime(2026, 3, 10, tzinfo=UTC)
    assert await rows_of(database, request(Period(at, at), group="Hour")) == []


async def test_days_that_begin_inside_an_hour_are_told_apart_after_folding(database: Database) -> None:
    midnight = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)
    moments = [timedelta(minutes=-90), timedelta(microseconds=-1), timedelta(), timedelta(minutes=29)]
    leads = [LeadRow(id=number, received_at=midnight + moment) for number, moment in enumerate(moments)]
    async with database.unit_of_work() as connection:
        await receive(connection, leads)
        await fold(connection, ACCOUNT)
    period = Period(midnight - timedelta(days=1), midnight + timedelta(days=1))
    for group, expected in (
        ("Day", [("2026-03-10", 2), ("2026-03-11", 2)]),
        ("Hour", [("2026-03-10 22:00", 1), ("2026-03-10 23:00", 1), ("2026-03-11 00:00", 2)]),
        ("Week", [("2026-03-09", 4)]),
    ):
        rows = await rows_of(database, request(period, group=group, zone=ZoneInfo("Asia/Kolkata")))
        assert [(row.label, row.sums.leads) for row in rows] == expected
