"""A lead that goes into another campaign: once, by that campaign's rules, never round in a circle."""

import asyncio
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.desk import Desk, new_desk

from leadyard.app import WorkerParts
from leadyard.campaigns import service as setup
from leadyard.campaigns.inputs import DeliveryRecord, SupplierInput
from leadyard.campaigns.model import Caps, DeliveryKind, SupplierTerms
from leadyard.delivery.kinds import TransferSettings
from leadyard.delivery.model import FieldMapping
from leadyard.kit import clock
from leadyard.leads.model import AttemptState, Channel, SaleStatus
from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def transfer(desk: Desk, source: int, target: int, **changes: Any) -> DeliveryRecord:
    settings = TransferSettings(campaign_id=target, **changes.pop("transfer", {}))
    return await desk.delivery(
        source, await desk.buyer(), kind=DeliveryKind.TRANSFER, transfer=settings, **changes
    )


async def attempt_states(desk: Desk, lead_id: int) -> list[AttemptState]:
    rows = await desk.rows("delivery_attempts", f"lead_id = {lead_id}")
    return [AttemptState(row["state"]) for row in rows]


async def transferred(desk: Desk) -> list[dict[str, Any]]:
    return [dict(row) for row in await desk.rows("leads", f"channel = {int(Channel.TRANSFER)}")]


async def test_an_accepted_transfer_sells_the_lead_for_the_deliverys_price_or_nothing(desk: Desk) -> None:
    cars, vans = await desk.campaign(), await desk.campaign("VANS")
    await transfer(desk, cars.id, vans.id)
    await desk.delivery(vans.id, await desk.buyer())
    (lead_id,) = await desk.sold(1)
    lead, (other,) = await desk.lead(lead_id), await transferred(desk)
    assert (lead["sale_status"], lead["revenue"]) == (SaleStatus.SOLD, 0)
    assert (other["campaign_id"], other["supplier_id"], other["fields"]["email"]) == (
        vans.id, lead["supplier_id"], "person.1@example.com",
    )  # fmt: skip
    assert (other["sale_status"], other["revenue"]) == (SaleStatus.SOLD, 12_500_000)
    histories = [[e.detail for e in (await desk.view(id_)).events] for id_ in (lead_id, other["id"])]
    assert any(f"campaign {vans.id}, lead {other['id']}" in each for each in histories[0])
    assert any(f"campaign {cars.id}, lead {lead_id}" in each for each in histories[1])
    assert await desk.differences() == []


async def test_the_price_of_a_transfer_is_the_deliverys_own(desk: Desk) -> None:
    cars, vans = await desk.campaign(), await desk.campaign("VANS")
    await transfer(desk, cars.id, vans.id, revenue=Decimal("2.5"))
    (lead_id,) = await desk.sold(1)
    assert (await desk.lead(lead_id))["revenue"] == 2_500_000
    assert await desk.differences() == []


async def test_a_duplicate_there_is_a_rejection_with_its_text_and_the_next_delivery_gets_the_lead(
    desk: Desk,
) -> None:
    cars, vans = await desk.campaign(), await desk.campaign("VANS")
    await desk.submitted(1, campaign="VANS")
    first = await transfer(desk, cars.id, vans.id, priority=1)
    await desk.delivery(cars.id, await desk.buyer(), priority=2)
    (lead_id,) = await desk.sold(1)
    assert await attempt_states(desk, lead_id) == [AttemptState.REJECTED, AttemptState.SOLD]
    (attempt,) = await desk.rows("delivery_attempts", f"delivery_id = {first.id}")
    assert attempt["reason"] == "Duplicate or resubmission"
    assert await desk.differences() == []


async def test_caps_of_the_other_campaign_hold(desk: Desk) -> None:
    cars, vans = await desk.campaign(), await desk.campaign("VANS", caps=Caps(day=2))
    await transfer(desk, cars.id, vans.id)
    ids = await desk.sold(*range(1, 6))
    sold = [(await desk.lead(id_))["sale_status"] for id_ in ids].count(SaleStatus.SOLD)
    assert sold == 2
    assert await desk.differences() == []


@pytest.mark.parametrize("settings", [{"supplier": "set", "sid": "inhouse"}, {"supplier": "none"}])
async def test_the_supplier_may_be_set_or_left_out(desk: Desk, settings: dict[str, str]) -> None:
    cars, vans = await desk.campaign(), await desk.campaign("VANS")
    inhouse = await setup.suppliers.create(
        desk.database, desk.actor, SupplierInput(name="In-house", sid="inhouse")
    )
    await setup.put_terms(desk.database, desk.actor, vans.id, inhouse.id, SupplierTerms())
    await transfer(desk, cars.id, vans.id, transfer=settings)
    await desk.sold(1)
    (other,) = await transferred(desk)
    assert other["supplier_id"] == (inhouse.id if settings.get("sid") else None)


