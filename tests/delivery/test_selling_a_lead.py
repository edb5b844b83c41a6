"""From an accepted lead to a sale that is booked: order, fall-through, retries, caps, the unknown state."""

import asyncio
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path

import pytest
from tests.delivery.buyers import Call, buyer
from tests.exchange import ACCEPTING, Exchange, new_exchange

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import AcceptOn, Caps, Payout, PayoutKind, Trigger, UnknownPolicy
from leadyard.delivery.model import AnswerRule, AnswerRules, BreakerPolicy, Extract, RetryPolicy
from leadyard.leads.model import AttemptState, SaleStatus, Standing
from leadyard.ledger.audit import audit
from leadyard.settings import Settings
from leadyard.storage.database import Database


@pytest.fixture
async def exchange(database: Database) -> Exchange:
    return await new_exchange(database)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, allowed_networks=(ip_network("127.0.0.0/8"),))


async def accept(call: Call) -> None:
    await call.answer('{"status":"accepted"}')


async def refuse(call: Call) -> None:
    await call.answer('{"status":"no"}')


async def hang(call: Call) -> None:
    await asyncio.sleep(30)


async def sell(exchange: Exchange, dsn: str, settings: Settings, *numbers: int) -> list[int]:
    """Submit leads and let a worker deal with them; gives their ids."""
    results = await asyncio.gather(*(exchange.submit(number) for number in numbers))
    async with exchange.working(dsn, settings):
        await exchange.until_idle()
    async with exchange.database.connection() as connection:
        assert await audit(connection, exchange.account_id) == []
    return [result.lead_id or 0 for result in results]


async def states(exchange: Exchange) -> list[tuple[int, AttemptState]]:
    attempts = await exchange.rows("delivery_attempts")
    return [(row["delivery_id"], AttemptState(row["state"])) for row in attempts]


