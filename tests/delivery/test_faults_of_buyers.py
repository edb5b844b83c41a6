"""Buyers that misbehave in ways of their own: each ends in the one state that promises neither too much nor too little."""

import asyncio
import gzip
import tracemalloc
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from tests.delivery.buyers import ACCEPTING, Call, buyer, transport
from tests.exchange import ACCEPTING as ACCEPTING_JSON
from tests.exchange import Exchange, new_exchange

from leadyard.delivery.breaker import Breaker
from leadyard.delivery.model import (
    AnswerRule,
    AnswerRules,
    BreakerPolicy,
    FieldMapping,
    HttpTarget,
    Outcome,
    RetryPolicy,
    Verdict,
)
from leadyard.delivery.transports.http import HttpTransport
from leadyard.kit import clock
from leadyard.leads.model import AttemptState
from leadyard.settings import Settings
from leadyard.storage.database import Database

BOMB = gzip.compress(bytes(100_000_000))
"""A tenth of a megabyte that unpacks to a hundred."""


async def deliver(http: HttpTransport, url: str, rules: AnswerRules = ACCEPTING) -> Verdict:
    target = HttpTarget(url, fields=(FieldMapping("email", "{{ email }}"),), timeout_seconds=2)
    return await http.deliver(target, rules, {"email": "ann@example.com"}, idempotency_key="k")


async def test_a_compressed_bomb_takes_little_memory_and_sells_nothing() -> None:
    async def script(call: Call) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(BOMB)}\r\n\r\n"
        await call.send(head.encode() + BOMB)

    async with buyer(script) as running, transport() as http:
        tracemalloc.start()
        verdict = await deliver(http, running.url)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert verdict.outcome in {Outcome.REJECT, Outcome.UNKNOWN}
    assert len(verdict.response_text) <= 4096
    assert peak < 20_000_000


async def test_headers_without_end_leave_the_lead_unknown() -> None:
    async def script(call: Call) -> None:
        await call.send("HTTP/1.1 200 OK\r\n")
        while True:
            await call.send(f"X-More: {'.' * 1000}\r\n")

    async with buyer(script) as running, transport() as http:
        verdict = await deliver(http, running.url)
    assert verdict.outcome is Outcome.UNKNOWN
    assert len(running.calls) == 1


async def test_interim_answers_without_end_leave_the_lead_unknown() -> None:
    async def script(call: Call) -> None:
        while True:
            await call.send("HTTP/1.1 102 Processing\r\n\r\n")
            await asyncio.sleep(0.01)

    async with buyer(script) as running, transport() as http:
        verdict = await deliver(http, running.url)
    assert verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
async def test_a_redirect_into_the_network_is_not_followed(status: str) -> None:
    async def inside(call: Call) -> None:
        await call.answer("taken")

    async with buyer(inside) as secret:

        async def script(call: Call) -> None:
            await call.answer("over there", status=status, headers=f"Location: {secret.url}\r\n")

        async with buyer(script) as running, transport() as http:
            verdict = await deliver(http, running.url)
    assert verdict.outcome is Outcome.REJECT
    assert "Redirected" in verdict.reason
    assert secret.calls == []


async def test_a_server_error_rejects_unless_the_operator_says_that_the_lead_may_be_taken() -> None:
    async def script(call: Call) -> None:
        await call.answer("lead saved, then we broke", status="500 Internal Server Error")

    careful = AnswerRules(rules=(*ACCEPTING.rules, AnswerRule("status", "5xx", "unknown")))
    async with buyer(script) as running, transport() as http:
        assert (await deliver(http, running.url)).outcome is Outcome.REJECT
        assert (await deliver(http, running.url, careful)).outcome is Outcome.UNKNOWN


@pytest.fixture
async def exchange(database: Database) -> Exchange:
    return await new_exchange(database)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, allowed_networks=(ip_network("127.0.0.0/8"),))


async def test_a_lead_that_a_broken_buyer_may_have_waits_for_a_person_and_goes_to_nobody_else(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    async def breaks(call: Call) -> None:
        await call.answer("saved", status="500 Internal Server Error")

    async def accepts(call: Call) -> None:
        await call.answer('{"status": "accepted"}')

    careful = AnswerRules(rules=(*ACCEPTING_JSON.rules, AnswerRule("status", "5xx", "unknown")))
    campaign = await exchange.campaign()
    async with buyer(breaks) as first, buyer(accepts) as second:
        await exchange.delivery(campaign.id, await exchange.buyer("A"), first.url, answers=careful)
        await exchange.delivery(campaign.id, await exchange.buyer("B"), second.url)
        await exchange.submit(1)
        async with exchange.working(dsn, settings):
            await exchange.until_idle()
    (attempt,) = await exchange.rows("delivery_attempts")
    assert attempt["state"] == AttemptState.UNKNOWN
    assert (len(first.calls), len(second.calls)) == (1, 0)


async def test_after_the_pause_one_lead_of_a_whole_batch_probes_the_buyer(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    async def closes(call: Call) -> None:
        call.writer.close()

    campaign = await exchange.campaign()
    policy = BreakerPolicy(failures=1, open_seconds=3600)
    async with buyer(closes) as broken:
        buyer_id = await exchange.buyer(breaker=policy)
        await exchange.delivery(campaign.id, buyer_id, broken.url, retry=RetryPolicy(attempts=0))
        await asyncio.gather(*(exchange.submit(number) for number in range(20)))
        async with exchange.working(dsn, settings) as parts:
            half_open = Breaker(1, clock.now() - timedelta(seconds=1), policy.open_seconds)
            parts.delivery._breakers[exchange.account_id, buyer_id] = half_open
            async with asyncio.timeout(20):
                while await exchange.rows("delivery_jobs", "due_at < now() + interval '10 minutes'"):  # noqa: ASYNC110 - the worker tells nobody
                    await asyncio.sleep(0.02)
    assert len(broken.calls) == 1
    assert len(await exchange.rows("delivery_jobs")) == 19
