"""What a LeadByte caller sends is read by its looks, in every form that callers use."""

from urllib.parse import quote_plus

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.dialects.leadbyte.reading import read_request
from leadyard.dialects.leadbyte.values import UnreadableError

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=XX"
NAMES = st.text("abcdefghij_0123456789", min_size=1, max_size=12)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufeff\r\n"), max_size=20)
LEADS = st.dictionaries(NAMES, TEXTS, min_size=1, max_size=8)
CONTENT_TYPES = st.sampled_from([None, "", JSON, FORM, MULTIPART, "multipart/form-data", "text/plain"])


def urlencoded(lead: dict[str, str], name: str = "{}") -> bytes:
    pairs = (f"{quote_plus(name.format(member))}={quote_plus(value)}" for member, value in lead.items())
    return "&".join(pairs).encode()


def multipart(lead: dict[str, str], name: str = "{}") -> bytes:
    head = '--XX\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    parts = [head.format(name.format(member), value) for member, value in lead.items()]
    return ("".join(parts) + "--XX--\r\n").encode()


@settings(max_examples=200, deadline=None)
@given(LEADS, CONTENT_TYPES.filter(lambda t: t != MULTIPART))
def test_one_lead_is_the_same_in_every_form(lead: dict[str, str], content_type: str | None) -> None:
    assert read_request(content_type, msgspec.json.encode(lead), b"").members == lead
    assert read_request(content_type, urlencoded(lead), b"").members == lead
    assert read_request(MULTIPART, multipart(lead), b"").members == lead
    assert read_request(content_type, b"", urlencoded(lead)).members == lead


@settings(max_examples=100, deadline=None)
@given(LEADS)
def test_a_nested_lead_is_the_same_in_every_form(lead: dict[str, str]) -> None:
    lead = {f"a_{name}": value for name, value in lead.items()}
    nested = {"lead": lead}
    assert read_request(None, msgspec.json.encode(nested), b"").members == nested
    assert read_request(None, urlencoded(lead, "lead[{}]"), b"").members == nested
    assert read_request(MULTIPART, multipart(lead, "lead[{}]"), b"").members == nested


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(CONTENT_TYPES, st.text(max_size=30), st.text("multipart/;boundary= \"'\n", max_size=40)),
    st.binary(max_size=120) | st.text('{}[]":,&=%\\u00d8 -XX\r\n', max_size=60).map(str.encode),
    st.binary(max_size=40),
)
def test_any_bytes_are_members_or_unreadable(content_type: str | None, body: bytes, query: bytes) -> None:
    try:
        members = read_request(content_type, body, query).members
    except UnreadableError:
        return
    msgspec.json.encode(members)


@pytest.mark.parametrize("content_type", [None, FORM, "text/plain", JSON])
@pytest.mark.parametrize("body", [b' \r\n\t{"a":"1"}\n', b'\xef\xbb\xbf{"a":"1"}', b"a=1", b"\n a=1\n"])
def test_the_content_type_does_not_decide(content_type: str | None, body: bytes) -> None:
    members = read_request(content_type, body, b"").members
    assert {name: value.strip() for name, value in members.items()} == {"a": "1"}


@pytest.mark.parametrize("body", [b"", b"  \r\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("content_type", [None, JSON, MULTIPART])
def test_an_empty_body_has_no_members(content_type: str | None, body: bytes) -> None:
    assert read_request(content_type, body, b"").members == {}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (None, b"hello"),
        (None, b'"text"'),
        (None, b'"a=b"'),
        (None, b"5"),
        (None, b"null"),
        (JSON, b"{"),
        (JSON, b'{"a":1'),
        (FORM, b"[1,"),
        (None, b"[" * 5000),
        (None, b"<?xml version='1.0'?><lead/>"),
        (None, b"=value"),
        (MULTIPART, b"a=1"),
        (MULTIPART, b'{"a":1}'),
        ("multipart/form-data", multipart({"a": "1"})),
        (None, b"\x00\x01\x02="),
        (None, "a" + "[b]" * 40 + "=1"),
    ],
)
def test_anything_else_is_unreadable(content_type: str | None, body: bytes | str) -> None:
    with pytest.raises(UnreadableError):
        read_request(content_type, body.encode() if isinstance(body, str) else body, b"")


def test_a_bare_list_becomes_the_member_leads() -> None:
    reading = read_request(JSON, b'[{"a":"1"}]', b"campid=X")
    assert reading.members == {"leads": [{"a": "1"}], "campid": "X"}
    assert reading.query == {"campid": "X"}
    assert reading.bare_list


def test_the_query_fills_in_what_the_body_lacks() -> None:
    reading = read_request(FORM, b"campid=BODY&sid=", b"campid=QUERY&sid=1&returnjson=yes")
    assert reading.members == {"campid": "BODY", "sid": "", "returnjson": "yes"}
    assert not reading.bare_list


def test_a_query_too_long_to_be_one_is_unreadable() -> None:
    with pytest.raises(UnreadableError):
        read_request(None, b"", b"&" * 60_000)
