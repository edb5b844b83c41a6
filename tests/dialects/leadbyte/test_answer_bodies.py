"""Answers are written to the letter of the seeds, key order included."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.dialects.leadbyte.writing import (
    RESPONSE_TEXTS,
    accepted,
    accepted_item,
    batch,
    encode,
    error,
    number,
    refusal,
    refused_item,
    utc,
)

QUEUE_ID = "ac1e0092-3656328b-60b032e0-d708-7e561a98"


@pytest.mark.parametrize(
    ("version", "status", "line"),
    [
        ("v1.2", "Queued", '{"status":"Success","code":2,"message":"","results":[{"queueId":"%s","status":"Queued","code":2}]}'),
        ("v1.1", "Quarantined", '{"status":"Success","code":2,"message":"","results":[{"queueId":"%s","status":"Quarantined","code":2}]}'),
        ("v1.3", "Queued", '{"status":"Success","code":1,"message":"","results":[{"queueId":"%s","status":"Queued","code":1}]}'),
    ],
)  # fmt: skip
def test_an_accepted_lead(version: str, status: str, line: str) -> None:
    assert encode(accepted(QUEUE_ID, status, version)).decode() == line % QUEUE_ID


def test_a_refused_lead() -> None:
    assert encode(refusal(-5, ["Email is not a valid email address"])) == (
        b'{"status":"Error","code":-5,"message":"One or more errors occurred, see errors array",'
        b'"redirectUrl":"","errors":["Email is not a valid email address"]}'
    )
    assert refusal(-2, redirect_url="https://example.com/no") == {
        "status": "Error",
        "code": -2,
        "message": "One or more errors occurred, see errors array",
        "redirectUrl": "https://example.com/no",
        "errors": ["Duplicate or resubmission"],
    }


def test_a_batch_that_went_in() -> None:
    items = [accepted_item("a", "Queued", "v1.3"), accepted_item("b", "Quarantined", "v1.3")]
    assert encode(batch(items, "v1.3")) == (
        b'{"status":"Success","code":1,"message":"","results":[{"queueId":"a","status":"Queued","code":1},'
        b'{"queueId":"b","status":"Quarantined","code":1}]}'
    )


def test_a_batch_that_went_in_partly_is_a_warning() -> None:
    answer = batch([refused_item(-2), accepted_item("b", "Queued", "v1.2")], "v1.2")
    assert (answer["status"], answer["code"]) == ("Warning", 2)
    assert encode(answer["results"][0]) == (
        b'{"queueId":null,"status":"Error","code":-2,"errors":["Duplicate or resubmission"]}'
    )


def test_a_batch_of_refusals_is_the_refusal_of_its_first() -> None:
    items = [refused_item(-5, ["Email is required"]), refused_item(-2)]
    answer = batch(items, "v1.2", "https://example.com/no")
    assert answer == {**refusal(-5, ["Email is required"], "https://example.com/no"), "results": items}
    assert list(answer) == ["status", "code", "message", "redirectUrl", "errors", "results"]


def test_an_error_outside_intake() -> None:
    assert encode(error("Invalid API key")) == (
        b'{"status":"Error","message":"Invalid API key","errors":["Invalid API key"]}'
    )
    assert error("Bad request", ["from is not a valid date"])["errors"] == ["from is not a valid date"]


def test_debug_indents_the_same_answer() -> None:
    answer = {"data": [{"revenue": number(Decimal("250.00")), "name": "é"}]}
    assert encode(answer) == '{"data":[{"revenue":250,"name":"é"}]}'.encode()
    indented = encode(answer, debug=True)
    assert indented.count(b"\n") > 3
    assert msgspec.json.decode(indented) == msgspec.json.decode(encode(answer))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("250.00", "250"),
        ("37.50", "37.5"),
        ("0.026", "0.026"),
        ("212.4485", "212.4485"),
        ("0E-6", "0"),
        ("-0.00", "0"),
        ("1E+3", "1000"),
        ("1E-7", "0.0000001"),
        ("100", "100"),
        ("-12.50", "-12.5"),
    ],
)
def test_numbers_are_in_their_shortest_form(amount: str, text: str) -> None:
    assert encode([number(Decimal(amount))]) == f"[{text}]".encode()


def test_a_whole_number_is_a_number() -> None:
    assert encode(number(7)) == b"7"


@settings(max_examples=150, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=6))
def test_a_number_is_exact(amount: Decimal) -> None:
    text = encode(number(amount)).decode()
    assert Decimal(text) == amount
    assert "." not in text or text[-1] not in "0."


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2022, 11, 17, 16, 3, 4, 999_999, UTC), "2022-11-17T16:03:04Z"),
        (datetime(2022, 7, 1, 1, 30, tzinfo=timezone(timedelta(hours=2))), "2022-06-30T23:30:00Z"),
    ],
)
def test_times_are_utc_in_whole_seconds(moment: datetime, text: str) -> None:
    assert utc(moment) == text


def test_the_codes_that_do_not_exist_have_no_text() -> None:
    assert {-1, -6}.isdisjoint(RESPONSE_TEXTS)
    assert set(RESPONSE_TEXTS) == {1, 2, -100, *range(-16, 0)} - {-1, -6}
