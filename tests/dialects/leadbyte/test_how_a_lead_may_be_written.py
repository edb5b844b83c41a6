"""A lead is read in every form, under every name and with every kind of value that callers use."""

import json as standard_json
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.dialects.leadbyte.world import PLAIN_KEY, World, new_lead

from leadyard.campaigns import service as setup

VERSIONS = ["v1.1", "v1.2", "v1.3"]
BOUNDARY = "xYzZy"


def as_json(lead: dict[str, Any]) -> bytes:
    return standard_json.dumps({"lead": lead}).encode()


def as_form(lead: dict[str, Any]) -> bytes:
    return urlencode(lead).encode()


def as_brackets(lead: dict[str, Any]) -> bytes:
    return urlencode({f"lead[{name}]": value for name, value in lead.items()}).encode()


def as_multipart(lead: dict[str, Any]) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in lead.items()
    ]
    return ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("write", [as_json, as_form, as_brackets, as_multipart])
@pytest.mark.parametrize(
    "content_type",
    [None, "application/json", "application/x-www-form-urlencoded", "text/plain; charset=utf-8", "nonsense"],
)
async def test_the_body_counts_and_not_its_label(
    world: World, version: str, write: Any, content_type: str | None
) -> None:
    lead = new_lead()
    if write is as_multipart:
        content_type = f"multipart/form-data; boundary={BOUNDARY}"
    headers = {"X_KEY": PLAIN_KEY, **({"content-type": content_type} if content_type else {})}
    reply = await world.send("POST", f"/restapi/{version}/leads", body=write(lead), headers=headers)
    assert reply.json["status"] == "Success", reply.text
    stored = (await world.rows("leads"))[0]["fields"]
    assert (stored["email"], stored["data13"], stored["phone1"]) == (lead["email"], "Mini", lead["phone1"])


@pytest.mark.parametrize(
    "body_of",
    [
        lambda lead: {"key": PLAIN_KEY, "lead": lead},
        lambda lead: {"key": PLAIN_KEY, **lead},
        lambda lead: {"key": PLAIN_KEY, "lead": lead, "unknown": {"deep": [1]}},
        lambda lead: {"key": PLAIN_KEY, "campid": lead.pop("campid"), "sid": lead.pop("sid"), "lead": lead},
        lambda lead: {"key": PLAIN_KEY, "leads": [lead]},
    ],
)
async def test_the_lead_is_found_in_the_body(world: World, body_of: Any) -> None:
    reply = await world.send("POST", "/restapi/v1.2/leads", json=body_of(new_lead()))
    assert reply.json["status"] == "Success", reply.text


async def test_query_parameters_fill_the_body_up(world: World) -> None:
    lead = new_lead(campid=None, sid=None)
    query = {"key": PLAIN_KEY, "campid": "example-campaign", "sid": "1", "email": "query@example.com"}
    for body in (as_json(lead), as_form(new_lead(campid=None, sid=None))):
        reply = await world.send("POST", "/restapi/v1.2/leads/", query=query, body=body)
        assert reply.json["status"] == "Success", reply.text
    assert "query@example.com" not in {row["fields"]["email"] for row in await world.rows("leads")}


@pytest.mark.parametrize("campid", ["EXAMPLE-CAMPAIGN", "example-campaign", " Example-Campaign ", "9", 9])
async def test_a_campaign_is_named_by_reference_or_id(world: World, campid: Any) -> None:
    assert (await world.post(campid=campid)).json["status"] == "Success"


@pytest.mark.parametrize("name", ["campid", "Campid", "CampID", "camp_id"])
async def test_the_campaign_member_is_found_in_any_spelling(world: World, name: str) -> None:
    lead = {**new_lead(campid=None), name: "EXAMPLE-CAMPAIGN"}
    reply = await world.call("POST", "/restapi/v1.2/leads", json={"lead": lead})
    assert reply.json["status"] == "Success"


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("email", ["email", "Email", "EMAIL", "e-mail", " email ", "f_1_email", "f_12_Email"]),
        ("firstname", ["firstname", "First_Name", "first name", "First-Name", "FIRSTNAME"]),
        ("phone1", ["phone1", "Phone_1", "phone-1", "Phone 1"]),
        ("data13", ["data13", "make_of_car", "Make_Of_Car", "Make of car", "f_3_make_of_car", "DATA13"]),
        ("sid", ["sid", "SID", "Sid", "s_id"]),
    ],
)
async def test_a_field_is_found_in_every_spelling(world: World, field: str, names: list[str]) -> None:
    for name in names:
        lead = new_lead()
        lead[name] = lead.pop(field)
        reply = await world.send("POST", "/restapi/v1.2/leads", json={"key": PLAIN_KEY, "lead": lead})
        assert reply.json["status"] == "Success", (name, reply.text)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("ip_address", "ipaddress", "203.0.113.9"),
        ("ip", "ipaddress", "203.0.113.9"),
        ("user_agent", "useragent", "curl"),
        ("Opt-in_Date", "optindate", "2024-02-29"),
    ],
)
async def test_standard_fields_have_other_names(world: World, name: str, field: str, value: str) -> None:
    assert (await world.post(**{name: value})).json["status"] == "Success"
    assert (await world.rows("leads"))[0]["fields"][field] == value


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("  Mini  ", "Mini"),
        (7, "7"),
        (3.5, "3.5"),
        (True, "true"),
        (["a", "b", 1], "a,b,1"),
        ("Mi\x00ni", "Mini"),
        ("Škoda \u202exyz", "Škoda \u202exyz"),
        ("日本車", "日本車"),
        ("x" * 4000, "x" * 4000),
    ],
)
async def test_a_value_becomes_text(world: World, sent: Any, stored: str) -> None:
    assert (await world.post(data13=sent)).json["status"] == "Success"
    assert (await world.rows("leads"))[0]["fields"]["data13"] == stored


