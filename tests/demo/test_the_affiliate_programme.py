"""The demo's affiliate programme: made once, with money that adds up."""

from tests.exchange import new_exchange

from leadyard.demo.program import complete_program, make_program_history
from leadyard.storage.database import Database


async def test_the_history_is_made_once_and_its_money_adds_up(database: Database) -> None:
    exchange = await new_exchange(database)
    for _ in range(2):
        await complete_program(database, exchange.actor)
        await make_program_history(database, exchange.actor)

    plans = await exchange.rows("plans")
    assert [(row["id"], row["code"], row["is_default"]) for row in plans] == [
        (7, "basic", True),
        (8, "plus", False),
        (9, "items", False),
    ]
    assert [(row["id"], row["code"]) for row in await exchange.rows("traffic_campaigns")] == [
        (7, "ExampleCampaign")
    ]
    codes = [row["code"] for row in await exchange.rows("affiliate_codes")]
    assert sorted(codes) == ["ADA10", "GRACE", "benblog"]
    purchases = await exchange.rows("purchases")
    assert len(purchases) >= 5
    assert {row["description"] for row in purchases} == {"made-up demo history"}
    states = {row["state"] for row in await exchange.rows("commissions")}
    assert states == {0, 1}
    assert await exchange.differences() == []
