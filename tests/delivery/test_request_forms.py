"""SOAP, multipart, signatures and hashes: what buyers ask for beyond form, JSON and XML."""

import base64
import hashlib
import hmac
import json
from email.parser import BytesParser
from email.policy import HTTP
from xml.etree import ElementTree as ET

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from leadyard.delivery.answers import judge
from leadyard.delivery.model import (
    AnswerRules,
    FieldMapping,
    Header,
    HttpTarget,
    Outcome,
    Secret,
    Signature,
)
from leadyard.delivery.transports.http import check_target, names_in, preview
from leadyard.delivery.transports.http.request import compile_target
from leadyard.kit.masking import MASK

URL = "https://buyer.example/leads"
LEAD = "<Lead xmlns='urn:x'><Name>{{ name }}</Name></Lead>"


def headers_of(target: HttpTarget) -> dict[str, str]:
    return dict(compile_target(target).request({"name": "Ann"}).headers)


def test_soap_1_1_wraps_the_lead_and_names_the_action_in_a_header() -> None:
    target = HttpTarget(URL, body="soap", template=LEAD, soap_action="urn:Add")
    headers = headers_of(target)
    assert (headers["Content-Type"], headers["SOAPAction"]) == ("text/xml; charset=utf-8", '"urn:Add"')
    root = ET.fromstring(preview(target, {"name": "A&<b>"}).body)  # noqa: S314 - our own output
    space = "{http://schemas.xmlsoap.org/soap/envelope/}"
    assert root.tag == f"{space}Envelope"
    assert root.findtext(f"{space}Body/{{urn:x}}Lead/{{urn:x}}Name") == "A&<b>"


def test_soap_1_2_names_the_action_in_the_content_type() -> None:
    target = HttpTarget(URL, body="soap", template=LEAD, soap_action="urn:Add", soap_version="1.2")
    headers = headers_of(target)
    assert headers["Content-Type"] == 'application/soap+xml; charset=utf-8; action="urn:Add"'
    assert "SOAPAction" not in headers
    assert "http://www.w3.org/2003/05/soap-envelope" in preview(target, {}).body


def test_a_whole_envelope_is_left_as_it_is() -> None:
    template = '<?xml version="1.0"?>\n<!-- mine -->\n<s:Envelope xmlns:s="x"><s:Body>{{ name }}</s:Body></s:Envelope>'
    assert preview(HttpTarget(URL, body="soap", template=template), {"name": "Ann"}).body == template.replace(
        "{{ name }}", "Ann"
    )


FAULT_1_1 = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode>'
    "<faultstring>No such campaign</faultstring></s:Fault></s:Body></s:Envelope>"
)
FAULT_1_2 = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value>'
    "</s:Code><s:Reason><s:Text>No such campaign</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>"
)


@pytest.mark.parametrize(("body", "code"), [(FAULT_1_1, "s:Client"), (FAULT_1_2, "s:Sender")])
def test_a_fault_that_no_rule_matches_rejects_in_its_own_words(body: str, code: str) -> None:
    judgement = judge(AnswerRules(), 500, "text/xml", body)
    assert judgement.outcome is Outcome.REJECT
    assert judgement.reason.endswith(f"SOAP fault {code}: No such campaign")


