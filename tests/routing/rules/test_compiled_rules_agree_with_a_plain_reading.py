"""A compiled rule judges as somebody would who reads it condition by condition."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.rules.made import ANY_RULES, LONDON, RULES, USABLE, WORDS, ZONE, facts, holds, leads

from leadyard.routing.rules import Facts, Operator, Rule, compile_rule, in_words, read_rule

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NUMBERS = {"data2", "age", "revenue"}
DATES = {"data3", "received.date"}
ADDRESS = ("building", "street1", "street2", "towncity", "county", "postcode", "country")


def plain_value(name: str, lead: Facts) -> str:
    """A lead's value as a text, worked out without memory."""
    local, fields = lead.received_at.astimezone(ZONE), lead.fields
    if name == "age":
        return plain_age(fields.get("dob", ""), local.date())
    if name == "phone1.type":
        return plain_line(fields.get("phone1", ""))
    return {
        "address": " ".join(fields[part] for part in ADDRESS if fields.get(part)),
        "received.day": DAYS[local.weekday()],
        "received.time": f"{local:%H:%M}",
        "received.date": f"{local:%Y-%m-%d}",
        "email.domain": fields.get("email", "").rpartition("@")[2],
        "supplier": lead.supplier,
        "ssid": lead.ssid,
        "channel": lead.channel,
        "revenue": "" if lead.revenue is None else str(lead.revenue),
    }.get(name, fields.get(name, ""))


def plain_age(born: str, day: date) -> str:
    if not born:
        return ""
    birth, years = date.fromisoformat(born), 0
    while (day.year - years - 1, day.month, day.day) >= (birth.year, birth.month, birth.day):
        years += 1
    return str(years) if day >= birth else ""


def plain_line(number: str) -> str:
    if not number:
        return ""
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number, "GB"))
    except phonenumbers.NumberParseException:
        return "other"
    return {0: "landline", 1: "mobile"}.get(kind, "other")


def number(text: object) -> Decimal | None:
    try:
        return Decimal(str(text).strip())
    except InvalidOperation:
        return None


def comparable(name: str, text: object, operator: Operator) -> Any:
    """What two values of an operand are compared by; None for an empty one."""
    numeric = {Operator.GREATER, Operator.LESS, Operator.AT_LEAST, Operator.AT_MOST, Operator.BETWEEN}
    if name in NUMBERS or (operator in numeric and name not in DATES | {"received.time"}):
        return number(text)
    plain = str(text).strip().lower()
    if isinstance(text, float):
        plain = f"{Decimal(str(text)):f}"
    if name in DATES:
        return plain[:10] or None
    if name == "received.day":
        return next((day for day in DAYS if plain in {day, day[:3]}), plain)
    if name == "received.time":
        return plain
    return "".join(plain.split()) if name == "postcode" else " ".join(plain.split()) or None


def naive(rule: Rule, lead: Facts) -> bool:
    """Judge a lead the slow way."""
    if rule.all_of:
        return all(naive(part, lead) for part in rule.all_of)
    if rule.any_of:
        return any(naive(part, lead) for part in rule.any_of)
    return naive_condition(rule, rule.operand or "", rule.operator or Operator.IS, lead)


def naive_condition(rule: Rule, name: str, operator: Operator, lead: Facts) -> bool:
    text = plain_value(name, lead)
    own = comparable(name, text, operator) or None if text == "" else comparable(name, text, operator)
    given_values = LONDON if rule.list_reference else rule.value
    many = list(given_values) if isinstance(given_values, list | tuple) else [given_values]
    others = [comparable(name, value, operator) for value in many]
    return bool(VERDICTS[operator](own, others, text, rule.value))


def inside(own: Any, others: list[Any]) -> bool:
    if own is None:
        return False
    first, last = others
    return bool(own >= first or own <= last if first > last else first <= own <= last)


