"""A paid check is spent only on a lead that would get in, once, and its cost is exact."""

import asyncio

from tests.delivery.buyers import Call, buyer
from tests.intake.providers.world import BAD_SUBSCRIBER, Checks, answering

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import Caps
from leadyard.delivery.model import BreakerPolicy
from leadyard.intake.providers.model import CheckKind, Numbering, WhenUnavailable
from leadyard.intake.providers.service import Inquiries
from leadyard.leads.model import Channel

GOOD = '{"status":"DELIVRD"}'


async def test_bad_fields_duplicates_and_full_caps_are_refused_without_a_check(desk: Checks) -> None:
    async with buyer(answering(GOOD)) as service:
        provider_id = await desk.service(CheckKind.HLR, service.url)
        await desk.checked((CheckKind.HLR, provider_id), caps=Caps(day=2))
        assert (await desk.submit(1)).code == 1
        assert (await desk.submit(2, values={"email": "nonsense"})).code == -5
        assert (await desk.submit(1)).code == -2
        assert (await desk.submit(3)).code == 1
        assert (await desk.submit(4)).code == -4
        assert (await desk.submit(1)).code == -4
    assert len(service.calls) == 2
    assert await desk.in_order()


async def test_a_free_check_that_refuses_saves_the_paid_one(desk: Checks) -> None:
    async with buyer(answering(GOOD)) as service:
        paid = await desk.service(CheckKind.EMAIL, service.url)
        free = await desk.provider(CheckKind.HLR, Numbering())
        await desk.checked((CheckKind.EMAIL, paid), (CheckKind.HLR, free))
        assert (await desk.submit(1, values={"phone1": "07000000000"})).code == -8
        assert service.calls == []
        assert (await desk.submit(2, values={"phone1": "07400123456"})).code == 1
    assert len(service.calls) == 1


async def test_several_paid_checks_run_at_once(desk: Checks) -> None:
    together = asyncio.Barrier(3)

    async def script(call: Call) -> None:
        await together.wait()
        await call.answer(GOOD)

    async with buyer(script) as service:
        kinds = (CheckKind.HLR, CheckKind.TPS, CheckKind.EMAIL)
        checks = [(kind, await desk.service(kind, service.url)) for kind in kinds]
        await desk.checked(*checks, policy=WhenUnavailable.REFUSE)
        assert (await desk.submit(1)).code == 1
    assert sorted(row["cost"] for row in await desk.rows("lead_checks")) == [10_000] * 3
    assert await desk.in_order()


async def test_an_answer_that_is_remembered_costs_nothing_and_equal_questions_join(desk: Checks) -> None:
    async def script(call: Call) -> None:
        await asyncio.sleep(0.1)
        await call.answer(GOOD)

    async with buyer(script) as service:
        provider_id = await desk.service(CheckKind.HLR, service.url, cache_seconds=60)
        await desk.checked((CheckKind.HLR, provider_id), dedupe={})
        phone = {"phone1": "07700900123"}
        results = await asyncio.gather(*(desk.submit(n, values=phone) for n in range(5)))
        assert [result.code for result in results] == [1] * 5
        assert (await desk.submit(9, values=phone)).code == 1
    assert len(service.calls) == 1
    checks = await desk.rows("lead_checks")
    assert sorted(row["cost"] for row in checks) == [0] * 5 + [10_000]
    assert sum(row["cached"] for row in checks) == 5
    assert sum(row["validation_cost"] for row in await desk.rows("lead_deltas")) == 10_000
    assert await desk.in_order()


async def test_equal_leads_at_once_get_in_once_and_every_check_is_booked(desk: Checks) -> None:
    async with buyer(answering(GOOD)) as service:
        await desk.checked((CheckKind.HLR, await desk.service(CheckKind.HLR, service.url)))
        results = await asyncio.gather(*(desk.submit(1) for _ in range(12)))
    assert sorted(result.code for result in results) == [-2] * 11 + [1]
    asked = len(service.calls)
    assert asked >= 1
    spent = [row["amount"] for row in await desk.rows("ledger_postings", "book = 'validation'")]
    assert sum(spent) == asked * 10_000
    assert await desk.in_order()


