"""Values are found in XML by path, and no XML that a buyer sends can do harm."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.delivery import xml_paths
from leadyard.delivery.answers import check_rules, judge
from leadyard.delivery.model import AnswerRule, AnswerRules, Extract, Outcome

ANSWER = """<?xml version="1.0" encoding="iso-8859-1"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:r="urn:r"><soap:Body>
  <r:Result id="77"><Code>OK</Code><Item k="one">first</Item><Item k="two"> second <b>part</b></Item><Price>12.50</Price>
  </r:Result></soap:Body></soap:Envelope>"""


def found(path: str, body: str = ANSWER) -> str | None:
    return xml_paths.find(xml_paths.parse(body), xml_paths.compile_path(path))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("//Code", "OK"),
        ("Code", "OK"),
        ("/Envelope/Body/Result/Code", "OK"),
        ("/soap:Envelope/soap:Body/r:Result/Code/text()", "OK"),
        ("//Result/@id", "77"),
        ("//@k", "one"),
        ("Item[2]", "second part"),
        ("//Item[@k='two']/b", "part"),
        ('Result[Code="OK"]/Price', "12.50"),
        ("/*/*/*/Price", "12.50"),
        ("Item[3]", None),
        ("/Result/Code", None),
        ("//Code/@none", None),
    ],
)
def test_a_path_leads_to_its_value(path: str, text: str | None) -> None:
    assert found(path) == text


@pytest.mark.parametrize(
    "path", ["", "/", "//", "a//", "@id/b", "a[", "a[0]", "a[b]", "text()/a", "a b", "/a" * 21]
)
def test_a_path_that_cannot_be_read_is_refused_at_set_up(path: str) -> None:
    rule = AnswerRule(kind="xml_path", path=path, pattern="*", outcome="accept")
    assert [problem.field for problem in check_rules(AnswerRules(rules=(rule,)))] == ["rules[0].path"]


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
        "<!DOCTYPE a><a>1</a>",
        "<a>" * 101 + "</a>" * 101,
        "<a>1</a><a>2</a>",
        "<a>1",
        '{"a": 1}',
        "",
    ],
)
def test_what_is_dangerous_or_not_xml_holds_no_value(body: str) -> None:
    assert found("//a", body) is None


@given(st.text(max_size=200))
def test_no_body_makes_reading_fail(body: str) -> None:
    assert found("//a", f"<a>{body}") is None or body


def test_rules_and_readings_take_xml() -> None:
    rules = AnswerRules(
        rules=(AnswerRule(kind="xml_path", path="//Code", pattern="OK", outcome="accept"),),
        revenue=Extract("xml_path", "//Price"),
        reference=Extract("xml_path", "//Result/@id"),
    )
    judgement = judge(rules, 200, "text/xml", ANSWER)
    assert (judgement.outcome, judgement.revenue, judgement.buyer_reference) == (
        Outcome.ACCEPT,
        Decimal("12.50"),
        "77",
    )
    assert judge(rules, 200, "text/xml", ANSWER.replace("OK", "NO")).outcome is Outcome.REJECT
