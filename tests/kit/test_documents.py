"""Documents are read strictly and patched by RFC 7396."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta

from leadyard.kit.documents import merged, read
from leadyard.kit.errors import InvalidInputError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


class Inner(msgspec.Struct, frozen=True):
    count: Annotated[int, Meta(ge=0)] = 0


class Outer(msgspec.Struct, frozen=True):
    name: str
    amount: Decimal = Decimal(0)
    inner: Inner = Inner()
    items: tuple[Inner, ...] = ()


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(entry) for name, entry in value.items() if entry is not None}
    return value


@settings(max_examples=200, deadline=None)
@given(JSON, JSON)
def test_a_patch_applied_twice_changes_nothing_more(document: Any, patch: Any) -> None:
    once = merged(document, patch)

    assert merged(once, patch) == once


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(), JSON))
def test_a_patch_of_nothing_is_the_patch_without_nulls(patch: dict[str, Any]) -> None:
    assert merged({}, patch) == without_nulls(patch)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_reading_anything_gives_a_value_or_names_what_is_wrong(document: Any) -> None:
    try:
        found: list[object] = [read(document, Outer)]
    except InvalidInputError as error:
        found = list(error.problems)
    assert found


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({}, ["name"]),
        ({"name": 5, "inner": {"count": -1, "x": 1}}, ["name", "inner.x", "inner.count"]),
        ({"name": "a", "items": [{}, {"count": "many"}]}, ["items[1].count"]),
        ({"name": "a", "amount": "NaN"}, ["amount"]),
        ({"name": "a", "amount": -1}, ["amount"]),
        ({"name": "a", "amount": "1e500"}, ["amount"]),
        ({"name": "a", "inner": {"count": 10**40}}, ["inner.count"]),
        ({"name": "a\0"}, ["name"]),
        ({"name": "\ud800"}, ["name"]),
        ({"name": "a", "inner": [], "items": {}}, ["inner", "items"]),
        ([], [""]),
    ],
)
def test_every_problem_is_named_where_it_is(document: object, fields: list[str]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read(document, Outer)

    assert sorted(problem.field for problem in refused.value.problems) == sorted(fields)


def test_an_amount_is_read_exactly() -> None:
    assert read({"name": "a", "amount": 12.5}, Outer).amount == Decimal("12.5")
    assert read({"name": "a", "amount": "0.000001"}, Outer).amount == Decimal("0.000001")