NAMES = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@given(NAMES, st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_multipart_body_gives_back_any_values(name: str, value: str) -> None:
    fields = (FieldMapping(name, "{{ value }}"), FieldMapping("second", "2"))
    sent = compile_target(HttpTarget(URL, body="multipart", fields=fields)).request({"value": value})
    boundary = sent.headers["Content-Type"].removeprefix("multipart/form-data; boundary=")
    body = (sent.body or "").encode()
    parts = body.split(f"--{boundary}".encode())
    assert (parts[0], parts[-1]) == (b"", b"--\r\n")
    found = [part.removeprefix(b"\r\n").split(b"\r\n\r\n", 1) for part in parts[1:-1]]
    shown = name.replace('"', "%22")
    assert found[0][0].decode() == f'Content-Disposition: form-data; name="{shown}"'
    assert [text.removesuffix(b"\r\n").decode() for _, text in found] == [value, "2"]


def test_a_multipart_body_is_read_by_others() -> None:
    fields = (FieldMapping("email", "{{ email }}"),)
    sent = compile_target(HttpTarget(URL, body="multipart", fields=fields)).request({"email": "a@b.cd"})
    head = f"Content-Type: {sent.headers['Content-Type']}\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes((head + (sent.body or "")).encode())
    (part,) = message.iter_parts()
    assert (part.get_param("name", header="content-disposition"), part.get_content().strip()) == (
        "email",
        "a@b.cd",
    )


def test_each_request_has_a_boundary_of_its_own() -> None:
    plan = compile_target(HttpTarget(URL, body="multipart", fields=(FieldMapping("a", "b"),)))
    assert plan.request({}).headers["Content-Type"] != plan.request({}).headers["Content-Type"]


def test_the_content_type_can_be_chosen() -> None:
    target = HttpTarget(
        URL, method="PATCH", body="json", template="[]", content_type="application/merge-patch+json"
    )
    sent = compile_target(target).request({})
    assert (sent.method, sent.headers["Content-Type"]) == ("PATCH", "application/merge-patch+json")


SIGNED = HttpTarget(
    URL + "?sig={{ signature.query }}",
    body="json",
    fields=(FieldMapping("email", "{{ email }}"), FieldMapping("check", "{{ signature.field }}")),
    headers=(Header("X-Signature", "t={{ request.timestamp }},v1={{ signature.header }}"),),
    signatures=(
        Signature("header", "k-header", text="{{ request.timestamp }}.{{ request.body }}"),
        Signature("query", "k-query", text="{{ email }}", algorithm="sha1", encoding="base64"),
        Signature(
            "field",
            "6b2d6669656c64",
            text="{{ email }}{{ secret.salt }}",
            algorithm="sha512",
            key_encoding="hex",
        ),
    ),
    secrets=(Secret("salt", "s4lt"),),
)


@time_machine.travel(1_700_000_000, tick=False)
def test_signatures_stand_in_header_query_and_body() -> None:
    sent = compile_target(SIGNED).request({"email": "ann@example.com"})
    body = json.loads(sent.body or "")
    assert body["check"] == hmac.new(b"k-field", b"ann@example.coms4lt", hashlib.sha512).hexdigest()
    signature = hmac.new(b"k-header", f"1700000000.{sent.body}".encode(), hashlib.sha256).hexdigest()
    assert sent.headers["X-Signature"] == f"t=1700000000,v1={signature}"
    expected = hmac.new(b"k-query", b"ann@example.com", hashlib.sha1).digest()
    assert base64.b64decode(sent.url.query["sig"]) == expected


def test_a_lead_cannot_bring_its_own_signature_or_secret() -> None:
    forged = {"email": "a@b.cd", "signature.header": "forged", "secret.salt": "none", "request.body": "other"}
    plan = compile_target(SIGNED)
    with time_machine.travel(1_700_000_000, tick=False):
        assert plan.request(forged) == plan.request({"email": "a@b.cd"})


def test_a_shown_request_has_masks_for_signatures() -> None:
    shown = preview(SIGNED, {"email": "a@b.cd"})
    assert json.loads(shown.body)["check"] == MASK
    assert next(h.value for h in shown.headers if h.name == "X-Signature").endswith(f"v1={MASK}")
    assert names_in(SIGNED) == {"email"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"signatures": (*SIGNED.signatures, Signature("header", "k"))}, "signatures[3].name"),
        ({"signatures": SIGNED.signatures[:2]}, "signatures"),
        (
            {
                "fields": (
                    FieldMapping("a", "{{ signature.header }}{{ signature.query }}{{ signature.field }}"),
                )
            },
            "signatures",
        ),
        (
            {"signatures": (*SIGNED.signatures, Signature("b", "xyz", key_encoding="hex"))},
            "signatures[3].key",
        ),
        (
            {"signatures": (*SIGNED.signatures, Signature("b", "%", key_encoding="base64"))},
            "signatures[3].key",
        ),
        ({"signatures": (*SIGNED.signatures, Signature("b", "k", text="{{"))}, "signatures[3].text"),
        (
            {"signatures": (*SIGNED.signatures, Signature("b", "k", text="{{ signature.header }}"))},
            "signatures[3].text",
        ),
        ({"headers": (Header("X", "{{ request.body }}"),)}, "steps"),
        ({"secrets": ()}, "secrets"),
        ({"body": "multipart", "content_type": "a/b"}, "content_type"),
        ({"body": "soap"}, "fields"),
        ({"body": "soap", "fields": (), "template": "<a>"}, "template"),
    ],
)
def test_a_mistake_names_its_field(change: dict[str, object], field: str) -> None:
    assert field in [problem.field for problem in check_target(structs.replace(SIGNED, **change))]


def test_hashes_of_values() -> None:
    template = "{{ email | trim | lower | md5 }} {{ email | sha1 }} {{ email | sha256 }} {{ email | sha512 }} {{ email | base64 }}"
    shown = preview(HttpTarget(URL, body="text", template=template), {"email": "a@b.cd"}).body.split()
    raw = b"a@b.cd"
    digests = [getattr(hashlib, name)(raw).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")]
    assert shown == [*digests, base64.b64encode(raw).decode()]
