"""Requests: values arrive as they are and cannot change what surrounds them; set-up mistakes name their field."""

import json
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.delivery.model import BasicAuth, FieldMapping, Header, HttpTarget, Secret
from leadyard.delivery.templates import UnfitValueError
from leadyard.delivery.transports.http import check_target, names_in, preview
from leadyard.delivery.transports.http.request import compile_target
from leadyard.kit.masking import MASK

URL = "https://buyer.example/leads"
ANY = st.text(max_size=40) | st.text(alphabet=st.sampled_from("]>[<&\"'\\{}\r\n\t:,/?#%.;=+ x"), max_size=12)
XML_TEXT = ANY.map(
    lambda text: "".join(c for c in text if c in "\t\n\r" or " " <= c < "\ufffe" or c > "\uffff")
)


def _fields(*names: str) -> tuple[FieldMapping, ...]:
    return tuple(FieldMapping(name, "{{ %s }}" % value) for name, value in zip(names, "abc", strict=False))  # noqa: UP031


@given(ANY, ANY)
def test_a_form_gives_back_any_values(a: str, b: str) -> None:
    shown = preview(HttpTarget(URL, fields=_fields("first name", "b&c")), {"a": a, "b": b})
    assert parse_qsl(shown.body, keep_blank_values=True) == [("first name", a), ("b&c", b)]


@given(ANY, ANY)
def test_a_query_and_a_path_give_back_any_values(a: str, b: str) -> None:
    target = HttpTarget(URL + "/x{{ a }}/end?k={{ b }}", method="GET", body="none", fields=_fields("q"))
    url = urlsplit(preview(target, {"a": a, "b": b}).url)
    assert unquote(url.path.split("/")[2]) == "x" + a
    assert url.path.endswith("/end")
    assert parse_qsl(url.query, keep_blank_values=True) == [("k", b), ("q", a)]
    assert url.netloc == "buyer.example"


@given(ANY, ANY, ANY)
def test_a_json_body_gives_back_any_values(a: str, b: str, c: str) -> None:
    target = HttpTarget(URL, body="json", fields=_fields("lead.name", "lead.deep.mail", "top"))
    body = preview(target, {"a": a, "b": b, "c": c}).body
    assert json.loads(body) == {"lead": {"name": a, "deep": {"mail": b}}, "top": c}


@given(ANY, ANY)
def test_a_json_template_gives_back_any_values(a: str, b: str) -> None:
    target = HttpTarget(
        URL, body="json", template='{"q\\"": "{{ a }}-{{ b }}", "bare": {{ b }}, "list": [{{ a }}]}'
    )
    document = json.loads(preview(target, {"a": a, "b": b}).body)
    assert document['q"'] == f"{a}-{b}"
    assert set(document) == {'q"', "bare", "list"}
    assert isinstance(document["bare"], str | int | float | bool | None)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("12", "12"),
        ("-1.50", "-1.50"),
        ("true", "true"),
        ("", "null"),
        ("07700", '"07700"'),
        ("1e9", '"1e9"'),
        ("NaN", '"NaN"'),
    ],
)
def test_an_unquoted_value_is_a_whole_json_value(value: str, written: str) -> None:
    body = preview(HttpTarget(URL, body="json", template='{"v":{{ a }}}'), {"a": value}).body
    assert body == f'{{"v":{written}}}'


@given(XML_TEXT, XML_TEXT)
def test_an_xml_template_gives_back_any_values(a: str, b: str) -> None:
    template = "<?xml version='1.0'?><lead id=\"{{ a }}\" x='{{ b }}'><!-- c --><t>{{ a }}</t><c><![CDATA[]{{ b }}]]]></c></lead>"
    shown = preview(HttpTarget(URL, body="xml", template=template), {"a": a, "b": b})
    root = ET.fromstring(shown.body)  # noqa: S314 - our own output
    assert root.attrib == {"id": a, "x": b}
    assert root.findtext("t") == a
    assert root.findtext("c") == "]" + b.replace("\r\n", "\n").replace("\r", "\n") + "]"


@given(st.text(alphabet=st.characters(max_codepoint=0x10FFFF), max_size=30))
def test_no_text_at_all_makes_xml_or_json_unreadable(value: str) -> None:
    ET.fromstring(preview(HttpTarget(URL, body="xml", template="<a>{{ a }}</a>"), {"a": value}).body)  # noqa: S314
    json.loads(preview(HttpTarget(URL, body="json", template="[{{ a }}]"), {"a": value}).body)


@given(ANY)
def test_a_header_takes_a_value_whole_or_not_at_all(value: str) -> None:
    target = HttpTarget(URL, headers=(Header("X-A", "v={{ a }}"),))
    try:
        shown = preview(target, {"a": value})
    except UnfitValueError:
        assert any(ord(c) < 32 or ord(c) == 127 for c in value)
    else:
        assert {h.name: h.value for h in shown.headers}["X-A"] == f"v={value}"
        assert "\n" not in value
        assert "\r" not in value


@pytest.mark.parametrize("value", [".", ".."])
def test_a_value_cannot_climb_out_of_its_path(value: str) -> None:
    target = HttpTarget(URL + "/{{ a }}/status")
    with pytest.raises(UnfitValueError):
        preview(target, {"a": value})


