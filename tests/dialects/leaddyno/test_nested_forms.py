"""Bracket names of forms become objects and lists."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.dialects.leaddyno.nesting import nested
from leadyard.kit.bodies import BodyError


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("a[0][x]", "1"), ("a[0][y]", "2"), ("a[1][x]", "3")], {"a": [{"x": "1", "y": "2"}, {"x": "3"}]}),
        ([("a[][x]", "1"), ("a[][y]", "2"), ("a[][x]", "3")], {"a": [{"x": "1", "y": "2"}, {"x": "3"}]}),
        ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
        ([("a[b]", "1")], {"a": {"b": "1"}}),
        (
            [("a[][t][]", "1"), ("a[][t][]", "2"), ("a[][x]", "3"), ("a[][x]", "4")],
            {"a": [{"t": ["1", "2"], "x": "3"}, {"x": "4"}]},
        ),
        ([("a[b][][c]", "1"), ("a[b][][c]", "2")], {"a": {"b": [{"c": "1"}, {"c": "2"}]}}),
        ([("a[", "1"), ("b]", "2")], {"a[": "1", "b]": "2"}),
    ],
)
def test_a_repeated_member_starts_the_next_element(
    pairs: list[tuple[str, str]], expected: dict[str, object]
) -> None:
    assert nested(pairs) == expected


def test_names_that_nest_too_deeply_are_refused() -> None:
    with pytest.raises(BodyError):
        nested([("a" + "[][x]" * 40, "1")])


@given(st.lists(st.tuples(st.text("ab[]0", max_size=20), st.just("1")), max_size=20))
def test_any_names_give_an_object_or_are_refused(pairs: list[tuple[str, str]]) -> None:
    with contextlib.suppress(BodyError):
        assert isinstance(nested(pairs), dict)
