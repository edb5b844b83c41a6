"""Releasing and rejecting quarantined leads: once each, by the caps and keys as they are at that moment."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from tests.desk import Desk, new_desk

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import AcceptOn, Caps, Dedupe, SupplierTerms
from leadyard.intake.quarantine import QuarantineId
from leadyard.kit import clock
from leadyard.leads.model import SaleStatus, Standing, SystemStatus
from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def counts(desk: Desk) -> dict[str, int]:
    """What the reports count of the account's leads."""
    rows = await desk.rows("lead_deltas")
    names = ("valid", "invalid", "pending", "approved", "payout")
    return {name: total for name in names if (total := sum(row[name] for row in rows))}


async def test_a_released_lead_is_valid_and_on_its_way_to_a_buyer(desk: Desk) -> None:
    campaign = await desk.campaign(quarantine=True)
    await desk.delivery(campaign.id, await desk.buyer())
    (lead_id,) = await desk.submitted(1)
    await desk.work()
    assert (await desk.view(lead_id)).lead.system_status is SystemStatus.QUARANTINED
    assert await desk.quarantine.release(desk.principal, [lead_id]) == {lead_id: ""}
    lead = (await desk.view(lead_id)).lead
    assert (lead.system_status, lead.sale_status, lead.code) == (SystemStatus.VALID, SaleStatus.PENDING, 1)
    assert lead.decided_at is not None
    assert await counts(desk) == {"pending": 1}
    assert await desk.differences() == []
    await desk.work()
    view = await desk.view(lead_id)
    assert (view.lead.sale_status, view.lead.payout) == (SaleStatus.SOLD, 3_500_000)
    assert [event.event for event in view.events] == ["received", "valid", "released", "sold"]
    assert view.events[2].actor == desk.principal.actor
    assert await desk.differences() == []


async def test_a_release_pays_the_supplier_on_system_accept(desk: Desk) -> None:
    await desk.campaign(quarantine=True, accept_on=AcceptOn.SYSTEM)
    (lead_id,) = await desk.submitted(1)
    assert (await desk.view(lead_id)).lead.payout == 0
    await desk.quarantine.release(desk.principal, [lead_id])
    lead = (await desk.view(lead_id)).lead
    assert (lead.payout, lead.standing) == (3_500_000, Standing.APPROVED)
    assert await counts(desk) == {"valid": 1, "approved": 1, "payout": 3_500_000}
    assert [entry["kind"] for entry in await desk.rows("ledger_entries")] == ["payout_due"]
    assert await desk.differences() == []


async def test_a_rejected_lead_gives_its_keys_back(desk: Desk) -> None:
    await desk.campaign(quarantine=True)
    (lead_id,) = await desk.submitted(1)
    assert (await desk.submit(1)).code == -2
    assert await desk.quarantine.reject(desk.principal, [lead_id]) == {lead_id: ""}
    lead = (await desk.view(lead_id)).lead
    assert (lead.system_status, lead.standing, lead.code) == (SystemStatus.INVALID, Standing.INVALID, -5)
    assert lead.info == ["Rejected from quarantine"]
    assert await desk.rows("dedupe_claims") == []
    assert await desk.rows("delivery_jobs") == []
    assert (await desk.submit(1)).code == 1
    assert await counts(desk) == {"invalid": 2, "pending": 1}
    assert await desk.differences() == []


async def test_leads_are_named_by_uuid_too_and_the_answer_keeps_to_what_was_asked(desk: Desk) -> None:
    await desk.campaign(quarantine=True)
    first, second = await desk.submit(1), await desk.submit(2)
    assert first.uuid is not None
    assert second.lead_id is not None
    unknown = uuid4()
    asked: list[QuarantineId] = [unknown, first.uuid, 999, second.lead_id, -1, 2**70]
    assert await desk.quarantine.release(desk.principal, asked) == {
        unknown: "Lead not found",
        first.uuid: "",
        999: "Lead not found",
        second.lead_id: "",
        -1: "Lead not found",
        2**70: "Lead not found",
    }
    assert len(await desk.rows("leads", "system_status = 2")) == 2


async def test_leads_that_are_decided_are_not_in_quarantine(desk: Desk) -> None:
    await desk.campaign()
    await desk.campaign("HELD", quarantine=True)
    (valid, test) = (*await desk.submitted(1), *await desk.submitted(2, campaign="HELD", is_test=True))
    (refused,) = await desk.submitted(3, values={"email": "x"})
    (rejected,) = await desk.submitted(4, campaign="HELD")
    await desk.quarantine.reject(desk.principal, [rejected])
    for act in (desk.quarantine.release, desk.quarantine.reject):
        asked = [valid, test, refused, rejected]
        assert await act(desk.principal, asked) == dict.fromkeys(asked, "Not in quarantine")
    assert await desk.differences() == []


async def test_another_account_and_another_supplier_find_nothing(desk: Desk, tmp_path: Path) -> None:
    await desk.campaign(quarantine=True)
    (lead_id,) = await desk.submitted(1)
    stranger = await new_desk(desk.database, desk.dsn, tmp_path, "stranger")
    other = await setup.suppliers.create(desk.database, desk.actor, {"name": "Other", "sid": "2"})
    for principal in (stranger.principal, await desk.supplier_key(other.id)):
        for act in (desk.quarantine.release, desk.quarantine.reject):
            assert await act(principal, [lead_id]) == {lead_id: "Lead not found"}
    assert (await desk.view(lead_id)).lead.system_status is SystemStatus.QUARANTINED