VERDICTS: dict[Operator, Any] = {
    Operator.IS: lambda own, others, _t, _v: own == others[0],
    Operator.IS_NOT: lambda own, others, _t, _v: own != others[0],
    Operator.CONTAINS: lambda own, others, _t, _v: others[0] in (own or ""),
    Operator.CONTAINS_NOT: lambda own, others, _t, _v: others[0] not in (own or ""),
    Operator.BEGINS: lambda own, others, _t, _v: (own or "").startswith(others[0]),
    Operator.ENDS: lambda own, others, _t, _v: (own or "").endswith(others[0]),
    Operator.GREATER: lambda own, others, _t, _v: own is not None and own > others[0],
    Operator.AFTER: lambda own, others, _t, _v: own is not None and own > others[0],
    Operator.LESS: lambda own, others, _t, _v: own is not None and own < others[0],
    Operator.BEFORE: lambda own, others, _t, _v: own is not None and own < others[0],
    Operator.AT_LEAST: lambda own, others, _t, _v: own is not None and own >= others[0],
    Operator.AT_MOST: lambda own, others, _t, _v: own is not None and own <= others[0],
    Operator.BETWEEN: lambda own, others, _t, _v: inside(own, others),
    Operator.IN_LIST: lambda own, others, _t, _v: own is not None and own in others,
    Operator.NOT_IN_LIST: lambda own, others, _t, _v: own is None or own not in others,
    Operator.BEGINS_IN_LIST: lambda own, others, _t, _v: any((own or "").startswith(o) for o in others),
    Operator.EMPTY: lambda own, _o, _t, _v: own is None,
    Operator.NOT_EMPTY: lambda own, _o, _t, _v: own is not None,
    Operator.MATCHES: lambda _own, _o, text, value: re.search(value, text, re.IGNORECASE) is not None,
}


@settings(max_examples=1500, deadline=None)
@given(USABLE, leads())
def test_a_condition_that_can_be_used_judges_as_a_plain_reading(rule: Rule, lead: Facts) -> None:
    assert compile_rule(rule, WORDS)(lead) is naive(rule, lead)


@settings(max_examples=400, deadline=None)
@given(RULES, leads())
def test_a_tree_that_can_be_used_judges_as_a_plain_reading(rule: Rule, lead: Facts) -> None:
    assert compile_rule(rule, WORDS)(lead) is naive(rule, lead)


@settings(max_examples=400, deadline=None)
@given(ANY_RULES, leads())
def test_a_rule_that_cannot_be_used_matches_nothing_and_still_has_words(rule: Rule, lead: Facts) -> None:
    verdict = compile_rule(rule, WORDS)(lead)
    assert in_words(rule, WORDS.operands)
    if read_rule(rule, WORDS)[1]:
        assert verdict is False


@settings(max_examples=300, deadline=None)
@given(RULES, RULES, leads())
def test_and_is_commutative_and_or_is_its_dual(one: Rule, other: Rule, lead: Facts) -> None:
    first, second = compile_rule(one, WORDS)(lead), compile_rule(other, WORDS)(lead)
    for parts in ((one, other), (other, one)):
        assert compile_rule(Rule(all_of=parts), WORDS)(lead) is (first and second)
        assert compile_rule(Rule(any_of=parts), WORDS)(lead) is (first or second)
    absorbed = Rule(all_of=(one, Rule(any_of=(one, other))))
    assert compile_rule(absorbed, WORDS)(lead) is first


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["ann", "A", "10", "10.0", "SW1A 1AA"]), min_size=1, max_size=4), leads())
def test_a_list_is_a_chain_of_equalities(values: list[str], lead: Facts) -> None:
    for name in ("data1", "postcode", "email.domain", "ssid"):
        chain = Rule(any_of=tuple(Rule(operand=name, operator=Operator.IS, value=v) for v in values))
        listed = Rule(operand=name, operator=Operator.IN_LIST, value=list(values))
        other = Rule(operand=name, operator=Operator.NOT_IN_LIST, value=list(values))
        assert compile_rule(listed, WORDS)(lead) is compile_rule(chain, WORDS)(lead)
        assert compile_rule(other, WORDS)(lead) is not compile_rule(listed, WORDS)(lead)


@pytest.mark.parametrize(("operator", "opposite"), [("is", "is not"), ("contains", "does not contain")])
@given(lead=leads(), value=st.sampled_from(["a", "ann", "10"]))
def test_a_negated_operator_is_the_opposite(operator: str, opposite: str, lead: Facts, value: str) -> None:
    assert holds("data1", operator, value, lead) is not holds("data1", opposite, value, lead)


def test_what_was_derived_is_kept_for_the_lead() -> None:
    lead = facts({"dob": "2000-07-02", "email": "ann@Example.COM"})
    assert holds("age", "is", 25, lead)
    assert holds("email.domain", "is", "example.com", lead)
    lead.fields = {}
    assert holds("age", "is", 25, lead)
