"""Quarantined leads leave by themselves when a rule of their campaign says so."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from tests.desk import Desk
from tests.vault import VAULT

from leadyard.campaigns import service as setup
from leadyard.campaigns.configuration import Configuration
from leadyard.intake.plan import Plans
from leadyard.intake.quarantine import Quarantine
from leadyard.leads.model import SystemStatus
from leadyard.leads.release_rules.model import Progress
from leadyard.leads.release_rules.runner import ReleaseRuleRunner
from leadyard.leads.release_rules.service import progress_of, release_rules
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Database

IN_LEEDS = {"operand": "postcode", "operator": "begins with", "value": "LS"}


class Story:
    """When the test began."""

    start = datetime.now(UTC)


@pytest.fixture(autouse=True)
def begin() -> None:
    """Count time from the test's own beginning: it may run long after this file was read."""
    Story.start = datetime.now(UTC)


@contextmanager
def later(**span: float) -> Iterator[None]:
    with time_machine.travel(Story.start + timedelta(**span), tick=True):
        yield


def runner_of(desk: Desk, database: Database | None = None) -> ReleaseRuleRunner:
    """A worker of its own, as another process would have it."""
    database = database or desk.database
    configuration = Configuration(database)
    quarantine = Quarantine(database, configuration, Plans(), Ledger(database))
    return ReleaseRuleRunner(database, configuration, quarantine)


async def rule_of(desk: Desk, campaign_id: int, **settings: Any) -> int:
    document = {"campaign_id": campaign_id, "name": "By itself", "settings": settings}
    return (await release_rules.create(desk.database, desk.actor, document)).id


async def status(desk: Desk, lead_id: int) -> SystemStatus:
    return (await desk.view(lead_id)).lead.system_status


async def progress(desk: Desk, rule_id: int) -> Progress:
    return await progress_of(desk.database, desk.account_id, rule_id)


async def settle(desk: Desk, rounds: int = 4) -> None:
    """Run what is due at once, several times."""
    for _ in range(rounds):
        await runner_of(desk).run_due()


async def test_what_matches_is_released_after_its_time_and_says_by_which_rule(desk: Desk) -> None:
    campaign = await desk.campaign("HELD", quarantine=True)
    (leeds,) = await desk.submitted(1, campaign="HELD", values={"postcode": "LS1 4AP"})
    (london,) = await desk.submitted(2, campaign="HELD", values={"postcode": "SW1A 1AA"})
    rule_id = await rule_of(desk, campaign.id, rule=IN_LEEDS, release_after_minutes=30)
    with later(minutes=29):
        await settle(desk)
        assert await status(desk, leeds) is SystemStatus.QUARANTINED
    with later(minutes=31):
        await settle(desk)
    assert await status(desk, leeds) is SystemStatus.VALID
    assert await status(desk, london) is SystemStatus.QUARANTINED
    (released,) = [event for event in (await desk.view(leeds)).events if event.event == "released"]
    assert released.detail == f'release rule {rule_id} "By itself"'
    assert f"release rule {rule_id}" in released.actor
    assert ((await progress(desk, rule_id)).released, (await progress(desk, rule_id)).rejected) == (1, 0)
    assert await desk.differences() == []


async def test_a_released_lead_goes_through_what_a_release_by_hand_goes_through(desk: Desk) -> None:
    campaign = await desk.campaign("HELD", quarantine=True, caps={"total": 1})
    await desk.delivery(campaign.id, await desk.buyer())
    first, second = [(await desk.submitted(number, campaign="HELD"))[0] for number in (1, 2)]
    rule_id = await rule_of(desk, campaign.id, release_after_minutes=1)
    with later(minutes=2):
        await settle(desk)
        await desk.work()
    assert (await desk.view(first)).lead.sale_status.name == "SOLD"
    assert await status(desk, second) is SystemStatus.INVALID
    (refused,) = await desk.rows("lead_events", "event = 'refused'")
    assert refused["detail"].endswith(f'(release rule {rule_id} "By itself")')
    assert await desk.differences() == []


