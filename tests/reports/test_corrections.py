"""Corrections of a window: what was booked inside it on leads received before it, to the microsecond."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.desk import Desk, new_desk

from leadyard.kit.ids import new_uuid
from leadyard.leads.model import Channel
from leadyard.ledger.model import financials_changed, made
from leadyard.ledger.service import Ledger
from leadyard.reports.corrections import (
    CorrectedLead,
    CorrectionFilter,
    CorrectionSums,
    corrections,
    write_corrections,
)
from leadyard.reports.jobs import fold_all
from leadyard.reports.periods import Period
from leadyard.reports.service import fold
from leadyard.storage.database import Database

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MOMENTS = st.integers(-3 * 3600, 3 * 3600).map(lambda seconds: NOON + timedelta(seconds=seconds))
EDGES = st.one_of(MOMENTS, st.integers(-3, 3).map(lambda hours: NOON + timedelta(hours=hours)))


_TABLES = (
    "lead_events",
    "leads",
    "ledger_postings",
    "ledger_entries",
    "correction_deltas",
    "correction_rollups",
)
_LEAD = """
INSERT INTO leads (account_id, id, uuid, campaign_id, channel, is_test, system_status, sale_status, standing, code,
                   fields, currency, received_at)
VALUES ($1, $2, $3, 9, 1, false, 2, 2, 4, 1, '{}', 'GBP', $4)
"""


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    made_desk = await new_desk(database, dsn, tmp_path)
    campaign = await made_desk.campaign()
    await made_desk.delivery(campaign.id, await made_desk.buyer())
    return made_desk


async def read(desk: Desk, start: datetime, end: datetime, **wanted: tuple[int, ...]) -> list[CorrectionSums]:
    async with desk.database.connection() as connection:
        period = Period(start, end)
        return list(await corrections(connection, desk.account_id, period, CorrectionFilter(**wanted)))


async def test_a_later_financial_update_is_a_correction_of_its_own_day_only(desk: Desk) -> None:
    with time_machine.travel(NOON, tick=True):
        (lead_id,) = await desk.sold(1)
    with time_machine.travel(NOON + timedelta(days=3), tick=True):
        await desk.leads.change_financials(desk.principal, [lead_id], payout=500_000, revenue=10_000_000)
    for _ in range(2):
        day = timedelta(days=1)
        before, after = NOON + 2 * day, NOON + 4 * day
        assert await read(desk, before, after) == [CorrectionSums(1, 1, 0, -3_000_000, -2_500_000)]
        assert await read(desk, NOON - day, after) == []
        assert await read(desk, NOON + day, before) == []
        assert await read(desk, before, after, campaign_ids=(2,)) == []
        assert await read(desk, before, after, supplier_ids=(1,), channels=(1,)) != []
        await fold_all(desk.database)
    assert await desk.differences() == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    booked=st.lists(st.tuples(MOMENTS, MOMENTS, st.integers(-50, 50)), min_size=1, max_size=12),
    window=st.tuples(EDGES, EDGES),
    folded=st.integers(0, 12),
)
async def test_any_window_sums_exactly_what_was_booked_in_it(
    desk: Desk, booked: list[tuple[datetime, datetime, int]], window: tuple[datetime, datetime], folded: int
) -> None:
    start, end = min(window), max(window) + timedelta(seconds=1)
    ledger = Ledger(desk.database)
    leads = [
        CorrectedLead(number, 9, None, None, int(Channel.REST), received)
        for number, (received, _, _) in enumerate(booked, 1)
    ]
    entries = made(
        financials_changed(
            desk.account_id, at, number, buyer_id=1, supplier_id=None, old_revenue=0, new_revenue=amount,
            old_payout=amount, new_payout=0, currency="GBP", memo="",
        )
        for number, (_, at, amount) in enumerate(booked, 1)
    )  # fmt: skip
    reserved = await ledger.reserve(entries)
    async with desk.database.unit_of_work() as connection:
        for table in _TABLES:
            await connection.execute(f"DELETE FROM {table} WHERE account_id = $1", desk.account_id)
        for lead in leads:
            await connection.execute(_LEAD, desk.account_id, lead.id, new_uuid(), lead.received_at)
        await ledger.post(connection, reserved)
        await write_corrections(connection, entries[:folded], leads)
        await fold(connection, desk.account_id)
        await write_corrections(connection, entries[folded:], leads)
    expected = sum(amount for received, at, amount in booked if start <= at < end and received < start)
    sums = await read(desk, start, end)
    assert sum(row.revenue for row in sums) == expected
    assert sum(row.payout for row in sums) == -expected