async def test_a_supplier_without_terms_there_is_a_rejection(desk: Desk) -> None:
    cars, vans = await desk.campaign(), await desk.campaign("VANS")
    await setup.delete_terms(desk.database, desk.actor, vans.id, 1)
    await transfer(desk, cars.id, vans.id)
    (lead_id,) = await desk.sold(1)
    (attempt,) = await desk.rows("delivery_attempts", f"lead_id = {lead_id}")
    assert attempt["state"] == AttemptState.REJECTED
    assert attempt["reason"] == "Supplier is not authorised to post to this Campaign."


async def test_fields_are_mapped(desk: Desk) -> None:
    cars, vans = await desk.campaign(), await desk.campaign("VANS")
    fields = (FieldMapping("email", "x{{ email }}"), FieldMapping("firstname", "{{ lastname | upper }}"))
    await transfer(desk, cars.id, vans.id, transfer={"fields": fields})
    await desk.sold(1)
    (other,) = await transferred(desk)
    assert other["fields"] == {"email": "xperson.1@example.com", "firstname": "BLOGGS", "sid": "1"}


async def test_a_lead_never_comes_back_to_a_campaign_that_it_came_through(desk: Desk) -> None:
    a, b, c = [await desk.campaign(name) for name in ("CARS", "VANS", "BIKES")]
    await transfer(desk, a.id, b.id)
    await transfer(desk, b.id, c.id)
    back = await transfer(desk, c.id, a.id)
    await desk.sold(1)
    assert {row["campaign_id"] for row in await desk.rows("leads")} == {a.id, b.id, c.id}
    assert len(await desk.rows("leads")) == 3
    (attempt,) = await desk.rows("delivery_attempts", f"delivery_id = {back.id}")
    assert (attempt["state"], attempt["reason"]) == (
        AttemptState.ERROR, "The lead has come through that campaign already",
    )  # fmt: skip


async def test_a_long_chain_ends(desk: Desk) -> None:
    campaigns = [await desk.campaign("CARS")] + [await desk.campaign(f"C{n}") for n in range(7)]
    for source, target in pairwise(campaigns):
        await transfer(desk, source.id, target.id)
    await desk.sold(1)
    assert len(await transferred(desk)) == 5


async def abandoned(desk: Desk, parts: WorkerParts, target: int, *, submitted: bool) -> tuple[int, UUID]:
    """A lead whose transfer a worker began and then died, before or after it submitted it."""
    (lead_id,) = await desk.submitted(1)
    (delivery,) = await desk.rows("deliveries")
    uuid = UUID("019aa5d0-0000-7000-8000-000000000001")
    async with desk.database.unit_of_work() as connection:
        await connection.execute("DELETE FROM delivery_jobs")
        await connection.execute(
            "INSERT INTO delivery_attempts (account_id, lead_id, number, delivery_id, buyer_id, state, reason,"
            " worker_id, started_at) VALUES ($1, $2, 1, $3, $4, 7, 'the worker stopped', 0, now())",
            desk.account_id, lead_id, delivery["id"], delivery["buyer_id"],
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO lead_transfers (account_id, lead_id, number, delivery_id, uuid) VALUES ($1, $2, 1, $3, $4)",
            desk.account_id, lead_id, delivery["id"], uuid,
        )  # fmt: skip
    if submitted:
        values = {"email": "person.1@example.com", "phone1": "07700000001"}
        given = desk.submission(1, campaign=str(target), channel=Channel.TRANSFER, values=values)
        await desk.intake.submit(msgspec.structs.replace(given, uuid=uuid, principal=None))
    return lead_id, uuid


@pytest.mark.parametrize("submitted", [False, True])
async def test_a_transfer_that_a_dead_worker_left_is_taken_up_and_submitted_once(
    desk: Desk, submitted: bool
) -> None:
    cars, vans = await desk.campaign(), await desk.campaign("VANS")
    await transfer(desk, cars.id, vans.id)
    database = Database(desk.dsn, size=6)
    await database.open()
    parts = [WorkerParts(database, desk.settings, f"worker {n}") for n in range(3)]
    lead_id, uuid = await abandoned(desk, parts[0], vans.id, submitted=submitted)
    booked = await asyncio.gather(*(each.resumer.resume_all() for each in parts))
    assert sum(booked) == 1
    assert [row["uuid"] for row in await transferred(desk)] == [uuid]
    assert (await desk.lead(lead_id))["sale_status"] == SaleStatus.SOLD
    assert await desk.differences() == []
    await database.close()


async def test_a_submission_of_a_known_uuid_is_never_stored_twice(desk: Desk) -> None:
    await desk.campaign()
    uuid = UUID("019aa5d0-0000-7000-8000-000000000002")
    given = [msgspec.structs.replace(desk.submission(n), uuid=uuid) for n in (1, 2, 3)]
    results = await asyncio.gather(*(desk.intake.submit(each) for each in given), return_exceptions=True)
    assert [isinstance(result, Exception) for result in results].count(False) == 1
    (row,) = await desk.rows("leads")
    assert row["uuid"] == uuid
    assert row["received_at"] <= clock.now()
    assert await desk.differences() == []
