"""Corrections: what was booked inside a window on leads received before it, and nothing else."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
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