async def test_releasing_one_lead_many_times_at_once_releases_it_once(desk: Desk) -> None:
    campaign = await desk.campaign(quarantine=True, accept_on=AcceptOn.SYSTEM, caps=Caps(day=5))
    await desk.delivery(campaign.id, await desk.buyer())
    (lead_id,) = await desk.submitted(1)
    answers = await asyncio.gather(*(desk.quarantine.release(desk.principal, [lead_id]) for _ in range(20)))
    assert Counter(answer[lead_id] for answer in answers) == {"": 1, "Not in quarantine": 19}
    assert [row["used"] for row in await desk.rows("cap_counters")] == [1]
    assert len(await desk.rows("ledger_entries")) == 1
    assert len(await desk.rows("lead_events")) == 1
    await desk.work()
    assert len((await desk.view(lead_id)).attempts) == 1
    assert await desk.differences() == []


async def test_releasing_and_rejecting_at_once_does_one_of_them(desk: Desk) -> None:
    await desk.campaign(quarantine=True)
    ids = await desk.submitted(*range(6))
    acts = [desk.quarantine.release, desk.quarantine.reject]
    answers = await asyncio.gather(*(acts[n % 2](desk.principal, ids[:: (-1) ** n]) for n in range(10)))
    for lead_id in ids:
        assert Counter(answer[lead_id] for answer in answers) == {"": 1, "Not in quarantine": 9}
    assert await desk.differences() == []


@pytest.mark.parametrize("capped", ["campaign", "supplier"])
async def test_a_cap_of_three_lets_three_of_twenty_through(desk: Desk, capped: str) -> None:
    caps = Caps(total=3)
    campaign = await desk.campaign(quarantine=True, caps=caps if capped == "campaign" else Caps())
    if capped == "supplier":
        await setup.put_terms(desk.database, desk.actor, campaign.id, 1, SupplierTerms(caps=caps))
    ids = await desk.submitted(*range(20))
    answers = await asyncio.gather(*(desk.quarantine.release(desk.principal, [lead_id]) for lead_id in ids))
    assert all(answer[lead_id] == "" for lead_id, answer in zip(ids, answers, strict=True))
    leads = [(await desk.view(lead_id)).lead for lead_id in ids]
    assert Counter(lead.system_status for lead in leads) == {SystemStatus.VALID: 3, SystemStatus.INVALID: 17}
    refused = [lead for lead in leads if lead.system_status is SystemStatus.INVALID]
    assert {(lead.code, tuple(lead.info)) for lead in refused} == {(-4, ("Campaign cap reached (total)",))}
    assert len(await desk.rows("dedupe_claims")) == 6
    assert len(await desk.rows("delivery_jobs")) == 3
    assert await desk.differences() == []


async def test_a_cap_holds_between_releases_and_posts(desk: Desk) -> None:
    campaign = await desk.campaign(quarantine=True, caps=Caps(total=4))
    held = await desk.submitted(*range(10))
    await setup.campaigns.update(desk.database, desk.actor, campaign.id, {"settings": {"quarantine": False}})
    await asyncio.gather(
        *(desk.quarantine.release(desk.principal, [lead_id]) for lead_id in held),
        *(desk.submit(number) for number in range(10, 20)),
    )
    assert len(await desk.rows("leads", "system_status = 2")) == 4
    assert await desk.differences() == []


async def test_one_call_releases_in_order_until_the_cap_is_full(desk: Desk) -> None:
    await desk.campaign(quarantine=True, caps=Caps(day=2))
    ids = await desk.submitted(1, 2, 3)
    await desk.quarantine.release(desk.principal, list(reversed(ids)))
    statuses = [(await desk.view(lead_id)).lead.system_status for lead_id in sorted(ids)]
    assert statuses == [SystemStatus.VALID, SystemStatus.VALID, SystemStatus.INVALID]


async def test_a_lead_whose_key_lapsed_and_went_to_another_is_a_duplicate(desk: Desk) -> None:
    await desk.campaign(quarantine=True, dedupe=Dedupe(fields=("email",), window_hours=1))
    (first,) = await desk.submitted(1)
    async with desk.database.connection() as connection:
        await connection.execute(
            "UPDATE dedupe_claims SET claimed_at = $2 WHERE account_id = $1",
            desk.account_id,
            clock.now() - timedelta(hours=2),
        )
    (second,) = await desk.submitted(1)
    assert (await desk.quarantine.release(desk.principal, [first, second])) == {first: "", second: ""}
    lead = (await desk.view(first)).lead
    assert (lead.system_status, lead.code, lead.info) == (
        SystemStatus.INVALID,
        -2,
        ["Duplicate or resubmission"],
    )
    assert (await desk.view(second)).lead.system_status is SystemStatus.VALID
    assert [row["lead_id"] for row in await desk.rows("dedupe_claims")] == [second]
    assert await desk.differences() == []
