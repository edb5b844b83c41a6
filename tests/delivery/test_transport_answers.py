"""What a delivery makes of whole answers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest
from tests.delivery.buyers import ACCEPTING, Call, buyer, transport

from leadyard.delivery.model import (
    AnswerRule,
    AnswerRules,
    BearerAuth,
    Extract,
    FieldMapping,
    Header,
    HttpTarget,
    Outcome,
    Secret,
)

VALUES = {"email": "ann@example.com", "lead.id": "7", "firstname": "Ann & Co"}
EMAIL = (FieldMapping("email", "{{ email }}"),)


async def test_a_lead_is_sent_as_a_form_and_accepted() -> None:
    async def script(call: Call) -> None:
        await call.answer("Lead taken, thank you")

    fields = (*EMAIL, FieldMapping("name", "{{ firstname }}"))
    async with buyer(script) as running, transport() as http:
        verdict = await http.deliver(
            HttpTarget(running.url, fields=fields), ACCEPTING, VALUES, idempotency_key="k-1"
        )
    assert verdict.outcome is Outcome.ACCEPT
    assert verdict.status_code == 200
    assert verdict.response_text == "Lead taken, thank you"
    call = running.calls[0]
    assert call.body == b"email=ann%40example.com&name=Ann+%26+Co"
    assert "Idempotency-Key: k-1" in call.head
    assert verdict.request_text.startswith(f"POST {running.url}\n")
    assert verdict.request_text.endswith("email=ann%40example.com&name=Ann+%26+Co")


async def test_a_get_delivery_puts_its_fields_into_the_query() -> None:
    async def script(call: Call) -> None:
        await call.answer("taken")

    async with buyer(script) as running, transport() as http:
        target = HttpTarget(running.url + "?v=1", method="GET", body="none", fields=EMAIL)
        verdict = await http.deliver(target, ACCEPTING, VALUES, idempotency_key="k")
    assert verdict.outcome is Outcome.ACCEPT
    assert running.calls[0].head.startswith("GET /leads?v=1&email=ann%40example.com HTTP/1.1\r\n")


async def test_a_price_a_reference_and_a_reason_are_read_from_the_answer() -> None:
    async def script(call: Call) -> None:
        await call.answer('{"ok": true, "lead": {"price": 12.50, "id": 991}, "text": "fine"}')

    rules = AnswerRules(
        rules=(AnswerRule(kind="json_path", path="ok", pattern="true", outcome="accept"),),
        revenue=Extract("json_path", "lead.price"),
        reference=Extract("json_path", "lead.id"),
        reason=Extract("regex", '"text": "([^"]*)"'),
    )
    async with buyer(script) as running, transport() as http:
        verdict = await http.deliver(HttpTarget(running.url), rules, VALUES, idempotency_key="k")
    assert (verdict.outcome, verdict.revenue, verdict.buyer_reference, verdict.reason) == (
        Outcome.ACCEPT,
        Decimal("12.5"),
        "991",
        "fine",
    )


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "404 Not Found", "500 Oops"])
async def test_an_answer_that_no_rule_knows_rejects(status: str) -> None:
    async def script(call: Call) -> None:
        await call.answer("what?", status)

    async with buyer(script) as running, transport() as http:
        verdict = await http.deliver(HttpTarget(running.url), ACCEPTING, VALUES, idempotency_key="k")
    assert verdict.outcome is Outcome.REJECT
    assert verdict.status_code == int(status[:3])


@pytest.mark.parametrize("status", ["429 Too Many", "503 Busy"])
async def test_a_busy_buyer_is_tried_again_when_it_says(status: str) -> None:
    async def script(call: Call) -> None:
        await call.answer("", status, "Retry-After: 120\r\n")

    async with buyer(script) as running, transport() as http:
        verdict = await http.deliver(HttpTarget(running.url), ACCEPTING, VALUES, idempotency_key="k")
    assert (verdict.outcome, verdict.retry_after_seconds) == (Outcome.RETRY, 120)


async def test_a_retry_after_may_be_a_date() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)

    async def script(call: Call) -> None:
        await call.answer("", "429 Too Many", f"Retry-After: {when}\r\n")

    async with buyer(script) as running, transport() as http:
        verdict = await http.deliver(HttpTarget(running.url), ACCEPTING, VALUES, idempotency_key="k")
    assert verdict.retry_after_seconds is not None
    assert 3500 < verdict.retry_after_seconds <= 3600


async def test_a_redirect_is_not_followed() -> None:
    async def script(call: Call) -> None:
        await call.answer("", "302 Found", "Location: http://169.254.169.254/latest\r\n")

    async with buyer(script) as running, transport() as http:
        verdict = await http.deliver(HttpTarget(running.url), ACCEPTING, VALUES, idempotency_key="k")
    assert verdict.outcome is Outcome.REJECT
    assert "redirects are not followed" in verdict.reason
    assert len(running.calls) == 1


async def test_secrets_travel_but_are_never_kept() -> None:
    async def script(call: Call) -> None:
        await call.answer("taken with key-12345 and tok-67890")

    target = HttpTarget("", fields=(FieldMapping("key", "{{ secret.api }}"),))
    async with buyer(script) as running, transport() as http:
        target = HttpTarget(
            running.url,
            fields=target.fields,
            headers=(Header("X-Lead", "{{ lead.id }}"),),
            secrets=(Secret("api", "key-12345"),),
            auth=BearerAuth("tok-67890"),
        )
        verdict = await http.deliver(target, ACCEPTING, VALUES, idempotency_key="k")
    assert running.calls[0].body == b"key=key-12345"
    assert "Authorization: Bearer tok-67890" in running.calls[0].head
    assert "X-Lead: 7" in running.calls[0].head
    kept = verdict.request_text + verdict.response_text + verdict.reason
    assert "12345" not in kept
    assert "67890" not in kept


async def test_a_cookie_of_the_buyer_is_not_sent_back() -> None:
    async def script(call: Call) -> None:
        await call.answer("taken", headers="Set-Cookie: a=b\r\n")

    async with buyer(script) as running, transport() as http:
        for _ in range(2):
            await http.deliver(HttpTarget(running.url), ACCEPTING, VALUES, idempotency_key="k")
    assert "cookie" not in running.calls[1].head.lower()


async def test_an_answer_with_null_bytes_and_broken_text_can_be_stored() -> None:
    async def script(call: Call) -> None:
        await call.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=nonsense\r\nContent-Length: 8\r\n\r\ntaken\x00\xff\xfe"
        )

    async with buyer(script) as running, transport() as http:
        verdict = await http.deliver(HttpTarget(running.url), ACCEPTING, VALUES, idempotency_key="k")
    assert verdict.outcome is Outcome.ACCEPT
    assert "\x00" not in verdict.response_text


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (HttpTarget("ftp://buyer.example/"), "http"),
        (HttpTarget("http://buyer.example/", headers=(Header("X-A", "{{ email }}\n"),)), "line break"),
        (HttpTarget("http://buyer.example/{{ email | nothing }}"), "no filter"),
        (HttpTarget("http://buyer.example/", fields=(FieldMapping("a", "{{ secret.gone }}"),)), "gone"),
    ],
)
async def test_an_unusable_set_up_is_an_error_and_sends_nothing(target: HttpTarget, why: str) -> None:
    async with transport() as http:
        verdict = await http.deliver(target, ACCEPTING, VALUES, idempotency_key="k")
    assert verdict.outcome is Outcome.ERROR
    assert why in verdict.reason


async def test_a_value_with_a_line_break_cannot_enter_a_header() -> None:
    async def script(call: Call) -> None:
        await call.answer("taken")

    async with buyer(script) as running, transport() as http:
        target = HttpTarget(running.url, headers=(Header("X-Name", "{{ firstname }}"),))
        verdict = await http.deliver(target, ACCEPTING, {"firstname": "a\r\nX-Evil: 1"}, idempotency_key="k")
    assert verdict.outcome is Outcome.ERROR
    assert running.calls == []