async def test_what_still_lies_there_after_days_is_rejected(desk: Desk) -> None:
    campaign = await desk.campaign("HELD", quarantine=True)
    (lead_id,) = await desk.submitted(1, campaign="HELD")
    rule_id = await rule_of(desk, campaign.id, reject_after_days=14)
    with later(days=13, hours=23):
        await settle(desk)
        assert await status(desk, lead_id) is SystemStatus.QUARANTINED
    with later(days=14, hours=1):
        await settle(desk)
    assert await status(desk, lead_id) is SystemStatus.INVALID
    assert (await progress(desk, rule_id)).rejected == 1
    (refused,) = await desk.rows("lead_events", "event = 'refused'")
    assert refused["detail"] == f'Rejected from quarantine (release rule {rule_id} "By itself")'
    assert await desk.differences() == []


async def test_the_time_of_a_lead_that_came_back_runs_anew(desk: Desk) -> None:
    campaign = await desk.campaign("HELD", quarantine_when_skipped=True)
    with later(minutes=0):
        (lead_id,) = await desk.submitted(1, campaign="HELD")
    with later(minutes=40):
        await desk.delivery(campaign.id, await desk.buyer(), rule=IN_LEEDS)
        await desk.work()
        assert await status(desk, lead_id) is SystemStatus.QUARANTINED
        await rule_of(desk, campaign.id, release_after_minutes=30)
        await settle(desk)
        assert await status(desk, lead_id) is SystemStatus.QUARANTINED
    with later(minutes=80):
        await settle(desk)
        assert await status(desk, lead_id) is SystemStatus.VALID


async def test_a_corrected_lead_is_looked_at_again(desk: Desk) -> None:
    campaign = await desk.campaign("HELD", quarantine=True)
    (lead_id,) = await desk.submitted(1, campaign="HELD", values={"postcode": "SW1A 1AA"})
    await rule_of(desk, campaign.id, rule=IN_LEEDS, release_after_minutes=1)
    with later(minutes=2):
        await settle(desk)
        await desk.quarantine.update(desk.principal, lead_id, {"postcode": "LS1 4AP"})
    with later(minutes=9):
        await settle(desk)
    with later(minutes=10):
        await settle(desk)
    assert await status(desk, lead_id) is SystemStatus.VALID


async def test_a_rule_that_is_off_archived_or_anothers_does_nothing(desk: Desk) -> None:
    campaign = await desk.campaign("HELD", quarantine=True)
    other = await desk.campaign("OTHER", quarantine=True)
    (lead_id,) = await desk.submitted(1, campaign="HELD")
    off = await rule_of(desk, campaign.id, release_after_minutes=1)
    await release_rules.update(desk.database, desk.actor, off, {"status": "Inactive"})
    gone = await rule_of(desk, campaign.id, release_after_minutes=1)
    await release_rules.archive(desk.database, desk.actor, gone)
    await rule_of(desk, other.id, release_after_minutes=1)
    with later(hours=1):
        await settle(desk)
    assert await status(desk, lead_id) is SystemStatus.QUARANTINED


async def test_the_throttle_holds_over_workers_and_restarts(desk: Desk) -> None:
    campaign = await desk.campaign("HELD", quarantine=True)
    ids = await desk.submitted(*range(30), campaign="HELD")
    rule_id = await rule_of(desk, campaign.id, release_after_minutes=1, per_minute=6)
    for seconds in range(0, 180, 5):
        with later(minutes=2, seconds=seconds):
            await asyncio.gather(*(runner_of(desk).run_due() for _ in range(3)))
    moments = sorted(row["decided_at"] for row in await desk.rows("leads", "decided_at IS NOT NULL"))
    assert 6 < len(moments) <= 18
    for first in moments:
        assert sum(first <= at < first + timedelta(seconds=60) for at in moments) <= 6
    assert (await progress(desk, rule_id)).released == len(moments)
    events = await desk.rows("lead_events", "event = 'released'")
    assert len({event["lead_id"] for event in events}) == len(events) == len(moments)
    assert set(ids) > {event["lead_id"] for event in events}


