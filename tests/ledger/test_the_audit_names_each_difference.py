"""The audit: clean on an account in order, and exact about every kind of disorder."""

from collections.abc import Sequence

import msgspec
import pytest
from tests.reports.rows import ACCOUNT, LeadRow, deltas_of, insert

from leadyard.kit.errors import UnavailableError
from leadyard.leads.model import AttemptState, Channel, SaleStatus, Standing
from leadyard.ledger import audit_command
from leadyard.ledger.audit import Difference, audit
from leadyard.ledger.model import (
    NOBODY,
    Entry,
    EntryKind,
    cost,
    financials_changed,
    made,
    payout_due,
    returned,
    sold,
)
from leadyard.ledger.service import Ledger
from leadyard.reports.model import attempt_change
from leadyard.reports.service import fold, write_deltas
from leadyard.storage.database import Database

MILLION = 1_000_000
HOUR = "hour 2026-03-10 12:00 UTC, campaign 9, supplier 1, "
LEAD_HOUR = HOUR + "sub-supplier 0, channel 1"

SOLD = LeadRow(id=1, sale_status=SaleStatus.SOLD, revenue=25 * MILLION, payout=4 * MILLION, sms_cost=500)
RETURNED = LeadRow(id=2, sale_status=SaleStatus.RETURNED, standing=Standing.RETURNED)
REJECTED = LeadRow(id=3, sale_status=SaleStatus.UNSOLD, standing=Standing.REJECTED)
CHANGED = LeadRow(id=4, sale_status=SaleStatus.ASSIGNED, revenue=30 * MILLION)
TEST = LeadRow(id=5, standing=Standing.NOT_COUNTED, sale_status=SaleStatus.SOLD, is_test=True)
SYSTEM_ACCEPT = LeadRow(id=6, supplier_id=None, payout=2 * MILLION)
IMPORTED = LeadRow(id=7, sale_status=SaleStatus.SOLD, channel=Channel.HISTORY, revenue=5 * MILLION)
LEADS = (SOLD, RETURNED, REJECTED, CHANGED, TEST, SYSTEM_ACCEPT, IMPORTED)
ATTEMPTS = [
    (SOLD, 1, AttemptState.REJECTED, 0),
    (SOLD, 2, AttemptState.SOLD, 25 * MILLION),
    (RETURNED, 1, AttemptState.RETURNED, 25 * MILLION),
    (REJECTED, 1, AttemptState.REJECTED, 0),
    (REJECTED, 2, AttemptState.UNKNOWN, 0),
    (CHANGED, 1, AttemptState.ASSIGNED, 25 * MILLION),
    (TEST, 1, AttemptState.REJECTED, 0),
]
_ATTEMPT = """
INSERT INTO delivery_attempts (account_id, lead_id, number, delivery_id, buyer_id, state, reason, revenue, started_at)
VALUES (1, $1, $2, 7, 4, $3, '', $4, now())
"""

_RETURN = """
INSERT INTO lead_returns (account_id, id, lead_id, buyer_id, delivery_id, reason, state, reverse_payout, revenue, payout,
                          currency, received_at, asked_at, asked_by)
VALUES (1, 1, 2, 4, 7, 'DNCC', 1, true, 25000000, 4000000, 'GBP', $1, $1, '')
"""


def sale(lead: LeadRow, buyer_id: int, revenue: int, payout: int = 0) -> Entry | None:
    return sold(
        ACCOUNT,
        lead.received_at,
        lead.id,
        buyer_id=buyer_id,
        supplier_id=lead.supplier_id,
        revenue=revenue,
        payout=payout,
        currency="GBP",
        memo="",
    )


def entries() -> list[Entry]:
    at = SOLD.received_at
    back = returned(
        ACCOUNT,
        at,
        RETURNED.id,
        buyer_id=4,
        supplier_id=1,
        revenue=25 * MILLION,
        payout=4 * MILLION,
        currency="GBP",
        memo="",
    )
    changed = financials_changed(
        ACCOUNT,
        at,
        CHANGED.id,
        buyer_id=4,
        supplier_id=1,
        old_revenue=25 * MILLION,
        new_revenue=30 * MILLION,
        old_payout=0,
        new_payout=0,
        currency="GBP",
        memo="",
    )
    due = payout_due(
        ACCOUNT, at, SYSTEM_ACCEPT.id, supplier_id=None, payout=2 * MILLION, currency="GBP", memo=""
    )
    return made(
        [
            sale(SOLD, 4, 25 * MILLION, 4 * MILLION),
            cost(ACCOUNT, EntryKind.SMS_COST, at, SOLD.id, amount=500, currency="GBP", memo=""),
            sale(RETURNED, 4, 25 * MILLION, 4 * MILLION),
            back,
            sale(CHANGED, 4, 25 * MILLION),
            changed,
            due,
            sale(IMPORTED, NOBODY, 5 * MILLION),
        ]
    )


