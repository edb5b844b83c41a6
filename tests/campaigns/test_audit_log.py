"""Every change is on record: who, when, what, from what to what, and never a secret."""

from leadyard.campaigns import service
from leadyard.identity.actor import Actor
from leadyard.identity.audit import list_changes
from leadyard.storage.database import Database


async def test_a_change_is_on_record_with_what_it_was_before(database: Database, actor: Actor) -> None:
    await service.campaigns.create(database, actor, {"reference": "A", "name": "First"})
    await service.campaigns.update(database, actor, 1, {"name": "Second"})
    await service.campaigns.archive(database, actor, 1)

    (archived, updated, created), total = await list_changes(database, actor.account_id, entity="campaign")

    assert total == 3
    assert [c.action for c in (created, updated, archived)] == ["create", "update", "archive"]
    assert {c.actor for c in (created, updated, archived)} == {"tester"}
    assert created.at <= updated.at <= archived.at
    assert created.before is None
    assert updated.before is not None
    assert updated.after is not None
    assert (updated.before["name"], updated.after["name"]) == ("First", "Second")
    assert archived.after is not None
    assert archived.after["status"] == "Archived"


async def test_secrets_are_masked_on_record(database: Database, actor: Actor) -> None:
    document = {"url": "https://example.com", "settings": {"secret": "first-secret"}}
    await service.webhooks.create(database, actor, document)
    await service.webhooks.update(database, actor, 1, {"settings": {"secret": "second-secret"}})

    changes, _ = await list_changes(database, actor.account_id, entity="webhook")

    assert len(changes) == 2
    assert "-secret" not in str(changes)


async def test_a_change_that_changes_nothing_is_not_on_record(database: Database, actor: Actor) -> None:
    await service.campaigns.create(database, actor, {"reference": "A", "name": "First"})

    await service.campaigns.update(database, actor, 1, {"name": "First"})

    assert (await list_changes(database, actor.account_id, entity="campaign"))[1] == 1
