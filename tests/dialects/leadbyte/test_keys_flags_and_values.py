"""Keys, flags, ids and values are read in all their spellings."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.dialects.leadbyte.reading import find_key, wants_debug
from leadyard.dialects.leadbyte.values import (
    NotPlainError,
    UnreadableError,
    as_asked,
    as_ids,
    as_text,
    id_number,
    yes,
)

Headers = list[tuple[bytes, bytes]]


@pytest.mark.parametrize(
    ("headers", "query", "members", "key"),
    [
        ([(b"x-key", b"dash"), (b"x_key", b" under ")], {"key": "q"}, {"key": "b"}, "under"),
        ([(b"x_key", b" "), (b"x-key", b"dash")], {"key": "q"}, {"key": "b"}, "dash"),
        ([(b"x_key", b""), (b"x_key", b"second")], {}, {}, "second"),
        ([(b"x-key", b"")], {"key": " q "}, {"key": "b"}, "q"),
        ([(b"apikey", b"no")], {"key": " "}, {"key": "b"}, "b"),
        ([], {}, {"key": 12}, "12"),
        ([], {"key": {"a": "1"}}, {"key": [["x"]]}, None),
        ([(b"apikey", b"no")], {}, {"key": None}, None),
        ([(b"x_key", b"\xff\xfe")], {}, {}, "ÿþ"),
    ],
)
def test_the_first_key_that_is_not_empty_counts(
    headers: Headers, query: dict[str, Any], members: dict[str, Any], key: str | None
) -> None:
    assert find_key(headers, query, members) == key


@pytest.mark.parametrize("value", ["yes", "YES", " Yes ", "y", "1", 1, True, "true", "TRUE", "on"])
def test_flags_that_are_set(value: Any) -> None:
    assert yes(value)
    assert wants_debug({"debug": value})


@pytest.mark.parametrize("value", [None, "", "no", "0", 0, False, "off", "2", [], ["yes"], {}, {"a": 1}])
def test_flags_that_are_not_set(value: Any) -> None:
    assert not yes(value)
    assert not wants_debug({"debug": value})


def test_debug_is_off_when_nobody_asks() -> None:
    assert not wants_debug({})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  a b\t", "a b"),
        (None, ""),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (-7, "-7"),
        (1.0, "1"),
        (37.5, "37.5"),
        (1e21, "1000000000000000000000"),
        (1e-7, "0.0000001"),
        (-0.0, "0"),
        ([], ""),
        (["a", 1, True, None, " b "], "a,1,true,,b"),
        ("a\x00b\ud800c", "abc"),
        ("\x00 a", "a"),
    ],
)
def test_values_become_texts(value: Any, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize("value", [{}, {"a": 1}, [{}], [[]], [["a"]], b"x"])
def test_objects_and_lists_of_lists_are_not_plain(value: Any) -> None:
    with pytest.raises(NotPlainError):
        as_text(value)
    assert issubclass(NotPlainError, UnreadableError)


@settings(max_examples=150, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_has_no_exponent_and_stays_the_same(value: float) -> None:
    text = as_text(value)
    assert "e" not in text.lower()
    assert not text.endswith(".0")
    assert float(text) == value


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (7, ["7"]),
        ("7", ["7"]),
        (" 7 , 8,,9 ", ["7", "8", "9"]),
        ([7, "8", " 9 ", None, ""], ["7", "8", "9"]),
        (["7,8", 7], ["7", "8"]),
        ("all", ["all"]),
        (None, []),
        ("", []),
        ([], []),
    ],
)
def test_ids_are_read(value: Any, ids: list[str]) -> None:
    assert as_ids(value) == ids


def test_ids_that_are_asked_for_again_may_be_kept() -> None:
    assert as_asked(["7,8", 7]) == ["7", "8", "7"]


@pytest.mark.parametrize("value", [{}, [{}], [[1]]])
def test_ids_that_are_objects_are_refused(value: Any) -> None:
    with pytest.raises(NotPlainError):
        as_ids(value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("007", 7),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
        ("9" * 400, None),
        ("0", None),
        ("-1", None),
        ("1.0", None),
        ("x", None),
        ("", None),
        ("٣", None),
        ("²", None),
    ],
)
def test_record_ids_are_whole_numbers_that_the_database_can_hold(text: str, number: int | None) -> None:
    assert id_number(text) == number
