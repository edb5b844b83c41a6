"""A restart at another address moves the demo's buyer, and leaves alone what an operator has changed."""

from pathlib import Path

from leadyard.campaigns import service as setup
from leadyard.demo import seed
from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.settings import Settings
from leadyard.storage.database import Database

ELSEWHERE = "https://crm.example.com/leads"


async def urls(database: Database, account_id: int) -> list[str]:
    found = [await setup.deliveries.read(database, account_id, each) for each in (1050, 1051, 1052, 1053)]
    return [record.settings.http.url for record in found if record.settings.http is not None]


async def test_deliveries_that_still_go_to_the_demos_buyer_move_with_it(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    await seed._prepare(dsn, Settings(data_dir=tmp_path, port=8080))
    async with database.connection() as connection:
        account = await identity.find_account_by_slug(connection, "demo")
    assert account is not None
    assert await urls(database, account.id) == ["http://127.0.0.1:8080/demo/buyer"] * 4

    change = {"settings": {"http": {"url": ELSEWHERE}}}
    await setup.deliveries.update(database, Actor(account.id, "tester"), 1051, change)
    await seed._prepare(dsn, Settings(data_dir=tmp_path, port=9090))

    moved = "http://127.0.0.1:9090/demo/buyer"
    assert await urls(database, account.id) == [moved, ELSEWHERE, moved, moved]
