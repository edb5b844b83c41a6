"""Whatever is wrong with a rule is told with its place in the tree."""

from typing import Any

import msgspec
import pytest
from tests.routing.rules.made import WORDS

from leadyard.kit.documents import read
from leadyard.kit.errors import InvalidInputError
from leadyard.routing.rules import Rule, read_rule

GOOD = {"operand": "postcode", "operator": "begins with", "value": "SW1"}


def problems(document: Any) -> dict[str, str]:
    """Name the problems of a rule by their places, whether its types or its sense is wrong."""
    try:
        _, found = read_rule(read(document, Rule), WORDS)
    except InvalidInputError as error:
        found = [msgspec.structs.replace(p, field=f"rule.{p.field}") for p in error.problems]
    return {problem.field: problem.detail for problem in found}


@pytest.mark.parametrize(
    ("condition", "place", "detail"),
    [
        ({**GOOD, "operand": "shoe_size"}, "operand", "is not a field or a value that rules know"),
        ({"operator": "is", "value": "a"}, "operand", "is required"),
        ({"operand": "email", "value": "a"}, "operator", "is required"),
        ({**GOOD, "operator": "greater than", "value": 1}, "operator", "does not fit postcode, which is a postcode"),
        ({"operand": "age", "operator": "contains", "value": 1}, "operator", "does not fit age, which is a number"),
        ({"operand": "age", "operator": "is", "value": "old"}, "value", "must be a number"),
        ({"operand": "data1", "operator": "at least", "value": "old"}, "value", "must be a number"),
        ({"operand": "data3", "operator": "before", "value": "31/01/2026"}, "value", "must be a date, YYYY-MM-DD"),
        ({"operand": "data3", "operator": "before", "value": "2026-02-30"}, "value", "must be a date, YYYY-MM-DD"),
        ({"operand": "received.time", "operator": "after", "value": "25:00"}, "value", "must be a time, HH:MM"),
        ({"operand": "channel", "operator": "is", "value": "fax"}, "value",
         "must be one of rest, classic, import, history"),
        ({"operand": "age", "operator": "between", "value": [1]}, "value",
         "must be a list of two values, from and to"),
        ({"operand": "age", "operator": "between", "value": [9, 1]}, "value", "must have the smaller value first"),
        ({"operand": "age", "operator": "is"}, "value", "is required"),
        ({"operand": "age", "operator": "is empty", "value": 1}, "value", "does not go with is empty"),
        ({"operand": "data1", "operator": "is", "value": " "}, "value", "must not be blank"),
        ({"operand": "data1", "operator": "is", "value": ["a"]}, "value", "must be one value for is"),
        ({"operand": "data1", "operator": "is", "value": "a\0"}, "value", "must not contain NUL characters"),
        ({"operand": "data1", "operator": "in list", "value": ["a", "b\0"]}, "value[1]",
         "must not contain NUL characters"),
        ({"operand": "data1", "operator": "in list", "value": [2**70]}, "value[0]", "is out of range"),
        ({"operand": "age", "operator": "in list", "value": [1, "x"]}, "value[1]", "must be a number"),
        ({"operand": "data1", "operator": "in list", "value": []}, "value",
         "must have from 1 to 1000 values; make a value list for more"),
        ({"operand": "data1", "operator": "in list", "value": ["a"] * 1001}, "value",
         "must have from 1 to 1000 values; make a value list for more"),
        ({"operand": "data1", "operator": "in list", "value": "a"}, "value",
         "must be a list of values, or name a list in `list`"),
        ({"operand": "data1", "operator": "in list", "list": "NOWHERE"}, "list", "is not a value list"),
        ({"operand": "data1", "operator": "in list", "list": "LONDON", "value": ["a"]}, "list",
         "cannot stand beside a value"),
        ({"operand": "data1", "operator": "is", "list": "LONDON"}, "list", "does not go with is"),
        ({"operand": "data1", "operator": "matches", "value": "(a"}, "value", "is not a pattern: missing ): (a"),
        ({"operand": "data1", "operator": "matches", "value": 5}, "value", "must be a pattern"),
        ({"operand": "data1", "operator": "matches", "value": "a" * 1001}, "value",
         "must be a pattern of 1 to 1000 characters"),
        ({"operand": "data1", "operator": "matches", "value": r"((\pL{1,100}){1,100}){1,10}"}, "value",
         r"is not a pattern: invalid repetition size: {1,100}"),
        ({"operand": "data1", "operator": "is", "value": "a" * 4001}, "value", "must have at most 4000 characters"),
    ],
)  # fmt: skip
def test_a_bad_condition_is_named_with_its_place(condition: dict[str, Any], place: str, detail: str) -> None:
    assert problems({"all": [GOOD, {"any": [condition]}]}) == {f"rule.all[1].any[0].{place}": detail}


def test_every_bad_condition_is_named() -> None:
    bad = {"operand": "age", "operator": "is", "value": "old"}
    assert list(problems({"any": [bad, GOOD, {"all": [bad, GOOD]}]})) == [
        "rule.any[0].value",
        "rule.any[2].all[0].value",
    ]


@pytest.mark.parametrize(
    "document", [{}, {"all": [GOOD], "any": [GOOD]}, {"all": [GOOD], **GOOD}, {"any": [GOOD], "value": "a"}]
)
def test_a_rule_is_one_thing(document: dict[str, Any]) -> None:
    assert problems(document) == {"rule": "must have one of all, any, or an operand with its operator"}


def test_a_group_needs_parts() -> None:
    assert problems({"all": [{"any": []}]}) == {"rule.all[0].any": "must not be empty"}


def test_depth_and_size_have_limits() -> None:
    deep: dict[str, Any] = GOOD
    for _ in range(20):
        deep = {"all": [deep]}
    assert problems(deep) == {}
    assert list(problems({"any": [deep]}).values()) == ["is nested more than 20 groups deep"]
    assert problems({"any": [GOOD] * 500}) == {}
    assert problems({"any": [GOOD] * 501}) == {"rule": "has more than 500 conditions"}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"operand": "email", "operator": "sounds like", "value": "a"}, "operator"),
        ({"operand": "email", "operator": "is", "value": {"a": 1}}, "value"),
        ({"operand": "email", "operator": "is", "value": True}, "value"),
        ({"operand": 5, "operator": "is", "value": "a"}, "operand"),
        ({"operand": "email", "operator": "is", "value": "a", "case": "yes"}, "case"),
        ({"all": GOOD}, "all"),
        ({"all": [5]}, "all[0]"),
    ],
)
def test_a_document_of_the_wrong_shape_is_refused(document: dict[str, Any], place: str) -> None:
    assert list(problems(document)) == [f"rule.{place}"]
