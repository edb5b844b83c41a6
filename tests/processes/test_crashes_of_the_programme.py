"""Killing any process at any moment loses no purchase that was answered, pays no commission twice and no one twice."""

import asyncio
import os
import random
import secrets
from collections.abc import Sequence
from decimal import Decimal

import asyncpg
import pytest
from tests.delivery.buyers import buyer
from tests.processes.installation import PATIENCE_SECONDS, Installation, Role
from tests.processes.merchants import AFFILIATES, Merchants, Receiver, set_up_programme
from tests.processes.test_crashes import FEW, MANY, is_complete

from leadyard.affiliates.model import PAYOUT_STATES, PayoutState
from leadyard.storage.embedded import open_database

MERCHANTS, PAUSE_SECONDS = 8, 0.05
ENOUGH = 20
"""Purchases that must be answered after a kill before the next one."""
ANSWERED_SECONDS = 2
"""The receiver answers within a fraction of it: what is still under way after it has nobody who sends it."""

_UNDER_WAY = "SELECT count(*) FROM payouts WHERE due_at IS NOT NULL"
_PURCHASES = "SELECT purchase_code, id FROM purchases WHERE purchase_code LIKE 'order-%'"
_COMMISSIONS = """
SELECT p.purchase_code, array_agg(c.amount ORDER BY c.level) AS amounts, array_agg(a.email ORDER BY c.level) AS emails
FROM commissions c
JOIN purchases p ON p.account_id = c.account_id AND p.id = c.purchase_id
JOIN affiliates a ON a.account_id = c.account_id AND a.id = c.affiliate_id
WHERE p.purchase_code LIKE 'order-%' GROUP BY 1
"""
_PAYOUTS = "SELECT reference, state, amount FROM payouts WHERE method = 'webhook'"
_UNPAID = "SELECT count(*) FROM commissions WHERE state = 0 AND payout_id IS NULL AND due_at <= now() AND NOT is_held"


@pytest.mark.parametrize("victims", [FEW], ids=["3 rounds"])
async def test_kills_at_random_moments_pay_no_one_twice(
    installation: Installation, victims: list[Role]
) -> None:
    await crash(installation, victims)


@pytest.mark.soak
@pytest.mark.parametrize("victims", [MANY], ids=[f"{len(MANY)} rounds"])
async def test_many_kills_at_random_moments_pay_no_one_twice(
    installation: Installation, victims: list[Role]
) -> None:
    await crash(installation, victims)


async def crash(installation: Installation, victims: Sequence[Role]) -> None:
    """Kill the victims in a random order while purchases and payouts go on, then compare everybody's records."""
    seed = os.environ.get("CRASH_SEED") or secrets.token_hex(4)
    print(f"CRASH_SEED={seed} repeats the order of kills and the waits between them")  # noqa: T201 - shown on failure
    chance = random.Random(seed)  # noqa: S311 - to be repeated by its seed
    receiver = Receiver(random.Random(seed))  # noqa: S311 - as above
    await asyncio.to_thread(installation.start)
    async with buyer(receiver.answer) as payer:
        await set_up_programme(installation.port, installation.key(), payer.url)
        merchants = Merchants(installation)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(merchants.run(MERCHANTS, PAUSE_SECONDS))
            try:
                for victim in chance.sample(victims, len(victims)):
                    await asyncio.sleep(chance.uniform(0.2, 2))
                    await asyncio.to_thread(installation.kill, victim, chance)
                    if victim in (Role.SUPERVISOR, Role.TREE):
                        await asyncio.to_thread(installation.start)
                    await recovered(installation, merchants)
            finally:
                merchants.stop()
        with open_database(None, installation.data_dir) as dsn:
            connection = await asyncpg.connect(dsn)
            await settled(connection)
            assert await merchants.pay()
            await settled(connection)
            await nothing_is_lost_or_doubled(connection, merchants)
            await no_one_is_paid_twice(connection, receiver)
            await connection.close()
    assert merchants.surprises == []
    audited = await asyncio.to_thread(installation.run, "audit")
    assert audited.returncode == 0, audited.stdout + audited.stderr


async def recovered(installation: Installation, merchants: Merchants) -> None:
    """Wait until every process is there again and purchases are answered as before."""
    before = len(merchants.answered)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(merchants.answered) < before + ENOUGH or not is_complete(installation):  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(0.1)


async def settled(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Wait until no payout is under way; one that a killed worker had claimed need not wait for the end of its lease."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.sleep(ANSWERED_SECONDS)
        await connection.execute("UPDATE payouts SET due_at = least(due_at, now()) WHERE due_at IS NOT NULL")
        while await connection.fetchval(_UNDER_WAY):  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(0.2)


async def nothing_is_lost_or_doubled(
    connection: "asyncpg.Connection[asyncpg.Record]", merchants: Merchants
) -> None:
    """Each purchase is there once under the id that was answered, with one commission for each level."""
    assert len(merchants.answered) > ENOUGH
    assert merchants.runs > 0
    assert {
        row["purchase_code"]: row["id"] for row in await connection.fetch(_PURCHASES)
    } == merchants.answered
    paid = {
        row["purchase_code"]: (row["amounts"], row["emails"]) for row in await connection.fetch(_COMMISSIONS)
    }
    emails = [f"{name}@example.com" for name in reversed(AFFILIATES)]
    assert paid == {code: ([8_000_000, 1_600_000, 800_000], emails) for code in merchants.answered}


async def no_one_is_paid_twice(connection: "asyncpg.Connection[asyncpg.Record]", receiver: Receiver) -> None:
    """The receiver's record and the books agree, but for payouts that the books call unknown."""
    payouts = {str(row["reference"]): row for row in await connection.fetch(_PAYOUTS)}
    of_state = {
        state: {reference for reference, row in payouts.items() if row["state"] == PAYOUT_STATES[state]}
        for state in PayoutState
    }
    assert [reference for reference, count in receiver.told.items() if count > 1] == []
    assert of_state[PayoutState.PAID] <= set(receiver.told)
    assert set(receiver.told) - of_state[PayoutState.PAID] <= of_state[PayoutState.UNKNOWN]
    assert of_state[PayoutState.PAID] | of_state[PayoutState.UNKNOWN] == set(payouts)
    assert of_state[PayoutState.PAID]
    for reference, amount in receiver.amounts.items():
        assert Decimal(amount) * 1_000_000 == payouts[reference]["amount"]
    assert await connection.fetchval(_UNPAID) == 0
