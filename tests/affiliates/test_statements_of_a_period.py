"""A statement says what an affiliate was owed, what moved it and what it is owed, as the ledger has it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import time_machine
from tests.affiliates.payouts.conftest import Programme, programme

from leadyard.affiliates.commissions import store
from leadyard.affiliates.commissions.booking import Booking
from leadyard.affiliates.commissions.clawing_back import counterpart
from leadyard.affiliates.commissions.service import Commissions
from leadyard.kit import clock
from leadyard.kit.money import to_micros
from leadyard.ledger.service import Ledger

__all__ = ["programme"]

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)


async def in_march_and_april(client: httpx.AsyncClient, programme: Programme) -> int:
    """10 and 5 earned in March, 15 paid and 5 of it taken back, 7 EUR earned and cancelled in April."""
    account_id = programme.exchange.account_id
    commissions = Commissions(programme.database, Ledger(programme.database))
    with time_machine.travel(MARCH + timedelta(days=3)):
        ann = await programme.affiliate("ann")
        ten = await programme.earn(ann, "10")
        await programme.earn(ann, "5")
    with time_machine.travel(APRIL + timedelta(days=3)):
        made = (await client.post("/payout-runs", json={"method": "manual"})).json()
        await client.post(f"/payouts/{made['payouts'][0]['id']}/paid")
    with time_machine.travel(APRIL + timedelta(days=4)):
        await take_back(programme, ten, "5")
        euros = await programme.earn(ann, "7", currency="EUR")
    with time_machine.travel(APRIL + timedelta(days=5)):
        await commissions.reject(account_id, euros)
    return ann


async def take_back(programme: Programme, commission_id: int, amount: str) -> None:
    """Make the negative line of a return."""
    account_id = programme.exchange.account_id
    async with programme.database.unit_of_work() as connection:
        [paid] = await store.lock(connection, account_id, "id", commission_id)
        booking = Booking(Ledger(programme.database), account_id, clock.now())
        booking.make([counterpart(paid, clock.now(), amount=-to_micros(Decimal(amount)))])
        await booking.write(connection)


async def read(client: httpx.AsyncClient, affiliate_id: int, **asked: Any) -> Any:
    answer = await client.get(f"/affiliates/{affiliate_id}/statement", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_balances_and_lines_of_a_month(client: httpx.AsyncClient, programme: Programme) -> None:
    ann = await in_march_and_april(client, programme)
    march = await read(client, ann, **{"from": MARCH.isoformat(), "to": APRIL.isoformat()})
    [usd] = march["currencies"]
    assert (usd["opening"], usd["earned"], usd["closing"], len(usd["lines"])) == ("0", "15", "15", 2)

    april = await read(client, ann, **{"from": APRIL.isoformat(), "to": MAY.isoformat()})
    eur, usd = april["currencies"]
    assert [(line["kind"], line["amount"], line["balance"]) for line in usd["lines"]] == [
        ("paid", "-15", "0"),
        ("taken_back", "-5", "-5"),
    ]
    assert usd["lines"][0]["payout_id"] is not None
    assert usd["lines"][0]["commission_id"] is None
    assert (usd["opening"], usd["lost"], usd["paid"], usd["closing"]) == ("15", "-5", "-15", "-5")
    assert [line["kind"] for line in eur["lines"]] == ["earned", "cancelled"]
    assert (eur["opening"], eur["closing"]) == ("0", "0")


async def test_the_whole_of_it_closes_with_what_the_ledger_has(
    client: httpx.AsyncClient, programme: Programme
) -> None:
    ann = await in_march_and_april(client, programme)
    whole = await read(client, ann)
    for one in whole["currencies"]:
        amounts = [Decimal(one[name]) for name in ("opening", "earned", "lost", "paid")]
        assert sum(amounts) == Decimal(one["closing"])
    async with programme.database.connection() as connection:
        owed = await connection.fetchval(
            "SELECT -sum(amount) FROM ledger_postings WHERE account_id = $1 AND book = 'affiliate'"
            " AND party_id = $2 AND currency = 'USD'",
            programme.exchange.account_id,
            ann,
        )
    assert Decimal(whole["currencies"][1]["closing"]) * 1_000_000 == owed


async def test_as_a_file(client: httpx.AsyncClient, programme: Programme) -> None:
    ann = await in_march_and_april(client, programme)
    asked = {"from": APRIL.isoformat(), "to": MAY.isoformat()}
    answer = await client.get(f"/affiliates/{ann}/statement/file", params=asked)
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.splitlines()
    assert [line.split(",")[2] for line in lines] == [
        "kind", "opening", "earned", "cancelled", "closing", "opening", "paid", "taken_back", "closing",
    ]  # fmt: skip
    xlsx = await client.get(f"/affiliates/{ann}/statement/file", params={**asked, "format": "xlsx"})
    assert xlsx.content[:2] == b"PK"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"from": "2026-04-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}, 422),
        ({"from": "yesterday"}, 422),
        ({"from": "2026-04-01T00:00:00"}, 422),
    ],
)
async def test_what_is_no_period_is_refused(
    client: httpx.AsyncClient, programme: Programme, asked: dict[str, str], status: int
) -> None:
    ann = await programme.affiliate("ann")
    for path in ("statement", "statement/file"):
        assert (await client.get(f"/affiliates/{ann}/{path}", params=asked)).status_code == status


async def test_another_accounts_affiliate_is_not_there(
    client: httpx.AsyncClient, foreign: httpx.AsyncClient, programme: Programme
) -> None:
    ann = await programme.affiliate("ann")
    assert (await foreign.get(f"/affiliates/{ann}/statement")).status_code == 404
    assert (await client.get("/affiliates/999999/statement")).status_code == 404
