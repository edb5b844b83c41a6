"""A delivery or a buyer that wants each lead once is passed over for one that it had already."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from tests.delivery.buyers import Call, buyer
from tests.desk import Desk, new_desk

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import DeliveredDedupe, Match
from leadyard.delivery.delivered import DeliveredGate, DeliveredKey, Owner, Wish
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError
from leadyard.leads.model import AttemptState
from leadyard.storage.database import Database

BY_EMAIL = DeliveredDedupe(fields=("email",))
SAME = {"email": "ann@example.com"}


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def states(desk: Desk) -> list[tuple[int, AttemptState, str]]:
    rows = await desk.rows("delivery_attempts")
    return [(row["delivery_id"], AttemptState(row["state"]), row["reason"]) for row in rows]


async def test_a_delivery_takes_a_lead_once_and_the_next_one_gets_its_double(desk: Desk) -> None:
    campaign = await desk.campaign(dedupe={})
    first = await desk.delivery(campaign.id, await desk.buyer(), priority=1, dedupe=BY_EMAIL)
    second = await desk.delivery(campaign.id, await desk.buyer("Other"), priority=2)
    await desk.sold(1, values=SAME)
    await desk.sold(2, values={"email": "Ann@Example.com"})
    assert await states(desk) == [
        (first.id, AttemptState.SOLD, "Stored"),
        (first.id, AttemptState.SKIPPED, "duplicate"),
        (second.id, AttemptState.SOLD, "Stored"),
    ]
    assert await desk.differences() == []


async def test_a_buyer_takes_a_lead_once_over_all_its_deliveries_and_campaigns(desk: Desk) -> None:
    buyer_id = await desk.buyer(dedupe=DeliveredDedupe(fields=("phone1",)))
    for reference in ("CARS", "BIKES"):
        campaign = await desk.campaign(reference, dedupe={})
        await desk.delivery(campaign.id, buyer_id)
    phone = {"phone1": "07700900123"}
    await desk.sold(1, values=phone)
    await desk.sold(2, campaign="BIKES", values=phone)
    assert [(state, reason) for _, state, reason in await states(desk)] == [
        (AttemptState.SOLD, "Stored"),
        (AttemptState.SKIPPED, "duplicate"),
    ]
    assert await desk.differences() == []


async def test_of_equal_leads_at_once_over_two_workers_one_is_sold(desk: Desk) -> None:
    campaign = await desk.campaign(dedupe={})
    await desk.delivery(campaign.id, await desk.buyer(), dedupe=BY_EMAIL)
    await desk.submitted(*range(20), values=SAME)
    async with desk.working(desk.dsn, desk.settings), desk.working(desk.dsn, desk.settings):
        await desk.until_idle()
    found = [state for _, state, _ in await states(desk)]
    assert sorted(found) == [AttemptState.SOLD] + [AttemptState.SKIPPED] * 19
    assert len(await desk.rows("delivered_keys")) == 1
    assert await desk.differences() == []


async def test_a_refused_lead_gives_its_key_back(desk: Desk) -> None:
    answers = ['{"status":"no"}', '{"status":"accepted"}']

    async def script(call: Call) -> None:
        await call.answer(answers.pop(0))

    campaign = await desk.campaign(dedupe={})
    async with buyer(script) as taker:
        await desk.delivery(campaign.id, await desk.buyer(dedupe=BY_EMAIL), taker.url, dedupe=BY_EMAIL)
        await desk.sold(1, values=SAME)
        assert await desk.rows("delivered_keys") == []
        await desk.sold(2, values=SAME)
    assert [state for _, state, _ in await states(desk)] == [AttemptState.REJECTED, AttemptState.SOLD]
    assert len(await desk.rows("delivered_keys")) == 2


async def test_a_lead_that_a_buyer_may_have_keeps_its_key(desk: Desk) -> None:
    async def script(call: Call) -> None:
        if len(taker.calls) == 1:
            await asyncio.sleep(5)
        await call.answer('{"status":"accepted"}')

    campaign = await desk.campaign(dedupe={})
    async with buyer(script) as taker:
        await desk.delivery(campaign.id, await desk.buyer(), taker.url, dedupe=BY_EMAIL)
        (lead_id,) = await desk.sold(1, values=SAME)
        await desk.sold(2, values=SAME)
        assert [state for _, state, _ in await states(desk)] == [AttemptState.UNKNOWN, AttemptState.SKIPPED]
        await desk.leads.resolve_unknown(desk.principal, lead_id, 1, accepted=False, revenue=None)
        assert await desk.rows("delivered_keys") == []


async def test_it_counts_from_switch_on(desk: Desk) -> None:
    campaign = await desk.campaign(dedupe={})
    delivery = await desk.delivery(campaign.id, await desk.buyer())

    async def switch(*fields: str) -> None:
        patch = {"settings": {"dedupe": {"fields": list(fields)}}}
        await setup.deliveries.update(desk.database, desk.actor, delivery.id, patch)

    await desk.sold(1, values=SAME)
    await switch("email")
    await desk.sold(2, values=SAME)
    await desk.sold(3, values=SAME)
    await switch()
    await switch("email")
    await desk.sold(4, values=SAME)
    assert [state for _, state, _ in await states(desk)] == [
        AttemptState.SOLD,
        AttemptState.SOLD,
        AttemptState.SKIPPED,
        AttemptState.SOLD,
    ]


async def test_all_fields_together_and_leads_without_them(desk: Desk) -> None:
    campaign = await desk.campaign(dedupe={})
    both = DeliveredDedupe(fields=("email", "postcode"), match=Match.ALL)
    await desk.delivery(campaign.id, await desk.buyer(), dedupe=both)
    for number, postcode in enumerate(["TN25 6QD", "tn256qd", "TN25 6QE", "", ""]):
        await desk.sold(number, values={**SAME, "postcode": postcode})
    found = [state for _, state, _ in await states(desk)]
    assert found == [AttemptState.SOLD, AttemptState.SKIPPED] + [AttemptState.SOLD] * 3


def test_a_key_older_than_the_window_is_free_again() -> None:
    now = clock.now()
    key = DeliveredKey(Owner.BUYER, 4, b"k")
    for window, age, expected in (
        (None, timedelta(days=999), "duplicate"),
        (timedelta(hours=2), timedelta(hours=1), "duplicate"),
        (timedelta(hours=2), timedelta(hours=2), None),
    ):
        gate = DeliveredGate(1, {(9, 3): [Wish(key, window)]}, {key: (7, now - age)}, now)
        assert gate.reason((9, 3)) == expected


async def test_fields_that_the_campaign_does_not_have_are_refused(desk: Desk) -> None:
    campaign = await desk.campaign()
    with pytest.raises(InvalidInputError):
        await desk.delivery(campaign.id, await desk.buyer(), dedupe=DeliveredDedupe(fields=("nothing",)))
