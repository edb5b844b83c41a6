"""Jobs take on many leads in batches, keep to their throttle, and go on where another worker stopped."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import time_machine
from tests.desk import Desk

from leadyard.kit.errors import InvalidInputError
from leadyard.leads.jobs.model import JobKind, JobState
from leadyard.leads.jobs.runner import JobRunner
from leadyard.leads.jobs.service import Jobs
from leadyard.leads.model import SaleStatus, SystemStatus
from leadyard.leads.reading import LeadFilter


def jobs_of(desk: Desk) -> Jobs:
    return Jobs(desk.database, desk.configuration)


def runner_of(desk: Desk) -> JobRunner:
    return JobRunner(desk.database, desk.configuration, desk.quarantine)


async def run_all(desk: Desk) -> None:
    """Run what is due, whatever the throttle says, until no job is active."""
    for _ in range(50):
        async with desk.database.connection() as connection:
            await connection.execute("UPDATE jobs SET due_at = now() - interval '1 minute'")
        await runner_of(desk).run_due()
        if not await jobs_of(desk).page(desk.account_id, state=JobState.ACTIVE):
            return
    raise AssertionError


async def test_unsold_leads_are_distributed_again_once_each(desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.campaign("OTHER")
    ids = await desk.sold(1, 2, 3)
    await desk.sold(4, campaign="OTHER")
    await desk.submitted(5, is_test=True)
    await desk.delivery(campaign.id, await desk.buyer())
    (sold,) = await desk.sold(6)
    wanted = LeadFilter(campaign_id=campaign.id, sale_status=SaleStatus.UNSOLD)
    assert (await jobs_of(desk).preview(desk.principal, JobKind.REPROCESS, wanted)).count == 3
    job = await jobs_of(desk).start(desk.principal, JobKind.REPROCESS, wanted, 60_000)
    assert (job.total, job.state) == (3, JobState.ACTIVE)
    await desk.sold(7)
    await run_all(desk)
    await desk.work()
    done = await jobs_of(desk).read(desk.account_id, job.id)
    assert (done.state, done.done, done.failed) == (JobState.DONE, 3, 0)
    assert {(await desk.view(lead_id)).lead.sale_status for lead_id in ids} == {SaleStatus.SOLD}
    events = await desk.rows("lead_events", "event = 'reprocessed'")
    assert sorted(event["lead_id"] for event in events) == sorted(ids)
    assert sold not in [event["lead_id"] for event in events]
    assert events[0]["actor"] == desk.principal.actor
    assert await desk.differences() == []


async def test_a_throttle_is_kept_and_another_worker_goes_on(desk: Desk) -> None:
    await desk.campaign()
    ids = sorted(await desk.sold(1, 2, 3))
    wanted = LeadFilter(sale_status=SaleStatus.UNSOLD)
    job = await jobs_of(desk).start(desk.principal, JobKind.REPROCESS, wanted, 2)
    start = datetime.now(UTC)
    for number, seconds in enumerate((0, 31, 62)):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=True):
            assert await runner_of(desk).run_due()
            assert not await runner_of(desk).run_due()
        moved = await jobs_of(desk).read(desk.account_id, job.id)
        assert (moved.cursor, moved.done) == (ids[number], number + 1)


async def test_many_workers_at_once_take_each_lead_on_once(desk: Desk) -> None:
    await desk.campaign()
    ids = await desk.sold(*range(12))
    await jobs_of(desk).start(desk.principal, JobKind.REPROCESS, LeadFilter(), 60)
    start = datetime.now(UTC)
    for minute in range(1, 5):
        with time_machine.travel(start + timedelta(minutes=minute), tick=True):
            await asyncio.gather(*(runner_of(desk).run_due() for _ in range(4)))
    events = await desk.rows("lead_events", "event = 'reprocessed'")
    assert sorted(event["lead_id"] for event in events) == sorted(ids)


async def test_a_cancelled_job_does_nothing_more(desk: Desk) -> None:
    await desk.campaign()
    await desk.sold(1, 2)
    job = await jobs_of(desk).start(desk.principal, JobKind.REPROCESS, LeadFilter(), 1)
    await runner_of(desk).run_due()
    assert await jobs_of(desk).cancel(desk.account_id, job.id)
    assert not await jobs_of(desk).cancel(desk.account_id, job.id)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1), tick=True):
        assert not await runner_of(desk).run_due()
    assert (await jobs_of(desk).read(desk.account_id, job.id)).done == 1


async def test_quarantined_leads_are_released_by_filter(desk: Desk) -> None:
    held = await desk.campaign("HELD", quarantine=True)
    other = await desk.campaign("OTHER", quarantine=True)
    ids = await desk.submitted(1, 2, campaign="HELD")
    (kept,) = await desk.submitted(3, campaign="OTHER")
    wanted = LeadFilter(campaign_id=held.id)
    assert other.id != held.id
    assert (await jobs_of(desk).preview(desk.principal, JobKind.RELEASE, wanted)).count == 2
    await jobs_of(desk).start(desk.principal, JobKind.RELEASE, wanted, 600)
    await run_all(desk)
    statuses = {lead_id: (await desk.view(lead_id)).lead.system_status for lead_id in (*ids, kept)}
    assert statuses == {
        ids[0]: SystemStatus.VALID,
        ids[1]: SystemStatus.VALID,
        kept: SystemStatus.QUARANTINED,
    }
    assert await desk.differences() == []


async def test_leads_leave_the_quarantine_by_themselves_after_their_time(desk: Desk) -> None:
    await desk.campaign("HELD", quarantine=True, release_after_minutes=30)
    (old,) = await desk.submitted(1, campaign="HELD")
    start = datetime.now(UTC)
    await runner_of(desk).start_releases()
    assert await jobs_of(desk).page(desk.account_id) == []
    with time_machine.travel(start + timedelta(minutes=20), tick=True):
        (young,) = await desk.submitted(2, campaign="HELD")
    with time_machine.travel(start + timedelta(minutes=31), tick=True):
        await asyncio.gather(*(runner_of(desk).start_releases() for _ in range(3)))
        await runner_of(desk).start_releases()
    (job,) = await jobs_of(desk).page(desk.account_id)
    assert (job.total, job.made_by) == (1, "automatic release")
    await run_all(desk)
    assert (await desk.view(old)).lead.system_status is SystemStatus.VALID
    assert (await desk.view(young)).lead.system_status is SystemStatus.QUARANTINED


async def test_a_job_whose_batch_fails_is_tried_again_later(desk: Desk) -> None:
    await desk.campaign()
    await desk.sold(1)
    job = await jobs_of(desk).start(desk.principal, JobKind.REPROCESS, LeadFilter(), 600)
    async with desk.database.connection() as connection:
        await connection.execute("ALTER TABLE lead_events RENAME TO away")
        await runner_of(desk).run_due()
        await connection.execute("ALTER TABLE away RENAME TO lead_events")
    failed = await jobs_of(desk).read(desk.account_id, job.id)
    assert (failed.state, failed.done, failed.last_error) == (JobState.ACTIVE, 0, "UndefinedTableError")
    await run_all(desk)
    mended = await jobs_of(desk).read(desk.account_id, job.id)
    assert (mended.state, mended.done, mended.last_error) == (JobState.DONE, 1, None)


async def test_a_throttle_that_makes_no_sense_is_refused(desk: Desk) -> None:
    for per_minute in (0, 60_001):
        with pytest.raises(InvalidInputError):
            await jobs_of(desk).start(desk.principal, JobKind.REPROCESS, LeadFilter(), per_minute)


async def test_the_worker_runs_jobs(desk: Desk) -> None:
    await desk.campaign()
    await desk.sold(1)
    job = await jobs_of(desk).start(desk.principal, JobKind.REPROCESS, LeadFilter(), 60_000)
    stop = asyncio.Event()
    running = asyncio.create_task(runner_of(desk).run(stop))
    async with asyncio.timeout(20):
        while (await jobs_of(desk).read(desk.account_id, job.id)).state is JobState.ACTIVE:  # noqa: ASYNC110 - the runner tells nobody
            await asyncio.sleep(0.02)
    stop.set()
    await running
    ended = await jobs_of(desk).read(desk.account_id, job.id)
    assert (ended.state, ended.last_error) == (JobState.DONE, None)


async def test_jobs_over_http(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.campaign("HELD", quarantine=True)
    await desk.sold(1, 2)
    await desk.submitted(3, campaign="HELD")
    body: dict[str, Any] = {"filter": {"campaign_id": campaign.id, "sale_status": "Unsold"}}
    assert (await own.post("/leads/reprocess/preview", json=body)).json() == {"count": 2}
    assert (await own.post("/quarantine/release/preview", json={})).json() == {"count": 1}
    made = await own.post("/leads/reprocess", json={**body, "per_minute": 30})
    assert (made.status_code, made.json()["total"], made.json()["filter"]) == (201, 2, body["filter"])
    path = f"/jobs/{made.json()['id']}"
    assert made.headers["location"] == f"/api/v1{path}"
    assert (await own.get(path)).json()["state"] == "active"
    assert (await own.post(f"{path}/cancel")).json()["state"] == "cancelled"
    assert (await own.post(f"{path}/cancel")).status_code == 409
    await own.post("/quarantine/release", json={})
    listed = (await own.get("/jobs", params={"state": "active", "kind": "release"})).json()
    assert [job["kind"] for job in listed["items"]] == ["release"]
    assert (await own.get("/jobs/999")).status_code == 404
    assert (await own.post("/leads/reprocess", json={"per_minute": 0})).status_code == 422
