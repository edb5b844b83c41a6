"""Long lists are kept in normal form and looked into without reading each entry again."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.routing.rules.lists import Key, Prefixes, ValueList, normal_entries
from leadyard.routing.rules.normal import day_of, number_of, solid_or_none, text_key, text_or_none

TEXTS = st.lists(st.text(max_size=12))
KEYS: list[Callable[[str], Key | None]] = [text_or_none, solid_or_none, number_of, day_of]


@given(TEXTS)
def test_every_value_is_found_however_it_was_written(values: list[str]) -> None:
    made = ValueList("A", "1", "\n".join(normal_entries(values)))
    for key_of in (text_or_none, solid_or_none):
        wanted = {key for value in values if (key := key_of(value)) is not None}
        assert made.keys(key_of) == wanted


@pytest.mark.parametrize("key_of", KEYS)
@given(values=st.lists(st.one_of(st.text(max_size=8), st.sampled_from(["1.50", " 2 ", "2026-01-31"]))))
def test_the_short_way_to_a_set_is_the_long_one(
    key_of: Callable[[str], Key | None], values: list[str]
) -> None:
    entries = normal_entries(values)
    read = {key for entry in entries if (key := key_of(entry)) is not None}
    assert ValueList("A", "1", "\n".join(entries)).keys(key_of) == read


@given(TEXTS)
def test_a_normal_text_stays_as_it_is(values: list[str]) -> None:
    for value in values:
        assert text_key(text_key(value)) == text_key(value)


@given(st.lists(st.text("ab1", max_size=4)), st.text("ab1", max_size=6))
def test_the_longest_prefix_is_found(prefixes: list[str], text: str) -> None:
    fitting = [prefix for prefix in prefixes if prefix and text.startswith(prefix)]
    assert Prefixes(prefixes).longest(text) == max(fitting, key=len, default=None)


@given(st.lists(st.integers(-5000, 5000).map(lambda number: number / 1000)))
def test_numbers_keep_their_value(values: list[float]) -> None:
    made = ValueList("A", "1", "\n".join(normal_entries(values)))
    assert made.keys(number_of) == {number_of(value) for value in values}
