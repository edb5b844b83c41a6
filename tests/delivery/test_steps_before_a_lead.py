"""Requests before the lead's own: their values reach its templates, and when they fail no lead is sent."""

import asyncio
import json
from typing import Any

import pytest
from msgspec import structs
from tests.delivery.buyers import ACCEPTING, Call, buyer, transport

from leadyard.delivery.model import (
    Extract,
    FieldMapping,
    Header,
    HttpTarget,
    Outcome,
    Secret,
    Step,
    StepValue,
    Verdict,
)
from leadyard.delivery.transports.http import HttpTransport, check_target, names_in
from leadyard.kit.masking import MASK

SIGN_IN_PATHS = ("/login", "/session")


class Market:
    """A buyer that wants a token: `valid` are the tokens it takes, each sign-in gives the next one."""

    def __init__(self) -> None:
        self.valid: set[str] = set()
        self.sign_ins = 0
        self.leads = 0
        self.login: tuple[str, str] | None = None
        self.refusal = "401 Unauthorized"

    async def __call__(self, call: Call) -> None:
        if call.head.split()[1].startswith(SIGN_IN_PATHS):
            await asyncio.sleep(0.05)
            self.sign_ins += 1
            if self.login is not None:
                body, status = self.login
                await call.answer(body, status=status)
                return
            token = f"token-{self.sign_ins}"
            self.valid = {token}
            await call.answer(json.dumps({"data": {"token": token}}))
            return
        self.leads += 1
        if any(f"Bearer {token}" in call.head for token in self.valid):
            await call.answer(f"taken by {call.head}")
        else:
            await call.answer("who are you?", status=self.refusal)


def step(base: str, name: str = "login", keep_seconds: int = 0, **changes: Any) -> Step:
    usual = Step(
        url=base.replace("/leads", "/login"),
        name=name,
        body="json",
        fields=(FieldMapping("user", "me"), FieldMapping("password", "{{ secret.password }}")),
        values=(StepValue("token", Extract("json_path", "data.token")),),
        keep_seconds=keep_seconds,
    )
    return structs.replace(usual, **changes)


def target(url: str, *steps: Step) -> HttpTarget:
    return HttpTarget(
        url,
        fields=(FieldMapping("email", "{{ email }}"),),
        headers=(Header("Authorization", "Bearer {{ step.token }}"), Header("X-Copy", "{{ step.token }}")),
        secrets=(Secret("password", "opensesame"),),
        steps=steps,
        timeout_seconds=2,
    )


async def deliver(http: HttpTransport, wanted: HttpTarget) -> Verdict:
    return await http.deliver(wanted, ACCEPTING, {"email": "ann@example.com"}, idempotency_key="k")


async def test_a_value_of_a_step_reaches_the_request_of_the_lead() -> None:
    market = Market()
    async with buyer(market) as running, transport() as http:
        verdict = await deliver(http, target(running.url, step(running.url)))
    assert verdict.outcome is Outcome.ACCEPT, verdict.reason
    assert json.loads(running.calls[0].body) == {"user": "me", "password": "opensesame"}
    assert "Bearer token-1" in running.calls[1].head


async def test_neither_secrets_nor_what_steps_gave_are_kept_in_the_trace() -> None:
    market = Market()
    async with buyer(market) as running, transport() as http:
        verdict = await deliver(http, target(running.url, step(running.url)))
    kept = f"{verdict.request_text}{verdict.response_text}{verdict.reason}"
    assert "token-1" not in kept
    assert "opensesame" not in kept
    assert f"X-Copy: {MASK}" in verdict.request_text


async def test_a_later_step_uses_what_an_earlier_one_gave() -> None:
    market = Market()
    async with buyer(market) as running, transport() as http:
        second = step(running.url, "second", url=running.url.replace("/leads", "/session/{{ step.first }}"))
        first = step(running.url, "first", values=(StepValue("first", Extract("regex", "token-[0-9]+")),))
        verdict = await deliver(http, target(running.url, first, second))
    assert verdict.outcome is Outcome.ACCEPT, verdict.reason
    assert "/session/token-1" in running.calls[1].head


async def test_a_step_that_is_not_kept_is_taken_for_each_lead() -> None:
    market = Market()
    async with buyer(market) as running, transport() as http:
        wanted = target(running.url, step(running.url))
        for _ in range(3):
            await deliver(http, wanted)
    assert (market.sign_ins, market.leads) == (3, 3)


async def test_a_kept_step_is_taken_once_for_all_leads_that_wait_for_it() -> None:
    market = Market()
    async with buyer(market) as running, transport() as http:
        wanted = target(running.url, step(running.url, keep_seconds=60))
        verdicts = await asyncio.gather(*(deliver(http, wanted) for _ in range(5)))
        verdicts += [await deliver(http, wanted)]
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPT}
    assert (market.sign_ins, market.leads) == (1, 6)


