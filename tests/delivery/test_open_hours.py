"""A delivery that is closed is passed over, or keeps its leads until it opens."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from tests.desk import Desk, new_desk

from leadyard.campaigns.model import Trigger
from leadyard.kit import clock
from leadyard.leads.model import AttemptState, SaleStatus
from leadyard.routing.schedules import Schedule, WhenClosed, Window
from leadyard.storage.database import Database, Row

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ALL_DAY = (Window("00:00", "24:00"),)


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


def opens_in_two_days(when_closed: WhenClosed) -> Schedule:
    """A schedule that is closed today and tomorrow, and open for the two days after that."""
    today = clock.now().weekday()
    days: dict[str, Any] = {WEEKDAYS[(today + number) % 7]: ALL_DAY for number in (2, 3)}
    return Schedule(**days, when_closed=when_closed)


def next_opening() -> datetime:
    midnight = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=2)


async def due(desk: Desk) -> list[datetime]:
    return [row["due_at"] for row in await desk.rows("delivery_jobs")]


async def until_postponed(desk: Desk) -> None:
    async with desk.working(desk.dsn, desk.settings):
        rows: list[Row] = []
        while not rows or rows[0]["due_at"] <= clock.now() + timedelta(hours=1):
            rows = await desk.rows("delivery_jobs", "worker_id IS NULL")


async def test_a_closed_delivery_is_passed_over_with_the_reason(desk: Desk) -> None:
    campaign = await desk.campaign()
    closed = await desk.delivery(campaign.id, await desk.buyer(), priority=1, schedule=Schedule())
    open_one = await desk.delivery(campaign.id, await desk.buyer(), priority=2)
    (lead_id,) = await desk.sold(1)
    attempts = (await desk.view(lead_id)).attempts
    assert [(a.delivery_id, a.state, a.reason) for a in attempts] == [
        (closed.id, AttemptState.SKIPPED, "schedule"),
        (open_one.id, AttemptState.SOLD, "Stored"),
    ]


async def test_a_buyers_own_hours_close_all_its_deliveries(desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer(schedule=opens_in_two_days(WhenClosed.SKIP)))
    (lead_id,) = await desk.sold(1)
    view = await desk.view(lead_id)
    assert view.lead.sale_status is SaleStatus.UNSOLD
    assert [a.reason for a in view.attempts] == ["schedule"]


async def test_in_advanced_distribution_a_closed_delivery_is_passed_over_even_if_it_would_hold(
    desk: Desk,
) -> None:
    campaign = await desk.campaign(distribution="Priority")
    await desk.delivery(campaign.id, await desk.buyer(), schedule=opens_in_two_days(WhenClosed.HOLD))
    (lead_id,) = await desk.sold(1)
    assert [a.reason for a in (await desk.view(lead_id)).attempts] == ["schedule"]


async def test_outside_it_a_lead_waits_for_the_opening_and_is_sold_then(desk: Desk) -> None:
    campaign = await desk.campaign(distribution="Standard")
    await desk.delivery(campaign.id, await desk.buyer(), schedule=opens_in_two_days(WhenClosed.HOLD))
    (lead_id,) = await desk.submitted(1)
    await until_postponed(desk)
    assert await due(desk) == [next_opening()]
    view = await desk.view(lead_id)
    assert (view.lead.sale_status, view.attempts) == (SaleStatus.PENDING, ())
    with time_machine.travel(next_opening() + timedelta(seconds=1), tick=True):
        await desk.work()
    assert (await desk.view(lead_id)).lead.sale_status is SaleStatus.SOLD


async def test_a_delivery_triggered_by_hand_waits_for_its_opening_too(desk: Desk) -> None:
    campaign = await desk.campaign()
    buyer_id = await desk.buyer()
    delivery = await desk.delivery(
        campaign.id, buyer_id, trigger=Trigger.MANUAL, schedule=opens_in_two_days(WhenClosed.HOLD)
    )
    (lead_id,) = await desk.sold(1)
    assert await desk.leads.trigger(desk.principal, lead_id, [delivery.id]) == {delivery.id: ""}
    await until_postponed(desk)
    assert await due(desk) == [next_opening()]


async def test_a_delivery_that_would_hold_but_never_opens_is_passed_over(desk: Desk) -> None:
    campaign = await desk.campaign(distribution="Standard")
    never = Schedule(when_closed=WhenClosed.HOLD)
    await desk.delivery(campaign.id, await desk.buyer(), schedule=never)
    (lead_id,) = await desk.sold(1)
    assert [a.reason for a in (await desk.view(lead_id)).attempts] == ["schedule"]
