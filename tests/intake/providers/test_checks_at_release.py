"""A lead that was put aside is checked when it is released, not before."""

import asyncio

from tests.delivery.buyers import Call, buyer
from tests.intake.providers.world import BAD_SUBSCRIBER, Checks, answering

from leadyard.intake.providers.model import CheckKind, WhenUnavailable
from leadyard.leads.model import SystemStatus

GOOD = '{"status":"DELIVRD"}'


async def test_a_lead_put_aside_is_checked_when_it_is_released(desk: Checks) -> None:
    async with buyer(answering(GOOD, BAD_SUBSCRIBER)) as service:
        provider_id = await desk.service(CheckKind.HLR, service.url)
        await desk.checked((CheckKind.HLR, provider_id), quarantine=True)
        good, bad = [*await desk.submitted(1), *await desk.submitted(2)]
        assert service.calls == []
        assert await desk.quarantine.release(desk.principal, [good]) == {good: ""}
        assert await desk.quarantine.release(desk.principal, [bad]) == {bad: ""}
    valid, refused = await desk.lead(good), await desk.lead(bad)
    assert (valid["system_status"], valid["validation_cost"]) == (SystemStatus.VALID, 10_000)
    assert (refused["system_status"], refused["code"]) == (SystemStatus.INVALID, -8)
    assert refused["info"] == {"status": "UNDELIV", "code": "EC_UNKNOWN_SUBSCRIBER"}
    assert [row["lead_id"] for row in await desk.rows("dedupe_claims")] == [good, good]
    view = await desk.view(bad)
    assert [event.event for event in view.events] == ["received", "invalid", "checked", "refused"]
    assert await desk.in_order()


async def test_a_lead_whose_check_got_no_answer_stays_and_may_be_released_later(desk: Checks) -> None:
    async with buyer(answering("busy", "busy", GOOD)) as service:
        provider_id = await desk.service(CheckKind.HLR, service.url)
        await desk.checked((CheckKind.HLR, provider_id), policy=WhenUnavailable.QUARANTINE)
        result = await desk.submit(1)
        lead_id = result.lead_id or 0
        assert result.system_status is SystemStatus.QUARANTINED
        assert await desk.quarantine.release(desk.principal, [lead_id]) == {lead_id: "Could not be checked"}
        assert (await desk.lead(lead_id))["system_status"] == SystemStatus.QUARANTINED
        assert await desk.quarantine.release(desk.principal, [lead_id]) == {lead_id: ""}
    assert (await desk.lead(lead_id))["system_status"] == SystemStatus.VALID
    assert [row["number"] for row in await desk.rows("lead_checks")] == [1, 2, 3]
    assert await desk.in_order()


async def test_releases_at_once_let_a_lead_in_once_and_book_every_check(desk: Checks) -> None:
    async with buyer(answering(GOOD)) as service:
        provider_id = await desk.service(CheckKind.HLR, service.url)
        await desk.checked((CheckKind.HLR, provider_id), quarantine=True)
        (lead_id,) = await desk.submitted(1)
        reasons = await asyncio.gather(
            *(desk.quarantine.release(desk.principal, [lead_id]) for _ in range(3))
        )
    assert "" in {reason[lead_id] for reason in reasons}
    assert (await desk.lead(lead_id))["validation_cost"] == len(service.calls) * 10_000
    assert await desk.in_order()


async def test_a_lead_corrected_while_it_is_checked_is_checked_again(desk: Checks) -> None:
    desk_of = desk

    async def script(call: Call) -> None:
        if len(service.calls) == 1:
            await desk_of.quarantine.update(desk_of.principal, lead_id, {"phone1": "07400123456"})
        await call.answer(GOOD)

    async with buyer(script) as service:
        provider_id = await desk.service(CheckKind.HLR, service.url)
        await desk.checked((CheckKind.HLR, provider_id), quarantine=True)
        (lead_id,) = await desk.submitted(1)
        assert await desk.quarantine.release(desk.principal, [lead_id]) == {lead_id: ""}
    assert len(service.calls) == 2
    assert b"07400123456" in service.calls[1].body
    lead = await desk.lead(lead_id)
    assert (lead["system_status"], lead["validation_cost"]) == (SystemStatus.VALID, 20_000)
    assert await desk.in_order()


async def test_a_duplicate_of_another_lead_is_refused_without_a_check(desk: Checks) -> None:
    async with buyer(answering(GOOD)) as service:
        provider_id = await desk.service(CheckKind.HLR, service.url)
        await desk.checked((CheckKind.HLR, provider_id), quarantine=True)
        first, second = [*await desk.submitted(1), *await desk.submitted(2)]
        await desk.quarantine.update(desk.principal, second, {"email": "person.1@example.com"})
        assert await desk.quarantine.release(desk.principal, [second]) == {second: ""}
    assert service.calls == []
    assert (await desk.lead(second))["code"] == -2
    assert (await desk.lead(first))["system_status"] == SystemStatus.QUARANTINED
    assert await desk.in_order()
