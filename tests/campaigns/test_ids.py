"""Ids are small, ascending, per account, and may be chosen."""

import pytest

from leadyard.campaigns import service
from leadyard.identity.actor import Actor
from leadyard.kit.errors import ConflictError, InvalidInputError
from leadyard.storage.database import Database


async def test_a_chosen_id_is_kept_and_never_given_out_again(database: Database, actor: Actor) -> None:
    chosen = await service.campaigns.create(database, actor, {"reference": "A", "name": "A"}, chosen_id=9)
    following = await service.campaigns.create(database, actor, {"reference": "B", "name": "B"})

    assert (chosen.id, following.id) == (9, 10)


async def test_a_chosen_id_in_use_is_refused(database: Database, actor: Actor) -> None:
    await service.buyers.create(database, actor, {"company": "A"}, chosen_id=4)

    with pytest.raises(ConflictError):
        await service.buyers.create(database, actor, {"company": "B"}, chosen_id=4)


async def test_each_account_counts_from_one(database: Database, actor: Actor, stranger: Actor) -> None:
    for owner in (actor, stranger):
        assert (await service.suppliers.create(database, owner, {"name": "A"})).id == 1


async def test_a_sid_and_a_bid_are_the_id_where_none_is_given(database: Database, actor: Actor) -> None:
    assert (await service.suppliers.create(database, actor, {"name": "A"})).sid == "1"
    assert (await service.buyers.create(database, actor, {"company": "A", "bid": "33"})).bid == "33"


@pytest.mark.parametrize(
    ("noun", "document"), [("suppliers", {"name": "A", "sid": "7"}), ("buyers", {"company": "A", "bid": "7"})]
)
async def test_a_sid_or_bid_in_use_is_refused(
    database: Database, actor: Actor, noun: str, document: dict[str, str]
) -> None:
    await getattr(service, noun).create(database, actor, document)

    with pytest.raises(ConflictError):
        await getattr(service, noun).create(database, actor, document)


async def test_a_refused_change_leaves_no_trace(database: Database, actor: Actor) -> None:
    with pytest.raises(InvalidInputError):
        await service.campaigns.create(database, actor, {"reference": "A", "name": ""})

    assert (await service.campaigns.create(database, actor, {"reference": "A", "name": "A"})).id == 1
