"""What a lead looks like with its attempts and its history, and who may see it."""

from pathlib import Path
from uuid import uuid4

import pytest
from tests.delivery.buyers import Call, buyer
from tests.desk import Desk, new_desk

from leadyard.campaigns import service as setup
from leadyard.campaigns.inputs import SupplierInput
from leadyard.campaigns.model import Caps, SupplierTerms
from leadyard.leads.model import AttemptState, SaleStatus, SystemStatus
from leadyard.leads.views import DeliveryStatus, delivery_status


async def answer(call: Call) -> None:
    await call.answer('{"status":"accepted"}')


async def test_a_lead_shows_its_attempts_with_what_was_sent_and_answered(desk: Desk) -> None:
    campaign = await desk.campaign()
    full = await desk.buyer("Full", caps=Caps(total=1))
    async with buyer(answer) as shop:
        capped = await desk.delivery(campaign.id, full, shop.url, priority=1, caps=Caps(total=1))
        other = await desk.delivery(campaign.id, await desk.buyer(), shop.url, priority=2)
        await desk.sold(1)
        (lead_id,) = await desk.sold(2)
    view = await desk.view(lead_id)
    assert [(a.number, a.delivery_id, a.state) for a in view.attempts] == [
        (1, capped.id, AttemptState.SKIPPED),
        (2, other.id, AttemptState.SOLD),
    ]
    sale = view.attempts[1]
    assert sale.trace is not None
    assert "accepted" in sale.trace["response"]
    assert (sale.revenue, sale.finished_at is not None) == (12_500_000, True)
    assert [event.event for event in view.events] == ["received", "valid", "skipped", "sold"]
    assert view.delivery_status is DeliveryStatus.FULL
    assert view.lead.sale_status is SaleStatus.SOLD
    assert view.lead.received_at.utcoffset() == sale.started_at.utcoffset()


async def test_leads_of_every_status_are_read_by_id_and_by_uuid(desk: Desk) -> None:
    await desk.campaign()
    good, bad = await desk.submit(1), await desk.submit(2, values={"email": "nonsense"})
    assert good.lead_id is not None
    assert bad.lead_id is not None
    assert good.uuid is not None
    found = await desk.leads.read(desk.account_id, [good.lead_id, bad.lead_id, 999, -1, 2**70])
    assert {id_: view.lead.system_status for id_, view in found.items()} == {
        good.lead_id: SystemStatus.VALID,
        bad.lead_id: SystemStatus.INVALID,
    }
    assert [event.event for event in found[bad.lead_id].events] == ["received", "invalid"]
    by_uuid = await desk.leads.by_uuid(desk.account_id, [good.uuid, uuid4()])
    assert {uuid: view.lead.id for uuid, view in by_uuid.items()} == {good.uuid: good.lead_id}


async def test_an_unsold_lead_says_so_in_its_history(desk: Desk) -> None:
    await desk.campaign()
    (lead_id,) = await desk.sold(1)
    view = await desk.view(lead_id)
    assert [event.event for event in view.events] == ["received", "valid", "unsold"]
    assert view.delivery_status is DeliveryStatus.NONE


async def test_a_supplier_and_a_buyer_see_their_own_leads_only(desk: Desk) -> None:
    campaign = await desk.campaign()
    other = await setup.suppliers.create(desk.database, desk.actor, SupplierInput(name="Other", sid="2"))
    await setup.put_terms(desk.database, desk.actor, campaign.id, other.id, SupplierTerms())
    first, second = await desk.buyer("First"), await desk.buyer("Second")
    await desk.delivery(campaign.id, first)
    (mine,) = await desk.sold(1)
    (foreign,) = await desk.submitted(2, sid="2")
    both = [mine, foreign]
    assert list(await desk.leads.read(desk.account_id, both, supplier_id=1)) == [mine]
    assert list(await desk.leads.read(desk.account_id, both, buyer_id=first)) == [mine]
    assert await desk.leads.read(desk.account_id, both, buyer_id=second) == {}


async def test_another_account_sees_nothing(desk: Desk, tmp_path: Path) -> None:
    await desk.campaign()
    result = await desk.submit(1)
    assert result.lead_id is not None
    assert result.uuid is not None
    stranger = await new_desk(desk.database, desk.dsn, tmp_path, "stranger")
    assert await stranger.leads.read(stranger.account_id, [result.lead_id]) == {}
    assert await stranger.leads.by_uuid(stranger.account_id, [result.uuid]) == {}


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], DeliveryStatus.NONE),
        ([AttemptState.SKIPPED], DeliveryStatus.SKIPPED),
        ([AttemptState.SKIPPED, AttemptState.SOLD], DeliveryStatus.FULL),
        ([AttemptState.REJECTED, AttemptState.ASSIGNED], DeliveryStatus.PARTIAL),
        ([AttemptState.REJECTED, AttemptState.ERROR], DeliveryStatus.UNDELIVERED),
        ([AttemptState.REJECTED, AttemptState.WAITING], DeliveryStatus.PENDING),
        ([AttemptState.UNKNOWN], DeliveryStatus.PENDING),
    ],
)
def test_the_delivery_status_sums_up_the_last_states(
    states: list[AttemptState], expected: DeliveryStatus
) -> None:
    assert delivery_status(states) is expected
