"""Bracket names build objects and lists within bounds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.kit.bodies import BodyError, nest

LEAF = st.text(max_size=5)
NAME = st.text("abcxyz_", min_size=1, max_size=4)
TREE = st.dictionaries(
    NAME,
    st.recursive(
        LEAF,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3) | st.dictionaries(NAME, inner, min_size=1, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


def flattened(value: object, name: str) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for step, item in value.items() for pair in flattened(item, f"{name}[{step}]")]
    if isinstance(value, list):
        return [pair for step, item in enumerate(value) for pair in flattened(item, f"{name}[{step}]")]
    return [(name, str(value))]


@settings(max_examples=150, deadline=None)
@given(TREE)
def test_a_tree_written_with_brackets_is_read_back(tree: dict[str, object]) -> None:
    pairs = [pair for name, value in tree.items() for pair in flattened(value, name)]
    assert nest(pairs) == tree


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.text("a[]01 \n", max_size=8), LEAF), max_size=8))
def test_any_names_nest(pairs: list[tuple[str, str]]) -> None:
    assert isinstance(nest(pairs), dict)


@pytest.mark.parametrize(
    ("pairs", "members"),
    [
        ([("lead[campid]", "X"), ("key", "k")], {"lead": {"campid": "X"}, "key": "k"}),
        ([("leads[0][a]", "1"), ("leads[0][b]", "2"), ("leads[1][a]", "3")],
         {"leads": [{"a": "1", "b": "2"}, {"a": "3"}]}),
        ([("ids[]", "1"), ("ids[]", "2")], {"ids": ["1", "2"]}),
        ([("a", "1"), ("a", "2")], {"a": "2"}),
        ([("a", "1"), ("a[b]", "2")], {"a": {"b": "2"}}),
        ([("a[b]", "2"), ("a", "1")], {"a": "1"}),
        ([("a[0]", "x"), ("a[b]", "y")], {"a": {"0": "x", "b": "y"}}),
        ([("a[", "1"), ("b]", "2"), ("[c]", "3"), ("d[e]f", "4")], {"a[": "1", "b]": "2", "[c]": "3", "d[e]f": "4"}),
    ],
)  # fmt: skip
def test_names_with_brackets(pairs: list[tuple[str, str]], members: dict[str, object]) -> None:
    assert nest(pairs) == members


def test_a_huge_index_makes_a_short_list() -> None:
    assert nest([("leads[999999999]", "b"), ("leads[7]", "a")]) == {"leads": ["a", "b"]}


def test_deep_names_are_refused() -> None:
    nest([("a" + "[b]" * 31, "1")])
    with pytest.raises(BodyError, match="too deeply"):
        nest([("a" + "[b]" * 32, "1")])


def test_too_many_branches_are_refused() -> None:
    with pytest.raises(BodyError, match="too many"):
        nest([("a" + "[]" * 31, "1")] * 1_000)
