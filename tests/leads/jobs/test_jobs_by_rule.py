"""Jobs take on only the leads that match their rule, released, rejected or distributed again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from tests.desk import Desk

from leadyard.kit.errors import InvalidInputError
from leadyard.leads.jobs.model import Job, JobKind, JobState
from leadyard.leads.jobs.runner import JobRunner
from leadyard.leads.jobs.service import Jobs, Preview
from leadyard.leads.jobs.throttle import MOST_PER_MINUTE, batch_size, longest_pause, pause_after
from leadyard.leads.model import SystemStatus
from leadyard.leads.reading import LeadFilter
from leadyard.routing.rules import Operator, Rule

IN_LEEDS = Rule(operand="postcode", operator=Operator.BEGINS, value="LS")
SMITHS = Rule(all_of=(IN_LEEDS, Rule(operand="lastname", operator=Operator.IS, value="Smith")))


async def run_all(desk: Desk) -> None:
    runner = JobRunner(desk.database, desk.configuration, desk.quarantine)
    for minute in range(1, 50):
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=minute), tick=True):
            if not await runner.run_due():
                return
    raise AssertionError


async def held_leads(desk: Desk) -> tuple[int, list[int], list[int]]:
    """A campaign with leads in quarantine: two in Leeds, of which the second is a Smith's, and one elsewhere."""
    campaign = await desk.campaign("HELD", quarantine=True)
    leeds = await desk.submitted(1, campaign="HELD", values={"postcode": "LS1 4AP"})
    leeds += await desk.submitted(2, campaign="HELD", values={"postcode": "LS2 7EW", "lastname": "Smith"})
    elsewhere = await desk.submitted(3, campaign="HELD", values={"postcode": "SW1A 1AA"})
    return campaign.id, leeds, elsewhere


async def job(desk: Desk, kind: JobKind, campaign_id: int, rule: Rule) -> Job:
    jobs = Jobs(desk.database, desk.configuration)
    made = await jobs.start(desk.principal, kind, LeadFilter(campaign_id=campaign_id), 600, rule)
    await run_all(desk)
    done = await jobs.read(desk.account_id, made.id)
    assert done.state is JobState.DONE
    return done


async def statuses(desk: Desk, ids: list[int]) -> list[SystemStatus]:
    return [(await desk.view(lead_id)).lead.system_status for lead_id in ids]


async def test_only_quarantined_leads_that_match_are_released_and_say_by_which_job(desk: Desk) -> None:
    campaign_id, leeds, elsewhere = await held_leads(desk)
    done = await job(desk, JobKind.RELEASE, campaign_id, IN_LEEDS)
    assert (done.total, done.done, done.failed, done.skipped) == (3, 2, 0, 1)
    assert await statuses(desk, leeds) == [SystemStatus.VALID] * 2
    assert await statuses(desk, elsewhere) == [SystemStatus.QUARANTINED]
    history = (await desk.view(leeds[0])).events
    assert f"job {done.id}" in [event.detail for event in history if event.event == "released"]
    assert await desk.differences() == []


async def test_only_quarantined_leads_that_match_are_rejected(desk: Desk) -> None:
    campaign_id, leeds, elsewhere = await held_leads(desk)
    done = await job(desk, JobKind.REJECT, campaign_id, SMITHS)
    assert (done.done, done.skipped) == (1, 2)
    assert await statuses(desk, [*leeds, *elsewhere]) == [
        SystemStatus.QUARANTINED,
        SystemStatus.INVALID,
        SystemStatus.QUARANTINED,
    ]
    (refused,) = await desk.rows("lead_events", "event = 'refused'")
    assert refused["detail"] == f"Rejected from quarantine (job {done.id})"
    assert await desk.differences() == []


async def test_only_valid_leads_that_match_are_distributed_again(desk: Desk) -> None:
    campaign = await desk.campaign()
    ids = await desk.sold(1, 2, values={"postcode": "LS1 4AP"})
    await desk.sold(3)
    done = await job(desk, JobKind.REPROCESS, campaign.id, IN_LEEDS)
    assert (done.done, done.skipped) == (2, 1)
    events = await desk.rows("lead_events", "event = 'reprocessed'")
    assert sorted(event["lead_id"] for event in events) == sorted(ids)


async def test_a_preview_tries_the_rule(desk: Desk) -> None:
    campaign_id, _, _ = await held_leads(desk)
    jobs, wanted = Jobs(desk.database, desk.configuration), LeadFilter(campaign_id=campaign_id)
    assert await jobs.preview(desk.principal, JobKind.RELEASE, wanted, IN_LEEDS) == Preview(2)
    assert await jobs.preview(desk.principal, JobKind.RELEASE, wanted, SMITHS) == Preview(1)
    assert await jobs.preview(desk.principal, JobKind.RELEASE, wanted) == Preview(3)


async def test_a_rule_that_cannot_be_used_makes_no_job(desk: Desk) -> None:
    campaign_id, _, _ = await held_leads(desk)
    jobs = Jobs(desk.database, desk.configuration)
    unknown = Rule(operand="shoe", operator=Operator.IS, value="8")
    for wanted, rule, field in (
        (LeadFilter(), IN_LEEDS, "filter.campaign_id"),
        (LeadFilter(campaign_id=999), IN_LEEDS, "filter.campaign_id"),
        (LeadFilter(campaign_id=campaign_id), unknown, "rule"),
    ):
        with pytest.raises(InvalidInputError, match=field):
            await jobs.start(desk.principal, JobKind.RELEASE, wanted, 600, rule)
    assert await jobs.page(desk.account_id) == []


async def test_rejecting_by_rule_over_http(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign_id, _, _ = await held_leads(desk)
    rule = {"operand": "postcode", "operator": "begins with", "value": "LS"}
    body: dict[str, Any] = {"filter": {"campaign_id": campaign_id}, "rule": rule, "per_minute": 30}
    assert (await own.post("/quarantine/reject/preview", json=body)).json() == {"count": 2}
    made = await own.post("/quarantine/reject", json=body)
    assert (made.status_code, made.json()["kind"], made.json()["rule"]) == (201, "reject", rule)
    assert (await own.get("/jobs", params={"kind": "reject"})).json()["items"][0]["skipped"] == 0
    bad = await own.post("/quarantine/reject", json={**body, "rule": {"operand": "shoe"}})
    assert bad.status_code == 422


@given(
    per_minute=st.one_of(st.integers(1, 100), st.integers(1, MOST_PER_MINUTE)),
    shares=st.lists(st.floats(0.01, 1), min_size=1, max_size=30),
)
def test_no_sixty_seconds_see_more_than_the_throttle_says(per_minute: int, shares: list[float]) -> None:
    size = batch_size(per_minute)
    batches: list[tuple[timedelta, int]] = []
    at = timedelta()
    for place in range(700):
        taken = max(1, round(shares[place % len(shares)] * size))
        batches.append((at, taken))
        at += pause_after(taken, per_minute)
    minute = timedelta(seconds=60)
    for first, _ in batches[:: len(shares)][:40]:
        # Pauses are whole microseconds, so a minute may end a hair before the batch that is sixty seconds later.
        seen = sum(
            taken for when, taken in batches if first <= when < first + minute - timedelta(milliseconds=1)
        )
        assert seen <= per_minute
    assert longest_pause(per_minute) >= max(pause_after(taken, per_minute) for _, taken in batches)
