"""A lead that every delivery skipped is put aside instead of being unsold, a limited number of times."""

from pathlib import Path

import pytest
from tests.delivery.buyers import Call, buyer
from tests.desk import Desk, new_desk
from tests.routing.rules.settings import when

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import AcceptOn, Caps
from leadyard.kit.errors import InvalidInputError
from leadyard.leads.model import SaleStatus, Standing, SystemStatus
from leadyard.storage.database import Database

NOBODY = when("postcode", "is", "ZE1 0AA")


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def test_a_skipped_lead_is_put_aside_and_sold_when_it_is_released_later(desk: Desk) -> None:
    campaign = await desk.campaign(quarantine_when_skipped=True)
    delivery = await desk.delivery(campaign.id, await desk.buyer(), rule=NOBODY)
    (lead_id,) = await desk.sold(1)

    view = await desk.view(lead_id)
    assert (view.lead.system_status, view.lead.sale_status, view.lead.standing) == (
        SystemStatus.QUARANTINED,
        SaleStatus.NONE,
        Standing.PENDING,
    )
    events = [(e.event, e.detail) for e in view.events if e.event in {"received", "quarantined"}]
    assert events == [("received", "rest"), ("quarantined", "every delivery skipped")]
    assert await desk.rows("outbox") == []
    assert await desk.differences() == []

    patch = {"settings": {"rule": None}}
    await setup.deliveries.update(desk.database, desk.actor, delivery.id, patch)
    assert await desk.quarantine.release(desk.principal, [lead_id]) == {lead_id: ""}
    await desk.work()
    assert (await desk.view(lead_id)).lead.sale_status is SaleStatus.SOLD
    assert await desk.differences() == []


async def test_after_so_many_times_it_is_unsold(desk: Desk) -> None:
    campaign = await desk.campaign(quarantine_when_skipped=True, most_requarantines=2)
    await desk.delivery(campaign.id, await desk.buyer(), rule=NOBODY)
    (lead_id,) = await desk.sold(1)
    for _ in range(2):
        assert (await desk.view(lead_id)).lead.system_status is SystemStatus.QUARANTINED
        await desk.quarantine.release(desk.principal, [lead_id])
        await desk.work()

    lead = (await desk.view(lead_id)).lead
    assert (lead.system_status, lead.sale_status) == (SystemStatus.VALID, SaleStatus.UNSOLD)
    assert await desk.differences() == []


async def test_its_place_under_the_caps_is_free_until_it_is_released(desk: Desk) -> None:
    campaign = await desk.campaign(quarantine_when_skipped=True, caps=Caps(day=1))
    await desk.delivery(campaign.id, await desk.buyer(), rule=NOBODY)
    (first,) = await desk.sold(1)
    assert (await desk.submit(1)).code == -2
    assert (await desk.submit(2)).code == 1
    assert await desk.quarantine.release(desk.principal, [first]) == {first: ""}
    assert (await desk.lead(first))["code"] == -4
    assert [row["used"] for row in await desk.rows("cap_counters", "owner_kind = 1")] == [1]
    assert await desk.differences() == []


async def test_a_lead_that_a_buyer_refused_or_that_has_no_delivery_is_unsold(desk: Desk) -> None:
    campaign = await desk.campaign(quarantine_when_skipped=True)
    (nowhere,) = await desk.sold(1)

    async def refuse(call: Call) -> None:
        await call.answer('{"status":"no"}')

    async with buyer(refuse) as shop:
        await desk.delivery(campaign.id, await desk.buyer(), shop.url, priority=1)
        await desk.delivery(campaign.id, await desk.buyer(), rule=NOBODY, priority=2)
        (refused,) = await desk.sold(2)

    for lead_id in (nowhere, refused):
        assert (await desk.view(lead_id)).lead.sale_status is SaleStatus.UNSOLD


async def test_a_campaign_that_pays_for_valid_leads_cannot_take_them_back(desk: Desk) -> None:
    with pytest.raises(InvalidInputError, match="quarantine_when_skipped: is only for Buyer Delivery Accept"):
        await desk.campaign(accept_on=AcceptOn.SYSTEM, quarantine_when_skipped=True)
