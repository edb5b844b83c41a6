"""Correcting a quarantined lead before it is released: checked, found by, and compared by its new values."""

from pathlib import Path

import pytest
from tests.desk import Desk, new_desk

from leadyard.campaigns.model import AcceptOn, Caps
from leadyard.leads.model import SystemStatus
from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def statuses(desk: Desk, *lead_ids: int) -> list[tuple[SystemStatus, int]]:
    leads = [(await desk.view(lead_id)).lead for lead_id in lead_ids]
    return [(lead.system_status, lead.code) for lead in leads]


async def test_values_are_checked_like_at_the_intake(desk: Desk) -> None:
    await desk.campaign(quarantine=True)
    result = await desk.submit(1)
    assert result.uuid is not None
    changes = {"email": "New@Example.com", "phone1": "12"}
    updated = await desk.quarantine.update(desk.principal, result.uuid, changes)
    assert (updated.found, updated.stored) == (True, {"email": "new@example.com"})
    assert updated.warnings == ["Phone 1 is not a valid UK mobile number"]
    view = await desk.view(result.lead_id or 0)
    assert (view.events[-1].event, view.events[-1].detail) == ("updated", "email")


async def test_only_leads_in_quarantine_can_be_corrected_here(desk: Desk) -> None:
    await desk.campaign()
    valid = await desk.submit(1)
    assert valid.uuid is not None
    for key in (valid.lead_id or 0, valid.uuid, 999, 2**70):
        assert not (await desk.quarantine.update(desk.principal, key, {"firstname": "Al"})).found


async def test_a_corrected_lead_holds_the_keys_of_its_new_values_once_it_is_released(desk: Desk) -> None:
    await desk.campaign(quarantine=True)
    (lead_id,) = await desk.submitted(1)
    await desk.quarantine.update(desk.principal, lead_id, {"email": "new@example.com"})
    await desk.quarantine.release(desk.principal, [lead_id])
    assert (await desk.submit(2, values={"email": "new@example.com"})).code == -2
    assert (await desk.submit(3, values={"email": "person.1@example.com"})).code == 1
    found = await desk.leads.search(desk.account_id, emails=["new@example.com"])
    assert [lead.id for lead in found] == [lead_id]


async def test_a_lead_corrected_into_a_duplicate_is_refused_at_release(desk: Desk) -> None:
    await desk.campaign(quarantine=True)
    first, second = await desk.submitted(1, 2)
    await desk.quarantine.update(desk.principal, second, {"email": "person.1@example.com"})
    await desk.quarantine.release(desk.principal, [second])
    assert await statuses(desk, first, second) == [(SystemStatus.QUARANTINED, 1), (SystemStatus.INVALID, -2)]
    assert {row["lead_id"] for row in await desk.rows("dedupe_claims")} == {first}
    assert await desk.differences() == []


async def test_of_leads_corrected_into_the_same_person_one_gets_in(desk: Desk) -> None:
    await desk.campaign(quarantine=True)
    ids = sorted(await desk.submitted(1, 2, 3))
    for lead_id in ids:
        await desk.quarantine.update(desk.principal, lead_id, {"email": "same@example.com"})
    assert await desk.quarantine.release(desk.principal, ids) == dict.fromkeys(ids, "")
    assert await statuses(desk, *ids) == [
        (SystemStatus.VALID, 1),
        (SystemStatus.INVALID, -2),
        (SystemStatus.INVALID, -2),
    ]
    assert await desk.differences() == []


async def test_a_lead_behind_one_that_is_refused_gets_the_key(desk: Desk) -> None:
    await desk.campaign(quarantine=True)
    taken, first, second = sorted(await desk.submitted(1, 2, 3))
    await desk.quarantine.release(desk.principal, [taken])
    holder = (await desk.view(taken)).lead.fields["email"]
    await desk.quarantine.update(desk.principal, first, {"email": holder, "phone1": "07700900999"})
    await desk.quarantine.update(desk.principal, second, {"phone1": "07700900999"})
    await desk.quarantine.release(desk.principal, [first, second])
    assert await statuses(desk, first, second) == [(SystemStatus.INVALID, -2), (SystemStatus.VALID, 1)]
    assert await desk.differences() == []


async def test_leads_decided_one_after_the_other_are_each_paid_for(desk: Desk) -> None:
    await desk.campaign(quarantine=True, accept_on=AcceptOn.SYSTEM)
    results = [await desk.submit(number) for number in range(4)]
    uuids = [result.uuid for result in results if result.uuid is not None]
    ids = [result.lead_id or 0 for result in results]
    await desk.quarantine.release(desk.principal, ids[:1])
    holder = (await desk.view(ids[0])).lead.fields["email"]
    await desk.quarantine.update(desk.principal, ids[1], {"email": holder, "phone1": "07700900999"})
    await desk.quarantine.update(desk.principal, ids[2], {"phone1": "07700900999"})
    assert await desk.quarantine.release(desk.principal, uuids[1:]) == dict.fromkeys(uuids[1:], "")
    assert await statuses(desk, *ids) == [
        (SystemStatus.VALID, 1),
        (SystemStatus.INVALID, -2),
        (SystemStatus.VALID, 1),
        (SystemStatus.VALID, 1),
    ]
    assert len(await desk.rows("ledger_entries")) == 3
    assert await desk.differences() == []


async def test_a_refused_release_gives_every_key_back(desk: Desk) -> None:
    await desk.campaign(quarantine=True, caps=Caps(total=1))
    first, second = sorted(await desk.submitted(1, 2))
    await desk.quarantine.release(desk.principal, [first])
    await desk.quarantine.update(desk.principal, second, {"email": "new@example.com"})
    await desk.quarantine.release(desk.principal, [second])
    assert await statuses(desk, second) == [(SystemStatus.INVALID, -4)]
    assert {row["lead_id"] for row in await desk.rows("dedupe_claims")} == {first}