async def test_test_leads_are_never_paid_for(desk: Checks) -> None:
    async with buyer(answering(BAD_SUBSCRIBER)) as service:
        paid = await desk.service(CheckKind.EMAIL, service.url)
        free = await desk.provider(CheckKind.HLR, Numbering())
        await desk.checked((CheckKind.EMAIL, paid), (CheckKind.HLR, free))
        assert (await desk.submit(1, is_test=True, values={"phone1": "07400123456"})).code == 1
        assert (await desk.submit(2, is_test=True, values={"phone1": "07000000000"})).code == -8
    assert service.calls == []
    assert await desk.rows("ledger_postings") == []
    assert await desk.in_order()


async def test_the_classic_form_refuses_what_it_cannot_put_aside(desk: Checks) -> None:
    provider_id = await desk.service(CheckKind.HLR, "http://127.0.0.1:1/x")
    await desk.checked((CheckKind.HLR, provider_id), policy=WhenUnavailable.QUARANTINE)
    classic = await desk.submit(1, channel=Channel.CLASSIC, skip_quarantine=True)
    assert (classic.code, classic.info) == (-8, {"status": "UNAVAILABLE"})


async def test_a_provider_that_keeps_failing_is_left_alone(desk: Checks) -> None:
    async with buyer(answering("broken")) as service:
        policy = BreakerPolicy(failures=2, open_seconds=600)
        await desk.checked((CheckKind.HLR, await desk.service(CheckKind.HLR, service.url, breaker=policy)))
        for number in range(5):
            assert (await desk.submit(number)).code == 1
    assert len(service.calls) == 2
    reasons = [row["reason"] for row in await desk.rows("lead_checks")]
    assert reasons[2:] == ["left alone after failures in a row"] * 3


async def test_a_lead_judged_again_is_not_asked_about_again(desk: Checks) -> None:
    async with buyer(answering(GOOD)) as service:
        campaign = await desk.checked((CheckKind.HLR, await desk.service(CheckKind.HLR, service.url)))
        await desk.configuration.setup(desk.account_id)
        for number in range(3):
            patch = {"name": f"Renamed {number}"}
            await setup.campaigns.update(desk.database, desk.actor, campaign.id, patch)
            assert (await desk.submit(number)).code == 1
    assert len(service.calls) == 3
    assert await desk.in_order()


async def test_what_was_spent_on_a_lead_that_is_not_stored_is_booked_all_the_same(desk: Checks) -> None:
    campaign = await desk.campaign()
    await setup.campaigns.update(desk.database, desk.actor, campaign.id, {"settings": {"checks": []}})

    async def script(call: Call) -> None:
        await setup.campaigns.update(desk.database, desk.actor, campaign.id, {"status": "Inactive"})
        await call.answer(GOOD)

    async with buyer(script) as service:
        provider_id = await desk.service(CheckKind.HLR, service.url)
        checks = {"checks": [{"kind": "hlr", "provider_id": provider_id}]}
        await setup.campaigns.update(desk.database, desk.actor, campaign.id, {"settings": checks})
        assert (await desk.submit(1)).code == -9
    assert await desk.rows("leads") == []
    (entry,) = await desk.rows("ledger_entries")
    assert (entry["kind"], entry["lead_id"]) == ("validation_cost", None)
    assert await desk.in_order()


async def test_a_campaign_without_checks_asks_nothing(desk: Checks) -> None:
    class Untouchable(Inquiries):
        async def inspect(self, *_args: object, **_more: object) -> None:
            raise AssertionError

        async def refused_anyway(self, *_args: object, **_more: object) -> bool:
            raise AssertionError

    desk.intake._inquiries = Untouchable(desk.database)
    await desk.campaign()
    assert (await desk.submit(1)).code == 1
    assert await desk.rows("lead_checks") == []
