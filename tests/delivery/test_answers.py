"""The response table: which row matches, and what is read from an answer."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.delivery import json_paths
from leadyard.delivery.answers import check_rules, judge, retry_after_seconds
from leadyard.delivery.model import AnswerRule, AnswerRules, Extract, Outcome

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Kind = Literal["keyword", "exact", "regex", "json_path", "status"]
JSON = '{"ok": true, "n": 12.50, "none": null, "items": [{"code": "A1"}, {"a.b": 3}], "text": "Sold"}'


def _rules(kind: Kind, pattern: str, path: str | None = None) -> AnswerRules:
    return AnswerRules(rules=(AnswerRule(kind=kind, pattern=pattern, outcome="accept", path=path),))


def _accepts(rules: AnswerRules, body: str = "", status: int = 200) -> bool:
    return judge(rules, status, "text/plain", body).outcome is Outcome.ACCEPT


@pytest.mark.parametrize(
    ("kind", "pattern", "body", "matches"),
    [
        ("keyword", "ACCEPTED", "<r>accepted</r>", True),
        ("keyword", "accepted", "rejected", False),
        ("exact", "1", " 1\n", True),
        ("exact", "1", "11", False),
        ("exact", "OK", "ok", False),
        ("exact", "", "", True),
        ("regex", r"id=\d+$", "ok id=15", True),
        ("regex", r"^id", "ok id=15", False),
        ("regex", r"(a+)+$", "a" * 60_000 + "b", False),
    ],
)
def test_a_text_rule_matches(kind: Kind, pattern: str, body: str, matches: bool) -> None:
    assert _accepts(_rules(kind, pattern), body) is matches


@pytest.mark.parametrize(
    ("path", "pattern", "matches"),
    [
        ("ok", "true", True),
        ("$.ok", "false", False),
        ("n", "12.50", True),
        ("items[0].code", "A1", True),
        ("$.items[1]['a.b']", "3", True),
        ('["text"]', "Sold", True),
        ("text", "*", True),
        ("none", "*", False),
        ("items[7].code", "*", False),
        ("items.code", "*", False),
        ("missing", "", False),
    ],
)
def test_a_json_rule_compares_what_the_path_leads_to(path: str, pattern: str, matches: bool) -> None:
    assert _accepts(_rules("json_path", pattern, path), JSON) is matches


@pytest.mark.parametrize(
    ("pattern", "status", "matches"),
    [
        ("200", 200, True),
        ("200", 201, False),
        ("2xx", 204, True),
        ("200-202, 409", 409, True),
        ("200-202", 203, False),
    ],
)
def test_a_status_rule_takes_ranges_and_lists(pattern: str, status: int, matches: bool) -> None:
    assert _accepts(_rules("status", pattern), status=status) is matches


def test_the_first_row_that_matches_decides() -> None:
    rows = (
        AnswerRule(kind="keyword", pattern="duplicate", outcome="reject"),
        AnswerRule(kind="keyword", pattern="later", outcome="retry"),
        AnswerRule(kind="keyword", pattern="pending", outcome="unknown"),
        AnswerRule(kind="status", pattern="2xx", outcome="accept"),
    )
    outcomes = [
        judge(AnswerRules(rules=rows), 200, "", body).outcome
        for body in ("duplicate", "later", "pending", "fine")
    ]
    assert outcomes == [Outcome.REJECT, Outcome.RETRY, Outcome.UNKNOWN, Outcome.ACCEPT]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "reject"), (302, "reject"), (404, "reject"), (500, "reject"), (429, "retry"), (503, "retry")],
)
def test_without_a_matching_row_anything_rejects_but_a_busy_buyer(status: int, outcome: str) -> None:
    assert judge(AnswerRules(), status, "", "").outcome == outcome


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.50", "12.5"),
        ("£1,200.00", "1200"),
        ("USD 3", "3"),
        (".5", "0.5"),
        ("-3", None),
        ("free", None),
        ("9" * 40, None),
    ],
)
def test_a_price_is_read_or_left_out(text: str, amount: str | None) -> None:
    rules = AnswerRules(rules=_rules("status", "200").rules, revenue=Extract("regex", "price: (.*)"))
    judgement = judge(rules, 200, "", f"price: {text}")
    assert judgement.outcome is Outcome.ACCEPT
    assert judgement.revenue == (None if amount is None else Decimal(amount))


def test_a_refusal_has_no_price_but_the_buyers_words() -> None:
    rules = AnswerRules(
        revenue=Extract("json_path", "p"),
        reason=Extract("json_path", "why"),
        reference=Extract("json_path", "id"),
    )
    judgement = judge(rules, 200, "", '{"p": 5, "why": "too\\u0000 old\\ud800", "id": 4}')
    assert (judgement.outcome, judgement.revenue, judgement.buyer_reference) == (Outcome.REJECT, None, "4")
    assert judgement.reason == "too\ufffd old?"


@pytest.mark.parametrize("body", ["", "{", "[" * 65_000, '{"a": NaN}', "null", "1" * 10_000])
def test_no_answer_breaks_a_json_rule(body: str) -> None:
    assert not _accepts(_rules("json_path", "x", "a"), body)


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        (_rules("regex", "(unclosed"), "rules[0].pattern"),
        (_rules("regex", "(?=look)"), "rules[0].pattern"),
        (_rules("regex", " "), "rules[0].pattern"),
        (_rules("keyword", ""), "rules[0].pattern"),
        (_rules("status", "fine"), "rules[0].pattern"),
        (_rules("status", "600"), "rules[0].pattern"),
        (_rules("json_path", "x"), "rules[0].path"),
        (_rules("json_path", "x", "a..b"), "rules[0].path"),
        (_rules("json_path", "x", "a[*]"), "rules[0].path"),
        (AnswerRules(revenue=Extract("json_path", " ")), "revenue.expression"),
        (AnswerRules(reason=Extract("regex", "[")), "reason.expression"),
    ],
)
def test_an_unusable_table_names_its_member(rules: AnswerRules, field: str) -> None:
    assert [problem.field for problem in check_rules(rules)] == [field]
    assert check_rules(AnswerRules()) == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("30", 30),
        (" 0 ", 0),
        ("9" * 30, 999_999_999),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("Sun, 99 Mar 2026 11:00:00 GMT", None),
    ],
)
def test_a_retry_after_header_is_read(header: str | None, seconds: int | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


@given(st.text(max_size=60))
def test_any_retry_after_is_read_or_left_out(header: str) -> None:
    seconds = retry_after_seconds(header, NOW)
    assert seconds is None or seconds >= 0


@given(st.text(max_size=40), st.text(max_size=60))
def test_any_path_is_compiled_or_refused_and_any_answer_judged(path: str, body: str) -> None:
    rules = _rules("json_path", "*", path)
    if not check_rules(rules):
        judge(rules, 200, "", body)


def test_names_with_any_characters_can_be_quoted_in_a_path() -> None:
    assert json_paths.compile_path("""$['a b']["c'd"].e-f[10]""") == ("a b", "c'd", "e-f", 10)


@pytest.mark.parametrize(
    ("named", "page"),
    [
        ("https://buyer.example.com/go?a=1", "https://buyer.example.com/go?a=1"),
        (" http://buyer.example.com ", "http://buyer.example.com"),
        ("//buyer.example.com/go", None),
        ("/go", None),
        ("javascript:alert(1)", None),
        ("https://me:secret@buyer.example.com/", None),
        ("https://buyer.example.com/" + "a" * 2048, None),
        ("https://buyer.example.com/a b", None),
        ("", None),
    ],
)
def test_the_page_that_an_acceptance_names_must_be_one(named: str, page: str | None) -> None:
    rules = AnswerRules(
        rules=(AnswerRule(kind="status", pattern="200", outcome="accept"),),
        redirect_url=Extract(kind="json_path", expression="next"),
    )
    body = msgspec.json.encode({"next": named}).decode()
    assert judge(rules, 200, "application/json", body).redirect_url == page
    assert judge(rules, 500, "application/json", body).redirect_url is None