@pytest.mark.parametrize("value", ["", None, "   ", []])
async def test_an_optional_field_may_be_empty(world: World, value: Any) -> None:
    lead = {**new_lead(), "postcode": value}
    reply = await world.send("POST", "/restapi/v1.2/leads", json={"key": PLAIN_KEY, "lead": lead})
    assert reply.json["status"] == "Success"


async def test_unknown_fields_are_ignored(world: World) -> None:
    assert (await world.post(nonsense="x", nested={"a": 1}, data99="y")).json["status"] == "Success"


async def test_bytes_of_windows_1252_are_understood(world: World) -> None:
    lead = new_lead(firstname="Zoë")
    body = standard_json.dumps({"lead": lead}, ensure_ascii=False).encode("cp1252")
    reply = await world.call("POST", "/restapi/v1.2/leads", body=body)
    assert reply.json["status"] == "Success"
    assert (await world.rows("leads"))[0]["fields"]["firstname"] == "Zoë"


async def test_a_body_may_come_in_pieces(world: World) -> None:
    reply = await world.call("POST", "/restapi/v1.2/leads", body=as_json(new_lead()), chunk=7)
    assert reply.json["status"] == "Success"


async def test_a_sub_supplier_is_made_when_it_is_new(world: World) -> None:
    for ssid in ("facebook", "facebook", 77, "x" * 5000):
        assert (await world.post(ssid=ssid)).json["status"] == "Success"
    assert len(await world.rows("sub_suppliers")) == 3


async def test_a_prefix_hides_neither_supplier_nor_sub_supplier(world: World) -> None:
    reply = await world.post(sid=None, f_1_sid="3", f_2_ssid="north")
    assert reply.json["status"] == "Success"
    (lead,) = await world.rows("leads")
    (sub_supplier,) = await world.rows("sub_suppliers")
    assert (lead["supplier_id"], lead["sub_supplier_id"]) == (3, sub_supplier["id"])
    assert sub_supplier["ssid"] == "north"


async def test_a_supplier_may_be_named_by_the_label_of_its_field(world: World) -> None:
    await setup.update_field(world.database, world.actor, 9, "sid", {"label": "Partner_Code"})
    ssid = {"name": "ssid", "label": "Sub_Source", "data_type": "Text"}
    await setup.create_field(world.database, world.actor, 9, ssid)
    reply = await world.post(sid=None, partner_code="3", sub_source="north")
    assert reply.json["status"] == "Success", reply.text
    (lead,) = await world.rows("leads")
    assert (lead["supplier_id"], len(await world.rows("sub_suppliers"))) == (3, 1)
    for refused in ({"sid": None, "partner_code": "2"}, {"sid": "2", "partner_code": "3"}):
        assert (await world.post(**refused)).json["code"] == -7


@pytest.mark.parametrize("value", ["yes", "Yes", "1", 1, "true", True])
async def test_a_test_is_approved_and_counts_nowhere(world: World, value: Any) -> None:
    lead = new_lead(testmode=value)
    first = await world.send("POST", "/restapi/v1.2/leads", json={"key": PLAIN_KEY, "lead": lead})
    record = await world.record(first.json["results"][0]["queueId"])
    assert record["status"] == "Approved"
    assert record["response"]["leadId"] > 0
    real = {name: member for name, member in lead.items() if name != "testmode"}
    second = await world.send("POST", "/restapi/v1.2/leads", json={"key": PLAIN_KEY, "lead": real})
    assert second.json["status"] == "Success"
    third = await world.send("POST", "/restapi/v1.2/leads", json={"key": PLAIN_KEY, "lead": lead})
    assert third.json["code"] == -2
    report = await world.call("GET", "/restapi/v1.2/reports/campaign?datePreset=today")
    assert [row["leads"] for row in report.json["data"]] == [1]
