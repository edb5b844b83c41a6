"""JSON from strangers is read, cleaned or refused, and never crashes."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.kit.bodies import BodyError, parse_json

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**29), 10**29)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(PLAIN)
def test_a_plain_value_is_read_as_it_was_written(value: object) -> None:
    assert parse_json(msgspec.json.encode(value)) == value


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text('{}[]",:\\ud8019.eE-0ntrua', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        value = parse_json(raw)
    except BodyError:
        return
    assert b"\\u0000" not in msgspec.json.encode(value).replace(b"\\\\", b"")


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
@pytest.mark.parametrize("depth", [33, 2_000, 100_000])
def test_a_nested_bomb_is_refused(opening: bytes, depth: int) -> None:
    closing = opening[::-1].translate(bytes.maketrans(b"[{", b"]}"), b'"a:')
    with pytest.raises(BodyError, match="too deeply"):
        parse_json(opening * depth + b"1" + closing * depth)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_nesting_up_to_the_limit_is_read(opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    value = parse_json(opening * 32 + b"1" + closing * 32)
    for _ in range(32):
        value = value["a"] if isinstance(value, dict) else value[0]
    assert value == 1


@pytest.mark.parametrize("digits", ["9" * 31, "-" + "9" * 31, "9" * 400, "9" * 9000, "1e400", "-1e400"])
def test_a_huge_number_is_kept_as_its_text(digits: str) -> None:
    assert parse_json(f'{{"a":[{digits}]}}'.encode()) == {"a": [digits]}


def test_numbers_within_thirty_digits_stay_exact() -> None:
    assert parse_json(b"[999999999999999999999999999999, -7, 0.026]") == [10**30 - 1, -7, 0.026]


@pytest.mark.parametrize("raw", [b"NaN", b"[Infinity]", b'{"a":-Infinity}'])
def test_a_number_that_json_does_not_know_is_refused(raw: bytes) -> None:
    with pytest.raises(BodyError, match="JSON has no"):
        parse_json(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (rb'{"a\ud800b":"c\udfffd"}', {"ab": "cd"}),
        (rb'{"a\u0000b":"c\u0000d"}', {"ab": "cd"}),
        (rb'["\ud83d\ude00"]', ["\U0001f600"]),
        (b'{"a":"x\x00y\ttab"}', {"a": "xy\ttab"}),
    ],
)
def test_nul_and_lone_surrogates_are_removed(raw: bytes, value: object) -> None:
    assert parse_json(raw) == value


def test_a_byte_order_mark_is_tolerated() -> None:
    assert parse_json(b'\xef\xbb\xbf {"a":1}') == {"a": 1}


def test_bytes_that_are_not_utf8_are_windows_1252() -> None:
    assert parse_json(b'{"name":"Ren\xe9 \x80 \x81"}') == {"name": "René € \ufffd"}


def test_a_repeated_name_counts_once_with_its_last_value() -> None:
    assert parse_json(b'{"a":1,"b":2,"a":3}') == {"a": 3, "b": 2}


@pytest.mark.parametrize("raw", [b"", b"{", b'{"a":}', b"[1,]", b"{} x", b"'a'"])
def test_malformed_json_is_refused(raw: bytes) -> None:
    with pytest.raises(BodyError, match="malformed"):
        parse_json(raw)
