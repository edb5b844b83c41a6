"""Urlencoded and multipart forms are read in order, and broken ones refused."""

from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.kit.bodies import BodyError, decode_text, multipart_boundary, parse_multipart, parse_urlencoded

CLEAN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufeff"), max_size=20)
LINE = st.text(st.characters(codec="ascii", exclude_characters='\x00\r\n"%\\'), min_size=1, max_size=20)


def multipart(pairs: list[tuple[str, str]], boundary: str = "XX") -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode()
        for n, v in pairs
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(CLEAN.filter(bool), CLEAN), max_size=6))
def test_a_quoted_form_is_read_as_it_was_written(pairs: list[tuple[str, str]]) -> None:
    raw = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
    assert parse_urlencoded(raw.encode()) == pairs


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text("a=&%+e9[]", max_size=60).map(str.encode))
def test_any_bytes_make_some_form(raw: bytes) -> None:
    for name, value in parse_urlencoded(raw):
        assert "\x00" not in name + value
        (name + value).encode()


def test_broken_percent_signs_stay() -> None:
    assert parse_urlencoded(b"a=100%&b=%zz&c=%4") == [("a", "100%"), ("b", "%zz"), ("c", "%4")]


def test_percent_bytes_that_are_not_utf8_are_windows_1252() -> None:
    assert parse_urlencoded(b"a=Ren%E9&b=Ren%C3%A9&c=%80") == [("a", "René"), ("b", "René"), ("c", "€")]


def test_names_without_a_value_are_empty_and_nameless_values_are_dropped() -> None:
    assert parse_urlencoded(b"a&=x&&b=") == [("a", ""), ("b", "")]


def test_a_form_of_too_many_members_is_refused() -> None:
    assert len(parse_urlencoded(b"&".join([b"a=1"] * 50_000))) == 50_000
    with pytest.raises(BodyError, match="more than 50000"):
        parse_urlencoded(b"&" * 50_000)


def test_every_byte_is_text() -> None:
    assert len(decode_text(bytes(range(256)))) == 256


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(LINE.filter(lambda n: n.strip() == n), CLEAN), min_size=1, max_size=5))
def test_a_multipart_form_is_read_as_it_was_written(pairs: list[tuple[str, str]]) -> None:
    assert parse_multipart(multipart(pairs, "b0undary-0451"), b"b0undary-0451") == pairs


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=120)
    | st.lists(
        st.sampled_from(
            [
                b"--XX",
                b"--",
                b"\r\n",
                b"\n",
                b"Content-Disposition: form-data",
                b'; name="a"',
                b"; name=",
                b"\xff",
                b" x",
                b"Content-Length: 9",
                b"Content-Type: text/plain; charset=nope",
            ]
        ),
        max_size=14,
    ).map(b"".join)
)
def test_any_multipart_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        parse_multipart(raw, b"XX")
    except BodyError:
        return


def test_uploaded_files_are_ignored() -> None:
    file = b'--XX\r\nContent-Disposition: form-data; name="cv"; filename="cv.txt"\r\n\r\nhello\r\n'
    assert parse_multipart(file + multipart([("a", "1")]), b"XX") == [("a", "1")]


def test_names_and_values_of_other_bytes_are_windows_1252_or_utf8() -> None:
    head = b'--XX\r\nContent-Disposition: form-data; name="'
    assert parse_multipart(head + b'na\xefve"\r\n\r\nRen\xe9\r\n--XX--', b"XX") == [("naïve", "René")]
    assert parse_multipart(head + "naïve".encode() + b'"\r\n\r\nx\r\n--XX--', b"XX") == [("naïve", "x")]


@pytest.mark.parametrize(
    "raw",
    [b"", b"hello", b"--XX\r\n", multipart([("a", "1")])[:-6], multipart([("a", "1")]).replace(b"\r", b"")],
)
def test_a_malformed_or_cut_multipart_form_is_refused(raw: bytes) -> None:
    with pytest.raises(BodyError, match="Multipart form is malformed"):
        parse_multipart(raw, b"XX")


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        (None, None),
        ("application/json", None),
        ("multipart/form-data", None),
        ("multipart/form-data; boundary=", None),
        ('Multipart/Form-Data; Boundary="a b"', b"a b"),
        ("multipart/form-data; charset=utf-8; boundary=XX", b"XX"),
    ],
)
def test_the_boundary_is_found_in_the_content_type(content_type: str | None, boundary: bytes | None) -> None:
    assert multipart_boundary(content_type) == boundary
