"""Corrections: what was booked inside a window on leads received before it, and nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.desk import Desk, new_desk
from tests.reports.rows import ACCOUNT, LeadRow, receive

from leadyard.ledger.model import Entry, financials_changed, returned, sold
from leadyard.ledger.service import Ledger
from leadyard.reports.model import CampaignReportRequest, Correction
from leadyard.reports.parties import corrections
from leadyard.reports.periods import Period
from leadyard.storage.database import Database

START = datetime(2026, 3, 10, tzinfo=UTC)
WINDOW = Period(START, START + timedelta(days=1))
HOURS = st.integers(-72, 72)


def entry(kind: str, lead: LeadRow, at: datetime, amount: int) -> Entry | None:
    if kind == "changed":
        return financials_changed(
            ACCOUNT, at, lead.id, buyer_id=4, supplier_id=lead.supplier_id, old_revenue=0, new_revenue=amount * 2,
            old_payout=0, new_payout=amount, currency="GBP", memo="",
        )  # fmt: skip
    made = returned if kind == "returned" else sold
    return made(
        ACCOUNT, at, lead.id, buyer_id=4, supplier_id=lead.supplier_id, revenue=amount * 2, payout=amount,
        currency="GBP", memo="",
    )  # fmt: skip


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            HOURS, HOURS, st.sampled_from(["changed", "returned", "sold"]), st.sampled_from([1, 2, None])
        ),
        max_size=10,
    )
)
async def test_corrections_equal_a_count_by_hand(
    database: Database, drawn: list[tuple[int, int, str, int | None]]
) -> None:
    expected: dict[int, Correction] = {}
    leads, entries = [LeadRow(id=1000, received_at=START)], []
    for number, (received, booked, kind, supplier_id) in enumerate(drawn, 1):
        lead = LeadRow(id=number, received_at=START + timedelta(hours=received), supplier_id=supplier_id)
        leads.append(lead)
        at = START + timedelta(hours=booked)
        entries.append(entry(kind, lead, at, number))
        if kind != "sold" and lead.received_at < START <= at < WINDOW.end:
            sign = 1 if kind == "changed" else -1
            known = expected.get(supplier_id or 0, Correction())
            expected[supplier_id or 0] = known.plus(Correction(sign * number, sign * number * 2))
    reserved = await Ledger(database).reserve([each for each in entries if each is not None])
    request = CampaignReportRequest(ACCOUNT, WINDOW, ZoneInfo("UTC"), {9: "GBP"}, show_supplier=True)
    async with database.unit_of_work() as connection:
        for table in ("leads", "lead_deltas", "ledger_postings", "ledger_entries"):
            await connection.execute(f"DELETE FROM {table} WHERE account_id = $1", ACCOUNT)
        await receive(connection, leads)
        await Ledger(database).post(connection, reserved)
        found = await corrections(connection, request)
    assert {key[2]: correction for key, correction in found.items()} == expected


async def read(desk: Desk, start: datetime, end: datetime, **wanted: Any) -> list[Correction]:
    period = Period(start, end)
    request = CampaignReportRequest(desk.account_id, period, ZoneInfo("UTC"), {1: "GBP"}, **wanted)
    async with desk.database.connection() as connection:
        return list((await corrections(connection, request)).values())


async def test_a_later_financial_update_is_a_correction_of_its_own_day_only(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    desk = await new_desk(database, dsn, tmp_path)
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer())
    with time_machine.travel(START, tick=True):
        (lead_id,) = await desk.sold(1)
    booked_at, day = START + timedelta(days=3), timedelta(days=1)
    with time_machine.travel(booked_at, tick=True):
        await desk.leads.change_financials(desk.principal, [lead_id], payout=500_000, revenue=10_000_000)
    before, after = booked_at - day, booked_at + day
    assert await read(desk, before, after) == [Correction(-3_000_000, -2_500_000)]
    assert await read(desk, START - day, after) == []
    assert await read(desk, START + day, before) == []
    assert await read(desk, before, after, supplier_ids=[2]) == []
    assert await read(desk, before, after, supplier_ids=[1], channels=[1]) != []
    assert await desk.differences() == []