@pytest.mark.parametrize("refusal", ["401 Unauthorized", "403 Forbidden"])
async def test_a_kept_value_that_the_buyer_refuses_is_fetched_once_again(refusal: str) -> None:
    market = Market()
    market.refusal = refusal
    async with buyer(market) as running, transport() as http:
        wanted = target(running.url, step(running.url, keep_seconds=60))
        await deliver(http, wanted)
        market.valid.clear()
        verdict = await deliver(http, wanted)
    assert verdict.outcome is Outcome.ACCEPT, verdict.reason
    assert (market.sign_ins, market.leads) == (2, 3)


async def test_a_fresh_value_that_the_buyer_refuses_is_a_refusal_of_the_lead() -> None:
    async def script(call: Call) -> None:
        if "/login" in call.head:
            await call.answer('{"data": {"token": "useless"}}')
        else:
            await call.answer("no", status="401 Unauthorized")

    async with buyer(script) as running, transport() as http:
        verdict = await deliver(http, target(running.url, step(running.url, keep_seconds=60)))
    assert verdict.outcome is Outcome.REJECT
    assert len(running.calls) == 2


async def test_a_refusal_that_a_rule_sees_as_an_acceptance_is_not_sent_again() -> None:
    async def script(call: Call) -> None:
        if "/login" in call.head:
            await call.answer('{"data": {"token": "some token"}}')
        else:
            await call.answer("taken", status="403 Forbidden")

    async with buyer(script) as running, transport() as http:
        wanted = target(running.url, step(running.url, keep_seconds=60))
        verdicts = [await deliver(http, wanted) for _ in range(2)]
    assert [verdict.outcome for verdict in verdicts] == [Outcome.ACCEPT] * 2
    assert len(running.calls) == 3


@pytest.mark.parametrize(
    ("body", "status", "outcome"),
    [
        ("{}", "200 OK", Outcome.ERROR),
        ("wrong password", "401 Unauthorized", Outcome.ERROR),
        ("moved", "302 Found", Outcome.ERROR),
        ("busy", "429 Too Many Requests", Outcome.RETRY),
        ("broken", "500 Internal Server Error", Outcome.RETRY),
    ],
)
async def test_a_step_that_fails_keeps_the_lead_here(body: str, status: str, outcome: Outcome) -> None:
    market = Market()
    market.login = (body, status)
    async with buyer(market) as running, transport() as http:
        verdict = await deliver(http, target(running.url, step(running.url)))
    assert verdict.outcome is outcome
    assert verdict.reason.startswith("The step login failed")
    assert market.leads == 0
    assert "/login" in verdict.request_text
    assert "opensesame" not in verdict.request_text


async def test_a_step_without_an_answer_is_tried_again_for_the_lead_was_not_sent() -> None:
    async def script(call: Call) -> None:
        if "/login" in call.head:
            call.writer.close()
        else:
            await call.answer("taken")

    async with buyer(script) as running, transport() as http:
        verdict = await deliver(http, target(running.url, step(running.url)))
    assert verdict.outcome is Outcome.RETRY
    assert "may have" not in verdict.reason
    assert len(running.calls) == 1


async def test_a_step_to_a_private_address_is_refused() -> None:
    market = Market()
    async with buyer(market) as running, transport() as http:
        away = step(running.url, url="http://10.0.0.1/login")
        verdict = await deliver(http, target(running.url, away))
    assert verdict.outcome is Outcome.ERROR
    assert running.calls == []


URL = "https://buyer.example/leads"


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ((), "steps"),
        ((step(URL), step(URL)), "steps[1].name"),
        ((step(URL), step(URL, "again")), "steps[1].values[0].name"),
        ((step(URL, url="nowhere-at-all"),), "steps[0].url"),
        ((step(URL, fields=(FieldMapping("a", "{{ step.token }}"),)),), "steps[0]"),
        ((step(URL, keep_seconds=5, fields=(FieldMapping("a", "{{ email }}"),)),), "steps[0].keep_seconds"),
        (
            (step(URL, values=(StepValue("token", Extract("regex", "(")),)),),
            "steps[0].values[0].value.expression",
        ),
        ((step(URL, fields=(FieldMapping("a", "{{ secret.none }}"),)),), "secrets"),
    ],
)
def test_a_mistake_in_the_steps_names_its_field(steps: tuple[Step, ...], field: str) -> None:
    assert field in [problem.field for problem in check_target(target(URL, *steps))]


def test_sound_steps_have_no_problems_and_their_names_are_not_the_leads() -> None:
    wanted = target(URL, step(URL, keep_seconds=60))
    assert check_target(wanted) == []
    assert names_in(wanted) == {"email"}
