"""Whoever sends a lead is a person: made once by the first submission, and new to the first who tracks them."""

import asyncio
from ipaddress import ip_network
from pathlib import Path

import pytest
from tests.delivery.buyers import Call, buyer
from tests.exchange import Exchange, new_exchange

from leadyard.kit import clock
from leadyard.people import service as people
from leadyard.people.model import Profile, Submitter
from leadyard.people.submitting import submitter_of
from leadyard.settings import Settings
from leadyard.storage.database import Database


@pytest.fixture
async def exchange(database: Database) -> Exchange:
    return await new_exchange(database)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, allowed_networks=(ip_network("127.0.0.0/8"),))


async def _accepts(call: Call) -> None:
    await call.answer('{"status": "accepted"}')


async def test_a_lead_that_is_offered_makes_its_person_once(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    campaign, other = await exchange.campaign(), await exchange.campaign("OTHER")
    async with buyer(_accepts) as shop:
        for one in (campaign, other):
            await exchange.delivery(one.id, await exchange.buyer(), shop.url)
        async with exchange.working(dsn, settings):
            for reference in (campaign.reference, other.reference):
                await exchange.submit(1, campaign=reference)
                await exchange.submit(2, campaign=reference)
            await exchange.until_idle()
    rows = await exchange.rows("people")
    assert [row["is_only_submitted"] for row in rows] == [True, True]
    assert len({row["email_key"] for row in rows}) == 2
    async with exchange.database.connection() as connection:
        assert await people.count(connection, exchange.account_id) == 2
        first = await people.find(connection, exchange.account_id, email=rows[0]["email"].upper())
    assert first is not None
    assert first.profile.first_name
    assert first.profile.phone is None


async def test_who_was_only_submitted_is_new_to_the_first_who_names_them_and_known_to_the_next(
    exchange: Exchange,
) -> None:
    earlier = clock.now().replace(microsecond=0)
    told = [Submitter("Ann@Example.com", Profile(first_name="Ann"), earlier)]
    async with exchange.database.unit_of_work() as connection:
        await people.note_submitters(connection, exchange.account_id, told)
        named = [
            await people.lock_or_make(connection, exchange.account_id, "ann@example.com", clock.now())
            for _ in range(2)
        ]
        await people.note_submitters(connection, exchange.account_id, told)
        after = await people.find(connection, exchange.account_id, email="ann@example.com")
    assert [is_new for _, is_new in named] == [True, False]
    assert named[0][0].created_at == earlier
    assert after == named[1][0]


async def test_workers_that_tell_of_the_same_people_at_once_make_each_once(exchange: Exchange) -> None:
    told = [Submitter(f"p{number}@example.com", Profile(), clock.now()) for number in range(40)]

    async def tell(submitters: list[Submitter]) -> None:
        async with exchange.database.unit_of_work() as connection:
            await people.note_submitters(connection, exchange.account_id, submitters)

    await asyncio.gather(*(tell(order) for order in (told, told[::-1], told[10:], told[:30])))
    assert len(await exchange.rows("people")) == 40
    async with exchange.database.connection() as connection:
        assert await people.count(connection, exchange.account_id) == 40


def test_a_submission_without_an_address_tells_of_nobody() -> None:
    assert submitter_of({"phone1": "07900000000"}, clock.now()) is None


async def test_of_known_people_nothing_changes(database: Database) -> None:
    exchange = await new_exchange(database)
    known = Submitter("known@example.com", Profile(first_name="Ann"), clock.now())
    again = Submitter("Known@Example.com", Profile(first_name="Bob"), clock.now())
    new = Submitter("new@example.com", Profile(), clock.now())
    for submitters in ([known], [again, new]):
        async with database.unit_of_work() as connection:
            await people.note_submitters(connection, exchange.account_id, submitters)

    async with database.connection() as connection:
        person = await people.find(connection, exchange.account_id, email="known@example.com")
        assert await people.count(connection, exchange.account_id) == 2
    assert person is not None
    assert person.profile.first_name == "Ann"