@pytest.fixture
async def in_order(database: Database) -> Database:
    """Fill an account with a lead of each kind, half of its roll-ups folded."""
    ledger = Ledger(database)
    reserved = await ledger.reserve(entries())
    async with database.unit_of_work() as connection:
        await connection.execute(
            "INSERT INTO accounts VALUES (1, 'First', 'a', '{}', false, 'UTC', 'GBP', '{}')"
        )
        await insert(connection, LEADS)
        await ledger.post(connection, reserved)
        await connection.execute(_RETURN, RETURNED.received_at)
        for lead in LEADS:
            deltas = deltas_of([lead])
            for attempt_lead, number, state, revenue in ATTEMPTS:
                if attempt_lead is not lead:
                    continue
                await connection.execute(_ATTEMPT, lead.id, number, int(state), revenue)
                if not lead.is_test:
                    changes = attempt_change(None, state) | {"revenue": booked(lead, state)}
                    deltas.buyer(
                        ACCOUNT, lead.received_at, lead.campaign_id, lead.supplier_id, 4, 7, **changes
                    )
            await write_deltas(connection, deltas)
        await fold(connection, ACCOUNT, 3)
    return database


def booked(lead: LeadRow, state: AttemptState) -> int:
    return lead.revenue if state in {AttemptState.SOLD, AttemptState.ASSIGNED} else 0


async def audited(database: Database) -> list[Difference]:
    async with database.connection() as connection:
        return await audit(connection, ACCOUNT)


async def test_an_account_in_order_has_no_difference_before_and_after_folding(in_order: Database) -> None:
    assert await audited(in_order) == []
    async with in_order.unit_of_work() as connection:
        await fold(connection, ACCOUNT)
    assert await audited(in_order) == []