async def test_a_sold_lead_earns_revenue_and_owes_the_payout(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    campaign = await exchange.campaign()
    async with buyer(accept) as shop:
        await exchange.delivery(campaign.id, await exchange.buyer(), shop.url)
        (lead_id,) = await sell(exchange, dsn, settings, 1)
    row = await exchange.lead(lead_id)
    assert (row["sale_status"], row["standing"]) == (SaleStatus.SOLD, Standing.APPROVED)
    assert (row["revenue"], row["payout"]) == (12_500_000, 3_500_000)
    books = {(p["book"], p["amount"]) for p in await exchange.rows("ledger_postings")}
    assert books == {
        ("buyer", 12_500_000),
        ("revenue", -12_500_000),
        ("payout", 3_500_000),
        ("supplier", -3_500_000),
    }
    assert shop.calls[0].body == f"email=person.1%40example.com&lead.id={lead_id}".encode()


async def test_the_cheapest_priority_goes_first_and_a_refusal_goes_to_the_next(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    campaign = await exchange.campaign()
    async with buyer(accept) as second, buyer(refuse) as first:
        last = await exchange.delivery(campaign.id, await exchange.buyer("B"), second.url, priority=20)
        head = await exchange.delivery(campaign.id, await exchange.buyer("A"), first.url, priority=10)
        await sell(exchange, dsn, settings, 1)
    assert await states(exchange) == [(head.id, AttemptState.REJECTED), (last.id, AttemptState.SOLD)]
    assert len(first.calls) == len(second.calls) == 1


async def test_a_lead_that_nobody_takes_is_unsold_and_pays_nothing(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    campaign = await exchange.campaign()
    async with buyer(refuse) as shop:
        await exchange.delivery(campaign.id, await exchange.buyer(), shop.url)
        (lead_id,) = await sell(exchange, dsn, settings, 1)
    row = await exchange.lead(lead_id)
    assert (row["sale_status"], row["standing"], row["payout"]) == (SaleStatus.UNSOLD, Standing.REJECTED, 0)
    assert await exchange.rows("ledger_entries") == []


async def test_on_system_accept_an_unsold_lead_stays_approved_and_paid(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    await exchange.campaign(accept_on=AcceptOn.SYSTEM)
    (lead_id,) = await sell(exchange, dsn, settings, 1)
    row = await exchange.lead(lead_id)
    assert (row["sale_status"], row["standing"], row["payout"]) == (
        SaleStatus.UNSOLD,
        Standing.APPROVED,
        3_500_000,
    )


async def test_a_percentage_payout_is_of_the_revenue_that_the_answer_names(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    async def priced(call: Call) -> None:
        await call.answer('{"status":"accepted","price":"10.015"}')

    campaign = await exchange.campaign(payout=Payout(kind=PayoutKind.PERCENT, amount=Decimal(40)))
    answers = AnswerRules(rules=ACCEPTING.rules, revenue=Extract(kind="json_path", expression="price"))
    async with buyer(priced) as shop:
        await exchange.delivery(campaign.id, await exchange.buyer(), shop.url, answers=answers)
        (lead_id,) = await sell(exchange, dsn, settings, 1)
    row = await exchange.lead(lead_id)
    assert (row["revenue"], row["payout"]) == (10_015_000, 4_006_000)


async def test_a_time_out_leaves_the_lead_unknown_and_sends_it_to_nobody_else(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    campaign = await exchange.campaign()
    async with buyer(hang) as silent, buyer(accept) as other:
        first = await exchange.delivery(campaign.id, await exchange.buyer("A"), silent.url, priority=1)
        await exchange.delivery(campaign.id, await exchange.buyer("B"), other.url, priority=2)
        (lead_id,) = await sell(exchange, dsn, settings, 1)
    assert await states(exchange) == [(first.id, AttemptState.UNKNOWN)]
    assert (await exchange.lead(lead_id))["sale_status"] == SaleStatus.PENDING
    assert (len(silent.calls), len(other.calls)) == (1, 0)


async def test_an_operator_may_have_an_unknown_lead_offered_to_the_next_buyer(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    campaign = await exchange.campaign()
    async with buyer(hang) as silent, buyer(accept) as other:
        await exchange.delivery(
            campaign.id,
            await exchange.buyer("A"),
            silent.url,
            priority=1,
            when_unknown=UnknownPolicy.NEXT,
        )
        await exchange.delivery(campaign.id, await exchange.buyer("B"), other.url, priority=2)
        await sell(exchange, dsn, settings, 1)
    assert [state for _, state in await states(exchange)] == [AttemptState.UNKNOWN, AttemptState.SOLD]


async def test_a_refused_connection_is_tried_again_and_then_given_up_for_the_next_buyer(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    campaign = await exchange.campaign()
    async with buyer(accept) as closed:
        pass
    async with buyer(accept) as other:
        retry = RetryPolicy(attempts=2, first_delay_seconds=0.05, factor=1, maximum_delay_seconds=0.1)
        first = await exchange.delivery(
            campaign.id, await exchange.buyer("A"), closed.url, priority=1, retry=retry
        )
        second = await exchange.delivery(campaign.id, await exchange.buyer("B"), other.url, priority=2)
        await sell(exchange, dsn, settings, 1)
    waiting, error, sold = AttemptState.WAITING, AttemptState.ERROR, AttemptState.SOLD
    assert await states(exchange) == [
        (first.id, waiting),
        (first.id, waiting),
        (first.id, error),
        (second.id, sold),
    ]


async def test_a_deliverys_cap_counts_only_what_the_buyer_took_or_may_have_taken(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    refused: list[Call] = []

    async def fussy(call: Call) -> None:
        if len(refused) < 3:
            refused.append(call)
            await refuse(call)
        else:
            await accept(call)

    campaign = await exchange.campaign()
    async with buyer(fussy) as shop:
        await exchange.delivery(campaign.id, await exchange.buyer(), shop.url, caps=Caps(day=4))
        for start in range(0, 12, 2):
            await sell(exchange, dsn, settings, start, start + 1)
    found = [state for _, state in await states(exchange)]
    assert found.count(AttemptState.SOLD) == 4
    assert found.count(AttemptState.REJECTED) == 3
    assert found.count(AttemptState.SKIPPED) == 5
    assert [row["used"] for row in await exchange.rows("cap_counters")] == [4]


async def test_a_buyers_cap_holds_over_all_its_deliveries_and_several_workers(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    cars, vans = await exchange.campaign("CARS"), await exchange.campaign("VANS")
    async with buyer(accept) as shop:
        buyer_id = await exchange.buyer(caps=Caps(total=30))
        for campaign in (cars, vans):
            await exchange.delivery(campaign.id, buyer_id, shop.url)
        for number in range(50):
            await exchange.submit(number, campaign="CARS")
            await exchange.submit(number, campaign="VANS")
        async with exchange.working(dsn, settings), exchange.working(dsn, settings):
            await exchange.until_idle()
    assert len(shop.calls) == 30
    assert [state for _, state in await states(exchange)].count(AttemptState.SOLD) == 30


async def test_several_workers_send_each_lead_once(exchange: Exchange, dsn: str, settings: Settings) -> None:
    campaign = await exchange.campaign()
    async with buyer(accept) as shop:
        await exchange.delivery(campaign.id, await exchange.buyer(), shop.url)
        await asyncio.gather(*(exchange.submit(number) for number in range(200)))
        async with exchange.working(dsn, settings), exchange.working(dsn, settings):
            await exchange.until_idle()
    assert len({call.body for call in shop.calls}) == len(shop.calls) == 200


async def test_a_manual_delivery_waits_for_its_trigger(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    campaign = await exchange.campaign()
    async with buyer(accept) as shop:
        await exchange.delivery(campaign.id, await exchange.buyer(), shop.url, trigger=Trigger.MANUAL)
        (lead_id,) = await sell(exchange, dsn, settings, 1)
    assert shop.calls == []
    assert (await exchange.lead(lead_id))["sale_status"] == SaleStatus.UNSOLD


async def test_an_archived_or_inactive_buyer_gets_nothing(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    campaign = await exchange.campaign()
    async with buyer(accept) as shop:
        buyer_id = await exchange.buyer()
        await exchange.delivery(campaign.id, buyer_id, shop.url)
        await setup.buyers.update(exchange.database, exchange.actor, buyer_id, {"status": "Inactive"})
        await sell(exchange, dsn, settings, 1)
    assert shop.calls == []
    assert [state for _, state in await states(exchange)] == [AttemptState.SKIPPED]


async def test_a_buyer_that_fails_again_and_again_is_left_alone_for_a_while(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    async def busy(call: Call) -> None:
        await call.answer("", "503 Service Unavailable")

    campaign = await exchange.campaign()
    async with buyer(busy) as shop, buyer(accept) as other:
        policy = BreakerPolicy(failures=3, open_seconds=60)
        retry = RetryPolicy(attempts=0)
        first = await exchange.buyer("A", breaker=policy)
        await exchange.delivery(campaign.id, first, shop.url, priority=1, retry=retry)
        await exchange.delivery(campaign.id, await exchange.buyer("B"), other.url, priority=2)
        async with exchange.working(dsn, settings):
            for number in range(10):
                await exchange.submit(number)
                await exchange.until_idle()
    assert (len(shop.calls), len(other.calls)) == (3, 10)


async def test_what_a_dead_worker_was_sending_becomes_unknown_and_is_never_sent_again(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    campaign = await exchange.campaign()
    async with buyer(accept) as shop:
        delivery = await exchange.delivery(campaign.id, await exchange.buyer(), shop.url)
        result = await exchange.submit(1)
        async with exchange.database.unit_of_work() as connection:
            await connection.execute("UPDATE delivery_jobs SET worker_id = 4711")
            await connection.execute(
                "INSERT INTO delivery_attempts (account_id, lead_id, number, delivery_id, buyer_id, state, reason,"
                " worker_id, started_at) VALUES ($1, $2, 1, $3, $4, 1, '', 4711, now())",
                exchange.account_id,
                result.lead_id,
                delivery.id,
                delivery.buyer_id,
            )
        async with exchange.working(dsn, settings):
            await exchange.until_idle()
    assert shop.calls == []
    assert await states(exchange) == [(delivery.id, AttemptState.UNKNOWN)]


async def test_an_answer_is_judged_by_the_deliverys_rules(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    async def wordy(call: Call) -> None:
        await call.answer("LEAD TAKEN, thank you")

    campaign = await exchange.campaign()
    rules = AnswerRules(rules=(AnswerRule(kind="keyword", pattern="lead taken", outcome="accept"),))
    async with buyer(wordy) as shop:
        await exchange.delivery(campaign.id, await exchange.buyer(), shop.url, answers=rules)
        (lead_id,) = await sell(exchange, dsn, settings, 1)
    assert (await exchange.lead(lead_id))["sale_status"] == SaleStatus.SOLD
    (attempt,) = await exchange.rows("delivery_attempts")
    assert attempt["trace"]["status"] == 200
    assert "LEAD TAKEN" in attempt["trace"]["response"]