def test_lone_surrogates_do_no_harm() -> None:
    values = {"a": "x\ud800y"}
    for target in (
        HttpTarget(URL + "/{{ a }}", fields=_fields("a")),
        HttpTarget(URL, body="json", fields=_fields("a")),
        HttpTarget(URL, body="xml", template="<a>{{ a }}</a>"),
        HttpTarget(URL, body="text", template="{{ a }}"),
    ):
        assert compile_target(target).request(values).url


def test_a_preview_masks_secrets_and_authentication() -> None:
    target = HttpTarget(
        URL + "?key={{ secret.api }}",
        body="json",
        template='{"k": "{{ secret.api }}", "n": "{{ a }}"}',
        headers=(Header("X-Api-Key", "abc-def"), Header("X-Other", "{{ secret.api }}")),
        secrets=(Secret("api", "s3cr3t"),),
        auth=BasicAuth("me", "passw0rd"),
    )
    shown = preview(target, {"a": "Ann", "secret.api": "from the lead"})
    text = f"{shown}"
    assert "s3cr3t" not in text
    assert "abc-def" not in text
    assert "Basic" not in text
    assert json.loads(shown.body) == {"k": MASK, "n": "Ann"}
    sent = compile_target(target).request({"a": "Ann", "secret.api": "from the lead"})
    assert json.loads(sent.body or "")["k"] == "s3cr3t"
    assert sent.headers["Authorization"] == "Basic bWU6cGFzc3cwcmQ="
    assert names_in(target) == {"a"}


def test_a_header_of_the_operator_replaces_the_default_one() -> None:
    target = HttpTarget(URL, headers=(Header("content-type", "text/plain"), Header("user-agent", "Net/1")))
    headers = compile_target(target).request({}).headers
    assert headers.getall("Content-Type") == ["text/plain"]
    assert headers.getall("User-Agent") == ["Net/1"]


@pytest.mark.parametrize(
    ("target", "field"),
    [
        (HttpTarget("ftp://buyer.example"), "url"),
        (HttpTarget("https://{{ a }}.example/"), "url"),
        (HttpTarget("https://buyer.example{{ a }}"), "url"),
        (HttpTarget("https://user:pw@buyer.example/"), "url"),
        (HttpTarget("https://buyer.example:99999/"), "url"),
        (HttpTarget("https://buyer.example/#top"), "url"),
        (HttpTarget("https:///leads"), "url"),
        (HttpTarget(URL + "/{{ a"), "url"),
        (HttpTarget(URL, fields=(FieldMapping("a", "ok"), FieldMapping("b", "{{"))), "fields[1].value"),
        (HttpTarget(URL, body="json", fields=_fields("a", "a.b")), "fields"),
        (HttpTarget(URL, body="json", fields=_fields("a.b", "a")), "fields"),
        (HttpTarget(URL, body="json", fields=_fields("a", "a")), "fields"),
        (HttpTarget(URL, body="json", fields=_fields("a."), template=None), "fields"),
        (HttpTarget(URL, body="json", template="{{{ a }}: 1}"), "template"),
        (HttpTarget(URL, body="json", template='{"a": 1{{ a }}}'), "template"),
        (HttpTarget(URL, body="json", template='{"a": "{{ a }}"'), "template"),
        (HttpTarget(URL, body="json", template="[" * 60_000), "template"),
        (HttpTarget(URL, body="json", template="[]", fields=_fields("a")), "template"),
        (HttpTarget(URL, body="xml", template="<a {{ a }}/>"), "template"),
        (HttpTarget(URL, body="xml", template="<a><{{ a }}></a>"), "template"),
        (HttpTarget(URL, body="xml", template="<a><!-- {{ a }} --></a>"), "template"),
        (HttpTarget(URL, body="xml", template="<a>&{{ a }};</a>"), "template"),
        (HttpTarget(URL, body="xml", template="<a>"), "template"),
        (HttpTarget(URL, body="xml", template="<a><![CDATA[]]{{ a }}> ]]></a>"), "template"),
        (HttpTarget(URL, body="xml", template='<!DOCTYPE a [<!ENTITY b "c">]><a>{{ a }}</a>'), "template"),
        (HttpTarget(URL, body="xml", template="<?xml version='1.0' encoding='latin-1'?><a/>"), "template"),
        (HttpTarget(URL, body="xml"), "fields"),
        (HttpTarget(URL, body="form", template="x"), "fields"),
        (HttpTarget(URL, method="GET", body="json"), "fields"),
        (HttpTarget(URL, headers=(Header("Host", "x"),)), "headers[0].name"),
        (HttpTarget(URL, headers=(Header("X", "1"), Header("x", "2"))), "headers[1].name"),
        (
            HttpTarget(URL, headers=(Header("Authorization", "x"),), auth=BasicAuth("a", "b")),
            "headers[0].name",
        ),
        (HttpTarget(URL, headers=(Header("X", "a\r\nb"),)), "headers[0].value"),
        (HttpTarget(URL, fields=(FieldMapping("a", "{{ secret.x }}"),)), "secrets"),
    ],
)
def test_a_mistake_in_the_set_up_names_its_field(target: HttpTarget, field: str) -> None:
    assert [problem.field for problem in check_target(target)] == [field]


def test_all_mistakes_are_listed_at_once() -> None:
    target = HttpTarget("nowhere", fields=(FieldMapping("a", "{{"),), headers=(Header("X", "{{"),))
    assert {problem.field for problem in check_target(target)} == {
        "url",
        "fields[0].value",
        "headers[0].value",
    }


def test_a_sound_target_has_no_problems() -> None:
    assert check_target(HttpTarget(URL, fields=_fields("a"))) == []
