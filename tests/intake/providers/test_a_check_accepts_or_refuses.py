"""Each kind of check lets a lead in, or refuses it with its own code and the service's answer."""

import asyncio

import pytest
from tests.delivery.buyers import Call, buyer
from tests.intake.providers.world import BAD_SUBSCRIBER, Checks, answering

from leadyard.campaigns import service as setup
from leadyard.intake.providers.model import REFUSALS, CampaignCheck, CheckKind, WhenUnavailable
from leadyard.leads.model import Standing, SystemStatus

EVERY_KIND = list(CheckKind)
VALUES = {"ipaddress": "81.2.69.142", "postcode": "TN25 6QD"}


@pytest.mark.parametrize("kind", EVERY_KIND)
async def test_a_valid_answer_lets_the_lead_in(desk: Checks, kind: CheckKind) -> None:
    async with buyer(answering('{"status":"DELIVRD"}')) as service:
        provider_id = await desk.service(kind, service.url)
        await desk.checked((kind, provider_id))
        result = await desk.submit(1, values=VALUES)
    assert (result.code, result.errors) == (1, ())
    assert len(service.calls) == 1
    lead = await desk.lead(result.lead_id)
    assert (lead["system_status"], lead["validation_cost"]) == (SystemStatus.VALID, 10_000)
    (check,) = await desk.rows("lead_checks")
    assert (check["kind"], check["outcome"], check["cost"]) == (kind, "valid", 10_000)
    assert check["answer"] == {"status": "DELIVRD"}
    assert await desk.in_order()


@pytest.mark.parametrize("kind", EVERY_KIND)
async def test_an_invalid_answer_refuses_with_the_code_and_the_answer(desk: Checks, kind: CheckKind) -> None:
    async with buyer(answering(BAD_SUBSCRIBER)) as service:
        provider_id = await desk.service(kind, service.url)
        await desk.checked((kind, provider_id))
        result = await desk.submit(1, values=VALUES)
    code, text = REFUSALS[kind]
    answer = {"status": "UNDELIV", "code": "EC_UNKNOWN_SUBSCRIBER"}
    assert (result.code, result.errors, result.info) == (code, (text,), answer)
    lead = await desk.lead(result.lead_id)
    assert (lead["system_status"], lead["standing"]) == (SystemStatus.INVALID, Standing.INVALID)
    assert (lead["code"], lead["info"], lead["validation_cost"]) == (code, answer, 10_000)
    assert await desk.rows("dedupe_claims") == []
    (delta,) = await desk.rows("lead_deltas")
    assert (delta["invalid"], delta["validation_cost"]) == (1, 10_000)
    view = await desk.view(result.lead_id or 0)
    assert [event.event for event in view.events] == ["received", "invalid", "checked"]
    assert "invalid (provider 1, 0.01)" in view.events[2].detail
    assert await desk.in_order()


@pytest.mark.parametrize("kind", [CheckKind.HLR, CheckKind.EMAIL, CheckKind.TPS])
@pytest.mark.parametrize("policy", list(WhenUnavailable))
@pytest.mark.parametrize("trouble", ["nonsense", "silence", "closed", "unreachable"])
async def test_no_answer_follows_the_chosen_policy(
    desk: Checks, kind: CheckKind, policy: WhenUnavailable, trouble: str
) -> None:
    async def script(call: Call) -> None:
        if trouble == "silence":
            await asyncio.sleep(30)
        if trouble == "nonsense":
            await call.answer("<html>busy</html>", "503 Busy")
        call.writer.close()

    async with buyer(script) as service:
        url = service.url if trouble != "unreachable" else "http://127.0.0.1:1/x"
        await desk.checked((kind, await desk.service(kind, url)), policy=policy)
        result = await desk.submit(1)
    lead = await desk.lead(result.lead_id)
    assert lead["validation_cost"] == 0
    if policy is WhenUnavailable.ACCEPT:
        assert (result.code, lead["system_status"]) == (1, SystemStatus.VALID)
    elif policy is WhenUnavailable.QUARANTINE:
        assert (result.code, result.system_status) == (1, SystemStatus.QUARANTINED)
        assert lead["system_status"] == SystemStatus.QUARANTINED
        assert await desk.rows("delivery_jobs") == []
    else:
        assert (result.code, result.info) == (REFUSALS[kind][0], {"status": "UNAVAILABLE"})
    assert [row["outcome"] for row in await desk.rows("lead_checks")] == ["unavailable"]
    assert await desk.in_order()


async def test_a_refused_address_of_our_own_network_is_no_answer(desk: Checks) -> None:
    provider_id = await desk.service(CheckKind.HLR, "http://10.0.0.1/secret")
    await desk.checked((CheckKind.HLR, provider_id), policy=WhenUnavailable.REFUSE)
    assert (await desk.submit(1)).code == -8
    (check,) = await desk.rows("lead_checks")
    assert "not allowed" in check["reason"]


async def test_a_field_without_a_value_is_not_asked_about(desk: Checks) -> None:
    async with buyer(answering(BAD_SUBSCRIBER)) as service:
        provider_id = await desk.service(CheckKind.LANDLINE, service.url)
        await desk.checked(CampaignCheck(CheckKind.LANDLINE, provider_id, ("phone2", "phone3")))
        assert (await desk.submit(1)).code == 1
        assert service.calls == []
        refused = await desk.submit(2, values={"phone2": "02079460000", "phone3": "02079460000"})
    assert refused.code == -13
    assert len(service.calls) == 1


async def test_of_several_refusals_the_first_in_the_contracts_order_is_told(desk: Checks) -> None:
    async with buyer(answering(BAD_SUBSCRIBER)) as service:
        kinds = (CheckKind.DNCR, CheckKind.PAF, CheckKind.EMAIL, CheckKind.LANDLINE, CheckKind.HLR)
        ids = [await desk.service(kind, service.url) for kind in kinds]
        await desk.checked(*zip(kinds, ids, strict=True))
        result = await desk.submit(1, values=VALUES)
    assert result.code == -8
    assert len(await desk.rows("lead_checks")) == 5
    assert (await desk.lead(result.lead_id))["validation_cost"] == 50_000
    assert await desk.in_order()


async def test_a_provider_that_is_not_active_gives_no_answer(desk: Checks) -> None:

    async with buyer(answering(BAD_SUBSCRIBER)) as service:
        provider_id = await desk.service(CheckKind.HLR, service.url)
        await desk.checked((CheckKind.HLR, provider_id))
        await setup.providers.archive(desk.database, desk.actor, provider_id)
        assert (await desk.submit(1)).code == 1
    assert service.calls == []
