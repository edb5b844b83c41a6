"""OAuth 2 client credentials: one token for many leads, fetched again when it expires or is refused."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from msgspec import structs
from tests.delivery.buyers import ACCEPTING, Call, buyer, transport

from leadyard.delivery.model import ClientCredentials, FieldMapping, Header, HttpTarget, Outcome, Verdict
from leadyard.delivery.transports.http import HttpTransport, check_target, preview
from leadyard.kit.masking import MASK


class Guarded:
    """A buyer behind an authorisation server; `valid` is the token it takes."""

    def __init__(self, **answer: Any) -> None:
        self.answer = {"token_type": "Bearer", "expires_in": 3600, **answer}
        self.status = "200 OK"
        self.valid = ""
        self.fetched: list[Call] = []
        self.leads = 0

    async def __call__(self, call: Call) -> None:
        if "/token" in call.head:
            self.fetched.append(call)
            await asyncio.sleep(0.05)
            self.valid = f"access-{len(self.fetched)}"
            await call.answer(json.dumps({"access_token": self.valid, **self.answer}), status=self.status)
        else:
            self.leads += 1
            known = self.valid and f"Authorization: Bearer {self.valid}\r\n" in call.head
            await call.answer(
                f"taken {self.valid}" if known else "no", status="200 OK" if known else "401 No"
            )


def target(url: str, **changes: Any) -> HttpTarget:
    auth = ClientCredentials(
        url.replace("/leads", "/token"),
        "client id",
        "s3cret/+",
        scope="leads:write",
        audience="https://a.example",
    )
    fields = (FieldMapping("email", "{{ email }}"),)
    return HttpTarget(url, fields=fields, auth=structs.replace(auth, **changes), timeout_seconds=2)


async def deliver(http: HttpTransport, wanted: HttpTarget) -> Verdict:
    return await http.deliver(wanted, ACCEPTING, {"email": "ann@example.com"}, idempotency_key="k")


async def test_a_token_is_fetched_with_the_clients_id_and_secret_in_a_header() -> None:
    market = Guarded()
    async with buyer(market) as running, transport() as http:
        verdict = await deliver(http, target(running.url))
    assert verdict.outcome is Outcome.ACCEPT, verdict.reason
    assert parse_qs(market.fetched[0].body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["leads:write"],
        "audience": ["https://a.example"],
    }
    # base64 of the form-encoded pair, as RFC 6749 asks.
    assert "Authorization: Basic Y2xpZW50K2lkOnMzY3JldCUyRiUyQg==" in market.fetched[0].head


async def test_or_in_the_body() -> None:
    market = Guarded()
    async with buyer(market) as running, transport() as http:
        await deliver(http, target(running.url, send_as="body", scope="", audience=""))
    assert parse_qs(market.fetched[0].body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["client id"],
        "client_secret": ["s3cret/+"],
    }
    assert "Authorization" not in market.fetched[0].head


async def test_one_token_serves_all_leads_even_those_that_come_while_it_is_fetched() -> None:
    market = Guarded()
    async with buyer(market) as running, transport() as http:
        wanted = target(running.url)
        verdicts = await asyncio.gather(*(deliver(http, wanted) for _ in range(6)))
        verdicts += [await deliver(http, wanted)]
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPT}
    assert (len(market.fetched), market.leads) == (1, 7)


async def test_a_token_about_to_expire_is_not_used_again() -> None:
    market = Guarded(expires_in=20)
    async with buyer(market) as running, transport() as http:
        wanted = target(running.url)
        verdicts = [await deliver(http, wanted) for _ in range(2)]
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPT}
    assert len(market.fetched) == 2


async def test_a_refused_token_is_fetched_once_again() -> None:
    market = Guarded()
    async with buyer(market) as running, transport() as http:
        wanted = target(running.url)
        await deliver(http, wanted)
        market.valid = "revoked"
        verdict = await deliver(http, wanted)
    assert verdict.outcome is Outcome.ACCEPT
    assert (len(market.fetched), market.leads) == (2, 3)


async def test_a_fresh_token_that_is_refused_ends_it() -> None:
    async def script(call: Call) -> None:
        if "/token" in call.head:
            await call.answer('{"access_token": "never-good"}')
        else:
            await call.answer("no", status="401 Unauthorized")

    async with buyer(script) as running, transport() as http:
        verdict = await deliver(http, target(running.url))
    assert (verdict.outcome, verdict.status_code) == (Outcome.REJECT, 401)
    assert len(running.calls) == 2


@pytest.mark.parametrize(
    ("answer", "status", "outcome"),
    [
        ({"access_token": ""}, "200 OK", Outcome.ERROR),
        ({"access_token": 5}, "200 OK", Outcome.ERROR),
        ({"access_token": "a b"}, "200 OK", Outcome.ERROR),
        ({"token_type": "mac"}, "200 OK", Outcome.ERROR),
        ({"expires_in": "soon"}, "200 OK", Outcome.ERROR),
        ({"error": "invalid_client"}, "401 Unauthorized", Outcome.ERROR),
        ({}, "503 Service Unavailable", Outcome.RETRY),
    ],
)
async def test_without_a_token_no_lead_is_sent(answer: dict[str, Any], status: str, outcome: Outcome) -> None:
    market = Guarded(**answer)
    market.status = status
    async with buyer(market) as running, transport() as http:
        verdict = await deliver(http, target(running.url))
    assert verdict.outcome is outcome
    assert verdict.reason.startswith("Fetching the token failed")
    assert market.leads == 0


async def test_the_token_and_the_clients_secret_are_never_shown() -> None:
    market = Guarded()
    async with buyer(market) as running, transport() as http:
        wanted = target(running.url)
        verdict = await deliver(http, wanted)
        shown = preview(wanted, {})
    assert "access-1" not in f"{verdict}"
    assert f"Authorization: {MASK}" in verdict.request_text
    assert Header("Authorization", MASK) in shown.headers


def test_a_token_address_that_cannot_be_used_is_refused_at_set_up() -> None:
    for url in ("nowhere-at-all", "https://id.example/{{ email }}"):
        problems = check_target(target("https://buyer.example/leads", token_url=url))
        assert [problem.field for problem in problems] == ["auth.token_url"]
