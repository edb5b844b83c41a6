"""The buyers' report over any window equals a count by hand, from attempts or roll-ups, folded or not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.reports.rows import ACCOUNT, LeadRow, receive

from leadyard.leads.model import AttemptState, Channel
from leadyard.ledger.model import made, sold
from leadyard.ledger.service import Ledger
from leadyard.reports.model import BuyerSums, CampaignReportRequest, Deltas, attempt_change
from leadyard.reports.parties import buyer_report
from leadyard.reports.periods import Period
from leadyard.reports.service import fold, write_deltas
from leadyard.storage.database import Connection, Database

START = datetime(2026, 3, 29, tzinfo=UTC)
PRICE = 12_500_000
MINUTES = st.integers(-300, 300)
SALES = frozenset({AttemptState.SOLD, AttemptState.ASSIGNED})

_ATTEMPT = """
INSERT INTO delivery_attempts (account_id, lead_id, number, delivery_id, buyer_id, state, reason, revenue, started_at)
VALUES ($1, $2, 1, 7, $3, $4, '', 0, $5)
"""


class Sale(msgspec.Struct, frozen=True):
    """A lead and what became of it at one buyer."""

    lead: LeadRow
    buyer_id: int
    state: AttemptState

    @property
    def sums(self) -> BuyerSums:
        revenue = PRICE if self.state in SALES else 0
        return BuyerSums(**attempt_change(None, self.state), revenue=revenue)


@st.composite
def sales(draw: st.DrawFn) -> list[Sale]:
    return [
        Sale(
            LeadRow(
                id=number,
                received_at=START + timedelta(minutes=draw(MINUTES)),
                campaign_id=draw(st.sampled_from([9, 10])),
                supplier_id=draw(st.sampled_from([1, None])),
                channel=draw(st.sampled_from([Channel.REST, Channel.IMPORT])),
            ),
            draw(st.sampled_from([4, 5])),
            draw(st.sampled_from(AttemptState)),
        )
        for number in range(1, draw(st.integers(0, 12)) + 1)
    ]


async def write(database: Database, all_sales: list[Sale]) -> None:
    """Write leads, attempts, money and deltas as the write path does, instead of any before."""
    deltas = Deltas()
    entries = []
    for sale in all_sales:
        lead = sale.lead
        changes = msgspec.structs.asdict(sale.sums)
        deltas.buyer(
            ACCOUNT, lead.received_at, lead.campaign_id, lead.supplier_id, sale.buyer_id, 7, **changes
        )
        entries.append(
            sold(
                ACCOUNT, START, lead.id, buyer_id=sale.buyer_id, supplier_id=lead.supplier_id,
                revenue=sale.sums.revenue, payout=0, currency="GBP", memo="",
            )
        )  # fmt: skip
    reserved = await Ledger(database).reserve(made(entries))
    tables = ("leads", "lead_deltas", "lead_rollups", "buyer_deltas", "buyer_rollups", "delivery_attempts",
              "ledger_postings", "ledger_entries")  # fmt: skip
    async with database.unit_of_work() as connection:
        for table in tables:
            await connection.execute(f"DELETE FROM {table} WHERE account_id = $1", ACCOUNT)
        await receive(connection, [sale.lead for sale in all_sales])
        for sale in all_sales:
            await connection.execute(_ATTEMPT, ACCOUNT, sale.lead.id, sale.buyer_id, sale.state, START)
        await write_deltas(connection, deltas)
        await Ledger(database).post(connection, reserved)


def by_hand(
    asked: CampaignReportRequest, all_sales: list[Sale]
) -> dict[tuple[int, int | None, int], BuyerSums]:
    found: dict[tuple[int, int | None, int], BuyerSums] = {}
    for sale in all_sales:
        lead = sale.lead
        inside = asked.period.start <= lead.received_at < asked.period.end
        wanted = asked.channels is None or lead.channel in asked.channels
        if not inside or not wanted or asked.buyer_ids not in {None, (sale.buyer_id,)} or sale.sums.is_empty:
            continue
        key = (lead.campaign_id or 0, (lead.supplier_id or 0) if asked.show_supplier else None, sale.buyer_id)
        found[key] = found.get(key, BuyerSums()).plus(sale.sums)
    return found


async def reported(
    connection: Connection, asked: CampaignReportRequest
) -> dict[tuple[int, int | None, int], BuyerSums]:
    rows = await buyer_report(connection, asked)
    return {(row.campaign_id or 0, row.supplier_id, row.buyer_id or 0): row.sums for row in rows}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sales(), MINUTES, MINUTES, st.booleans(),
    st.sampled_from([None, (4,)]), st.sampled_from([None, (Channel.REST,)]),
)  # fmt: skip
async def test_buyers_are_counted_as_by_hand_before_and_after_folding(
    database: Database,
    all_sales: list[Sale],
    first: int,
    last: int,
    show_supplier: bool,
    buyer_ids: tuple[int, ...] | None,
    channels: tuple[Channel, ...] | None,
) -> None:
    start, end = sorted([first, last])
    period = Period(START + timedelta(minutes=start), START + timedelta(minutes=end))
    asked = CampaignReportRequest(
        ACCOUNT, period, ZoneInfo("Europe/London"), {9: "GBP", 10: "GBP"}, show_supplier=show_supplier,
        buyer_ids=buyer_ids, channels=channels,
    )  # fmt: skip
    await write(database, all_sales)
    expected = by_hand(asked, all_sales)
    async with database.connection() as connection:
        assert await reported(connection, asked) == expected
    async with database.unit_of_work() as connection:
        await fold(connection, ACCOUNT)
        assert await reported(connection, asked) == expected
    async with database.connection() as connection:
        counted = msgspec.structs.replace(asked, group="Hour", show_campaign=True)
        rows = await buyer_report(connection, counted)
    assert sum(row.sums.revenue for row in rows) == sum(sums.revenue for sums in expected.values())
