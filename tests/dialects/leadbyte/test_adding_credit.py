"""POST /credit/add adds to a buyer's credit exactly once, and refuses what is no amount."""

from decimal import Decimal
from typing import Any

import pytest
from tests.dialects.leadbyte.client import Reply
from tests.dialects.leadbyte.world import ADMIN_KEY, OTHER_KEY, World

from leadyard.identity.model import Permission
from leadyard.ledger.credit.counters import balances
from leadyard.ledger.credit.model import Balance

ADDED = '{"status":"Success","message":"OK","warnings":[]}'


async def add(world: World, version: str = "v1.3", key: str = ADMIN_KEY, **members: Any) -> Reply:
    return await world.send("POST", f"/restapi/{version}/credit/add", json={"key": key, **members})


async def credit(world: World) -> dict[int, Balance]:
    async with world.database.connection() as connection:
        return await balances(connection, 1)


@pytest.mark.parametrize("version", ["v1.1", "v1.2", "v1.3"])
@pytest.mark.parametrize("amount", ["100.50", 100.5])
async def test_credit_is_added_by_text_or_number(world: World, version: str, amount: Any) -> None:
    reply = await add(world, version, BID="33", amount=amount, invoice="2026-1")
    assert (reply.status, reply.text) == (200, ADDED)
    assert await credit(world) == {4: Balance(100_500_000, 100_500_000)}
    (entry,) = await world.rows("ledger_entries")
    assert (entry["kind"], entry["memo"]) == ("credit_added", "invoice 2026-1")


async def test_amounts_add_up_exactly_and_a_form_works_too(world: World) -> None:
    assert (await add(world, BID=33, amount="0.1")).status == 200
    form = f"key={ADMIN_KEY}&BID=33&amount=0.2".encode()
    reply = await world.send("POST", "/restapi/v1.3/credit/add", body=form)
    assert reply.text == ADDED
    assert await credit(world) == {4: Balance(300_000, 300_000)}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"BID": "33"}, "amount is required"),
        ({"BID": "33", "amount": ""}, "amount is required"),
        ({"amount": "5"}, "BID is required"),
        ({"BID": "no such", "amount": "5"}, "BID is not known"),
        ({"BID": "4", "amount": "5"}, "BID is not known"),
        ({"BID": "33", "amount": 0}, "amount must be above 0"),
        ({"BID": "33", "amount": "0.0000001"}, "amount must be above 0"),
        ({"BID": "33", "amount": "-5"}, "amount must be from 0 to 1000000000"),
        ({"BID": "33", "amount": "NaN"}, "amount is not an amount"),
        ({"BID": "33", "amount": "1e400"}, "amount must be from 0 to 1000000000"),
        ({"BID": "33", "amount": True}, "amount is not an amount"),
        ({"BID": "33", "amount": [5]}, "amount is not an amount"),
        ({"BID": {"a": 1}, "amount": 5}, "Expected a text or number"),
        ({"BID": "33", "amount": 5, "invoice": {"a": 1}}, "Expected a text or number"),
        ({"BID": "33", "amount": 5, "invoice": "x" * 256}, "invoice must be at most 255 characters long"),
    ],
)
async def test_bad_input_is_refused_and_adds_nothing(
    world: World, members: dict[str, Any], message: str
) -> None:
    reply = await add(world, **members)
    assert (reply.status, reply.json["status"], reply.json["message"]) == (400, "Error", message)
    assert await credit(world) == {}
    assert await world.rows("ledger_entries") == []


async def test_only_a_key_with_the_permission_adds_credit(world: World) -> None:
    key = await world.key_with(Permission.LEADS_CREATE)
    reply = await add(world, key=key, BID="33", amount="5")
    assert (reply.status, reply.json["message"]) == (403, "Permission denied: Credit > Add")
    assert (await add(world, key="", BID="33", amount="5")).status == 401
    assert await credit(world) == {}


async def test_another_accounts_key_does_not_know_the_buyer(world: World) -> None:
    reply = await add(world, key=OTHER_KEY, BID="33", amount="5")
    assert (reply.status, reply.json["message"]) == (400, "BID is not known")
    assert await credit(world) == {}


async def test_credit_grows_beyond_what_one_call_may_add(world: World) -> None:
    for _ in range(2):
        assert (await add(world, BID="33", amount=str(Decimal(1_000_000_000)))).status == 200
    assert (await credit(world))[4].added == 2 * 10**15
