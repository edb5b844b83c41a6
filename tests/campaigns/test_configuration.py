"""What every process holds in memory follows each change."""

from decimal import Decimal

from leadyard.campaigns import service
from leadyard.campaigns.configuration import Configuration
from leadyard.identity.actor import Actor
from leadyard.storage.database import Database


async def test_another_process_sees_a_change_at_once(database: Database, actor: Actor) -> None:
    other = Configuration(database)
    before = await other.current(actor.account_id)

    await service.campaigns.create(database, actor, {"reference": "Solar-UK", "name": "A"})

    after = await other.current(actor.account_id)
    assert after.version > before.version
    campaign = after.campaign("solar-uk")
    assert campaign is not None
    assert campaign.id == 1


async def test_terms_and_deliveries_are_loaded_in_order(database: Database, actor: Actor) -> None:
    await service.campaigns.create(database, actor, {"reference": "A", "name": "A"})
    await service.suppliers.create(database, actor, {"name": "A"})
    await service.buyers.create(database, actor, {"company": "A"})
    await service.put_terms(database, actor, 1, 1, {"payout": {"amount": "3.5"}})
    for priority in (20, 10, 10, 5):
        document = {"campaign_id": 1, "buyer_id": 1, "reference": "D", "settings": {"priority": priority}}
        await service.deliveries.create(database, actor, document)
    await service.deliveries.archive(database, actor, 4)

    campaign = (await Configuration(database).setup(actor.account_id)).campaigns[1]

    assert [delivery.id for delivery in campaign.deliveries] == [2, 3, 1]
    payout = campaign.suppliers[1].payout
    assert payout is not None
    assert payout.amount == Decimal("3.5")


async def test_an_archived_webhook_is_told_nothing_more(database: Database, actor: Actor) -> None:
    await service.webhooks.create(database, actor, {"url": "https://example.com"})
    await service.webhooks.archive(database, actor, 1)

    assert (await Configuration(database).setup(actor.account_id)).webhooks == ()