async def test_two_workers_at_once_release_each_lead_once(desk: Desk) -> None:
    campaign = await desk.campaign("HELD", quarantine=True)
    ids = await desk.submitted(*range(60), campaign="HELD")
    # Two rules want the same leads, so that workers meet on them.
    rules = [await rule_of(desk, campaign.id, release_after_minutes=1, per_minute=600) for _ in range(2)]
    others = [Database(desk.dsn, size=6, vault=VAULT) for _ in range(2)]
    for database in others:
        await database.open()
    workers = [runner_of(desk, database) for database in others]
    for minute in range(2, 12):
        with later(minutes=minute):
            await asyncio.gather(*(worker.run_due() for worker in workers for _ in range(2)))
    for database in others:
        await database.close()
    events = await desk.rows("lead_events", "event = 'released'")
    assert sorted(event["lead_id"] for event in events) == sorted(ids)
    counted = [await progress(desk, rule_id) for rule_id in rules]
    assert sum(one.released for one in counted) == len(ids)
    assert len(await desk.rows("delivery_jobs")) == len(ids)
    assert await desk.differences() == []


async def test_a_worker_that_dies_in_a_batch_lets_nobody_through_too_early(desk: Desk) -> None:
    campaign = await desk.campaign("HELD", quarantine=True)
    await desk.submitted(*range(8), campaign="HELD")
    await rule_of(desk, campaign.id, release_after_minutes=1, per_minute=2)
    released: list[Any] = []

    class Dying(Quarantine):
        async def release(self, *arguments: Any, **named: Any) -> Any:
            done = await super().release(*arguments, **named)
            released.extend(done)
            raise asyncio.CancelledError

    dying = Dying(desk.database, desk.configuration, desk.plans, desk.ledger)
    with later(minutes=2):
        runner = ReleaseRuleRunner(desk.database, desk.configuration, dying)
        (ended,) = await asyncio.gather(runner.run_due(), return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError)
        assert len(released) == 1
        await settle(desk)
    with later(minutes=2, seconds=25):
        await settle(desk)
        assert len(await desk.rows("leads", "decided_at IS NOT NULL")) == 1
    with later(minutes=2, seconds=35):
        await settle(desk)
    assert len(await desk.rows("leads", "decided_at IS NOT NULL")) == 2


async def test_what_a_rule_cannot_do_is_told_and_tried_again(desk: Desk) -> None:
    campaign = await desk.campaign("HELD", quarantine=True)
    (lead_id,) = await desk.submitted(1, campaign="HELD")
    rule_id = await rule_of(desk, campaign.id, release_after_minutes=1)
    async with desk.database.connection() as connection:
        with later(minutes=2):
            await connection.execute("ALTER TABLE lead_events RENAME COLUMN detail TO away")
            await settle(desk)
            await connection.execute("ALTER TABLE lead_events RENAME COLUMN away TO detail")
    assert (await progress(desk, rule_id)).last_error == "UndefinedColumnError"
    with later(minutes=4):
        await settle(desk)
    assert (await progress(desk, rule_id)).last_error is None
    assert await status(desk, lead_id) is SystemStatus.VALID


async def test_a_rule_keeps_the_fields_and_lists_that_it_names(desk: Desk) -> None:
    campaign = await desk.campaign("HELD", quarantine=True)
    postcodes = {"reference": "LEEDS", "name": "Leeds", "values": ["LS1 4AP"]}
    listed = await setup.value_lists.create(desk.database, desk.actor, postcodes)
    rule = {"operand": "postcode", "operator": "in list", "list": "LEEDS"}
    rule_id = await rule_of(desk, campaign.id, rule=rule, release_after_minutes=1)
    (leeds,) = await desk.submitted(1, campaign="HELD", values={"postcode": "LS1 4AP"})
    with later(minutes=2):
        await settle(desk)
    assert await status(desk, leeds) is SystemStatus.VALID
    refusal = await asyncio.gather(
        setup.value_lists.archive(desk.database, desk.actor, listed.id), return_exceptions=True
    )
    assert "a rule names this list" in str(refusal[0])
    await release_rules.archive(desk.database, desk.actor, rule_id)
    await setup.value_lists.archive(desk.database, desk.actor, listed.id)
