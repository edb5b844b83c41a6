"""The set-up values of a delivery: they survive storage as JSON, and bounds are checked when they are read."""

import msgspec
import pytest

from leadyard.delivery.model import (
    AnswerRule,
    AnswerRules,
    BasicAuth,
    BearerAuth,
    BreakerPolicy,
    Extract,
    FieldMapping,
    Header,
    HttpTarget,
    Outcome,
    RetryPolicy,
    Secret,
)
from leadyard.delivery.transports.store import StoreTransport


@pytest.mark.parametrize(
    "value",
    [
        HttpTarget(
            "https://buyer.example/",
            fields=(FieldMapping("a", "{{ a }}"),),
            headers=(Header("X-A", "1"),),
            secrets=(Secret("key", "k"),),
            auth=BasicAuth("me", "word"),
        ),
        HttpTarget("https://buyer.example/", body="json", template="{}", auth=BearerAuth("token")),
        AnswerRules(
            rules=(AnswerRule(kind="json_path", pattern="1", outcome="accept", path="a"),),
            revenue=Extract("json_path", "p"),
        ),
        RetryPolicy(),
        BreakerPolicy(),
    ],
)
def test_a_value_is_the_same_after_a_trip_through_json(value: object) -> None:
    again = msgspec.json.decode(msgspec.json.encode(value), type=type(value))
    assert again == value
    assert hash(again) == hash(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (HttpTarget, '{"url": "https://b.example", "method": "DELETE"}'),
        (HttpTarget, '{"url": "https://b.example", "body": "yaml"}'),
        (HttpTarget, '{"url": "https://b.example", "timeout_seconds": 0}'),
        (HttpTarget, '{"url": "https://b.example", "timeout_seconds": 61}'),
        (HttpTarget, '{"url": "https://b.example", "headers": [{"name": "X A", "value": ""}]}'),
        (HttpTarget, '{"url": "https://b.example", "auth": {"kind": "bearer", "token": "a\\nb"}}'),
        (HttpTarget, '{"url": "https://b.example", "auth": {"kind": "digest"}}'),
        (AnswerRules, '{"rules": [{"kind": "keyword", "pattern": "a", "outcome": "error"}]}'),
        (RetryPolicy, '{"attempts": 11}'),
        (BreakerPolicy, '{"failures": 0}'),
    ],
)
def test_a_value_out_of_bounds_is_refused(kind: type, text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=kind)


async def test_a_stored_lead_is_always_accepted() -> None:
    verdict = await StoreTransport().deliver(None, AnswerRules(), {"a": "b"}, idempotency_key="k")
    assert verdict.outcome is Outcome.ACCEPT