ENTRY_OF_LEAD_1 = "(SELECT id FROM ledger_entries WHERE lead_id = 1 AND kind = 'sold')"
PLANTED = {
    "a posting that was changed": (
        [
            f"UPDATE ledger_postings SET amount = amount + 7 WHERE book = 'supplier' AND entry_id = {ENTRY_OF_LEAD_1}"
        ],
        [Difference("entry out of balance: sum", "entry 1, GBP", 0, 7)],
    ),
    "postings that are gone": (
        [
            "DELETE FROM ledger_postings WHERE entry_id = (SELECT id FROM ledger_entries WHERE kind = 'sms_cost')"
        ],
        [
            Difference("entry without postings: postings", "entry 2", 1, 0),
            Difference("lead against the ledger: sms_cost", "lead 1, GBP", 0, 500),
        ],
    ),
    "an entry that is gone": (
        ["DELETE FROM ledger_entries WHERE kind = 'sms_cost'"],
        [
            Difference("postings without an entry: postings", "entry 2", 0, 2),
            Difference("lead against the ledger: sms_cost", "lead 1, GBP", 0, 500),
        ],
    ),
    "a folded hour that counts one too many": (
        [
            "UPDATE lead_rollups SET valid = valid + 1 WHERE campaign_id = 9 AND supplier_id = 1 AND channel = 1"
        ],
        [Difference("lead roll-up: valid", LEAD_HOUR, 4, 5)],
    ),
    "a delta for a lead that is not there": (
        ["INSERT INTO lead_deltas VALUES (1, DEFAULT, '2026-03-10 13:00Z', 10, 0, 0, 2, 0, 0, 1)"],
        [
            Difference(
                "lead roll-up: pending",
                "hour 2026-03-10 13:00 UTC, campaign 10, supplier 0, sub-supplier 0, channel 2",
                0,
                1,
            )
        ],
    ),
    "a lead whose delta was lost": (
        ["DELETE FROM leads WHERE id = 3", "DELETE FROM delivery_attempts WHERE lead_id = 3"],
        [
            Difference("lead roll-up: valid", LEAD_HOUR, 3, 4),
            Difference("buyer roll-up against attempts: posted", HOUR + "buyer 4, delivery 7", 4, 5),
            Difference("buyer roll-up against attempts: rejected", HOUR + "buyer 4, delivery 7", 1, 2),
        ],
    ),
    "a buyer's hour that counts too few sales": (
        ["UPDATE buyer_rollups SET sold = sold - 1"],
        [Difference("buyer roll-up against attempts: sold", HOUR + "buyer 4, delivery 7", 3, 2)],
    ),
    "a buyer's hour with the wrong revenue": (
        ["UPDATE buyer_rollups SET revenue = revenue - 1"],
        [
            Difference(
                "buyer roll-up against the ledger: revenue", HOUR + "buyer 4", 55 * MILLION, 55 * MILLION - 1
            )
        ],
    ),
    "a payout that the ledger does not know": (
        [
            "UPDATE leads SET payout = 9 WHERE id = 3",
            "UPDATE lead_rollups SET payout = payout + 9 WHERE channel = 1",
        ],
        [Difference("lead against the ledger: payout", "lead 3, GBP", 0, 9)],
    ),
    "a lead in another currency than its postings": (
        ["UPDATE leads SET currency = 'EUR' WHERE id = 6"],
        [
            Difference("lead against the ledger: payout", "lead 6, EUR", 0, 2 * MILLION),
            Difference("lead against the ledger: payout", "lead 6, GBP", 2 * MILLION, 0),
        ],
    ),
    "a sale whose attempt says another price": (
        ["UPDATE delivery_attempts SET revenue = 1 WHERE lead_id IN (1, 4) AND state IN (2, 8)"],
        [Difference("lead against its sales: revenue", "lead 1", 1, 25 * MILLION)],
    ),
    "a return that nobody made": (
        ["DELETE FROM lead_returns"],
        [
            Difference("returned sale without a return: returns", "lead 2, attempt 1", 1, 0),
            Difference("returns against the ledger: payout", "lead 2, GBP", 4 * MILLION, 0),
            Difference("returns against the ledger: revenue", "lead 2, GBP", 25 * MILLION, 0),
        ],
    ),
    "a return that says another amount": (
        ["UPDATE lead_returns SET revenue = 1"],
        [Difference("returns against the ledger: revenue", "lead 2, GBP", 25 * MILLION, 1)],
    ),
    "a sold lead that no buyer took": (
        ["UPDATE leads SET sale_status = 2 WHERE id = 3"],
        [Difference("sold lead without a sale: attempts", "lead 3", 1, 0)],
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
async def test_a_planted_difference_is_found_and_nothing_else(in_order: Database, planted: str) -> None:
    statements, expected = PLANTED[planted]
    async with in_order.unit_of_work() as connection:
        for statement in statements:
            await connection.execute(statement)
    assert await audited(in_order) == expected


async def test_another_account_is_not_looked_at(in_order: Database) -> None:
    async with in_order.unit_of_work() as connection:
        await insert(connection, [msgspec.structs.replace(REJECTED, account_id=2)])
    assert await audited(in_order) == []
    async with in_order.connection() as connection:
        assert len(await audit(connection, 2)) == 1


async def run(database: Database, statements: Sequence[str] = ()) -> int:
    async with database.unit_of_work() as connection:
        for statement in statements:
            await connection.execute(statement)
    return await audit_command.run_async(database.dsn)


async def test_the_command_says_so_when_nothing_differs(
    in_order: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run(in_order) == 0
    assert capsys.readouterr().out == "No differences in 1 accounts\n"


async def test_the_command_prints_each_difference(
    in_order: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert await run(in_order, PLANTED["a sold lead that no buyer took"][0]) == 1
    printed = capsys.readouterr().out
    assert "sold lead without a sale: attempts" in printed
    assert "lead 3" in printed
    assert printed.endswith("1 differences in 1 accounts\n")


def test_the_command_says_when_there_is_no_database() -> None:
    with pytest.raises(UnavailableError, match="the database cannot be reached"):
        audit_command.run("postgresql://leadyard@127.0.0.1:1/none")
