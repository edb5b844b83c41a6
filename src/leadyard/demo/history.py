"""Some weeks of made-up history, marked as such, so that reports are not empty."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from leadyard.kit import clock
from leadyard.kit.ids import new_uuid
from leadyard.leads.model import AttemptState, Channel, SaleStatus, Standing, SystemStatus
from leadyard.ledger.model import made, sold
from leadyard.ledger.service import Ledger
from leadyard.reports.model import Deltas, attempt_change, standing_change
from leadyard.reports.service import write_deltas
from leadyard.storage.counters import IdBlocks
from leadyard.storage.database import Connection, Database, encode_json

_DAYS = 28
_CAMPAIGN, _SUPPLIER, _BUYER, _DELIVERY = 9, 1, 4, 1050
_PAYOUT, _REVENUE = 3_500_000, 12_500_000
_NAMES = ("Ada", "Ben", "Chloe", "Dev", "Ella", "Finn", "Grace", "Hugo", "Isla", "Jack")
_CARS = ("Ford", "Volkswagen", "Vauxhall", "Toyota", "Kia", "Nissan")

_LEADS = """
INSERT INTO leads (account_id, id, uuid, campaign_id, supplier_id, channel, is_test, system_status, sale_status,
                   standing, code, info, fields, email_key, currency, payout, revenue, received_at, decided_at)
SELECT $1, id, uuid, $2, $3, $4, false, system_status, sale_status, standing, code, info::jsonb, fields::jsonb,
       email_key, 'GBP', payout, revenue, at, at
FROM unnest($5::bigint[], $6::uuid[], $7::smallint[], $8::smallint[], $9::smallint[], $10::smallint[], $11::text[],
            $12::text[], $13::text[], $14::bigint[], $15::bigint[], $16::timestamptz[])
  AS row (id, uuid, system_status, sale_status, standing, code, info, fields, email_key, payout, revenue, at)
"""

_ATTEMPTS = """
INSERT INTO delivery_attempts (account_id, lead_id, number, delivery_id, buyer_id, state, reason, revenue,
                               started_at, finished_at)
SELECT $1, lead_id, 1, $2, $3, state, reason, revenue, at, at
FROM unnest($4::bigint[], $5::smallint[], $6::text[], $7::bigint[], $8::timestamptz[])
  AS row (lead_id, state, reason, revenue, at)
"""

_IS_THERE = "SELECT EXISTS (SELECT 1 FROM leads WHERE account_id = $1 AND channel = $2)"


class _Past:
    """One made-up lead."""

    def __init__(self, lead_id: int, at: datetime, chance: random.Random) -> None:
        self.id, self.at = lead_id, at
        roll = chance.random()
        self.invalid = roll < 0.12  # noqa: PLR2004 - about one in eight
        self.is_sold = roll > 0.35  # noqa: PLR2004 - about two in three
        name = chance.choice(_NAMES)
        self.email = f"history-{lead_id}@example.com"
        self.fields = {
            "firstname": name,
            "lastname": "History",
            "email": "not an address" if self.invalid else self.email,
            "data13": chance.choice(_CARS),
            "sid": "1",
            "source": "made-up demo history",
        }

    @property
    def standing(self) -> Standing:
        if self.invalid:
            return Standing.INVALID
        return Standing.APPROVED if self.is_sold else Standing.REJECTED

    def row(self) -> tuple[Any, ...]:
        status = SystemStatus.INVALID if self.invalid else SystemStatus.VALID
        sale = SaleStatus.NONE if self.invalid else SaleStatus.SOLD if self.is_sold else SaleStatus.UNSOLD
        info = encode_json(["Email is not a valid email address"]) if self.invalid else None
        earns = self.standing is Standing.APPROVED
        return (
            self.id, new_uuid(), status, sale, self.standing, -5 if self.invalid else 1, info,
            encode_json(self.fields), None if self.invalid else self.email, _PAYOUT * earns, _REVENUE * earns, self.at,
        )  # fmt: skip

    def attempt(self) -> tuple[Any, ...]:
        if self.is_sold:
            return (self.id, AttemptState.SOLD, "Accepted", _REVENUE, self.at)
        return (self.id, AttemptState.REJECTED, "Refused by the buyer", 0, self.at)


async def make_history(database: Database, account_id: int) -> None:
    """Write leads of the last four weeks, none of today, with their attempts, money and counts; once."""
    async with database.connection() as connection:
        if await connection.fetchval(_IS_THERE, account_id, Channel.HISTORY):
            return
    chance = random.Random(account_id)  # noqa: S311 - the same story in every demo
    today = datetime.combine(clock.now().date(), time(), UTC)
    times = [
        today - timedelta(days=day) + timedelta(seconds=chance.randrange(7 * 3600, 21 * 3600))
        for day in range(_DAYS, 0, -1)
        for _ in range(chance.randrange(6, 18))
    ]
    ids = await IdBlocks(database, "leads").take(account_id, len(times))
    past = [_Past(lead_id, at, chance) for lead_id, at in zip(ids, sorted(times), strict=True)]
    ledger = Ledger(database)
    entries = made(
        sold(
            account_id,
            lead.at,
            lead.id,
            buyer_id=_BUYER,
            supplier_id=_SUPPLIER,
            revenue=_REVENUE,
            payout=_PAYOUT,
            currency="GBP",
            memo="made-up demo history",
        )
        for lead in past
        if lead.standing is Standing.APPROVED
    )
    reserved = await ledger.reserve(entries)
    async with database.unit_of_work() as connection:
        await _write(connection, account_id, past)
        await ledger.post(connection, reserved)
        await write_deltas(connection, _deltas(account_id, past))


async def _write(connection: Connection, account_id: int, past: Sequence[_Past]) -> None:
    columns = [list(column) for column in zip(*(lead.row() for lead in past), strict=True)]
    await connection.execute(_LEADS, account_id, _CAMPAIGN, _SUPPLIER, Channel.HISTORY, *columns)
    attempts = [lead.attempt() for lead in past if not lead.invalid]
    columns = [list(column) for column in zip(*attempts, strict=True)]
    await connection.execute(_ATTEMPTS, account_id, _DELIVERY, _BUYER, *columns)


def _deltas(account_id: int, past: Sequence[_Past]) -> Deltas:
    deltas = Deltas()
    for lead in past:
        earns = lead.standing is Standing.APPROVED
        deltas.lead(
            account_id, lead.at, _CAMPAIGN, _SUPPLIER, None, Channel.HISTORY,
            payout=_PAYOUT * earns, revenue=_REVENUE * earns, **standing_change(None, lead.standing),
        )  # fmt: skip
        if not lead.invalid:
            state = AttemptState.SOLD if lead.is_sold else AttemptState.REJECTED
            deltas.buyer(
                account_id, lead.at, _CAMPAIGN, _SUPPLIER, _BUYER, _DELIVERY,
                **attempt_change(None, state), revenue=_REVENUE * earns,
            )  # fmt: skip
    return deltas
