"""/api/submit.php: no key, decided at once, text or JSON."""

import json as standard_json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.dialects.leadbyte.client import Reply
from tests.dialects.leadbyte.world import World, new_lead

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import Caps

MOMENT = r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"'


async def submit(world: World, lead: dict[str, Any], method: str = "POST", **request: Any) -> Reply:
    sent = {"query": lead} if method == "GET" else {"body": urlencode(lead).encode()}
    return await world.send(method, "/api/submit.php", **{**sent, **request})


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_accepted_lead(world: World, method: str) -> None:
    reply = await submit(world, new_lead(), method)
    assert (reply.status, reply.text) == (200, "1 | OK")
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.headers["access-control-allow-origin"] == "*"
    lead = (await world.rows("leads"))[0]
    assert (lead["channel"], lead["supplier_id"], lead["system_status"]) == (2, 1, 2)


async def test_the_campaign_may_be_in_the_query_and_the_fields_in_the_body(world: World) -> None:
    lead = new_lead(campid=None, sid=None)
    for body in (
        urlencode(lead).encode(),
        standard_json.dumps({**lead, "email": "b@example.com", "phone1": ""}).encode(),
    ):
        reply = await world.send(
            "POST", "/api/submit.php?campid=EXAMPLE-CAMPAIGN&sid=1&returnjson=yes", body=body
        )
        assert reply.json["code"] == 1


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"email": "x"}, "-5 | Validation error"),
        ({"campid": "nothing"}, "-9 | Campaign not active"),
        ({"campid": None}, "-9 | Campaign not active"),
        ({"sid": "2"}, "-7 | Supplier not authorised"),
    ],
)
async def test_a_refused_lead(world: World, changes: dict[str, Any], text: str) -> None:
    reply = await submit(world, new_lead(**changes))
    assert (reply.status, reply.text) == (200, text)


async def test_a_duplicate_across_both_apis(world: World) -> None:
    lead = new_lead()
    await world.post(**lead)
    assert (await submit(world, lead)).text == "-2 | Duplicate or resubmission"


async def test_a_full_campaign(world: World) -> None:
    await world.change_campaign(9, caps=Caps(total=1))
    assert (await submit(world, new_lead())).text == "1 | OK"
    assert (await submit(world, new_lead())).text == "-4 | Campaign cap reached"


async def test_an_accepted_lead_as_json(world: World) -> None:
    reply = await submit(world, new_lead(returnjson="yes"))
    pattern = (
        r'\{"code":1,"response":"OK","info":\[\],"leadId":\d+,"processTime":[\d.]+,'
        rf'"timestamp":{MOMENT},"payout":"Pending"\}}'
    )
    assert re.fullmatch(pattern, reply.text), reply.text
    assert reply.headers["content-type"] == "application/json"
    lead = await world.call("GET", f"/restapi/v1.3/leads/{reply.json['leadId']}")
    assert lead.status == 200


async def test_on_system_accept_no_payout_is_shown(world: World) -> None:
    reply = await submit(world, new_lead(returnjson="1", campid="EXAMPLE-SYSTEM"))
    assert list(reply.json) == ["code", "response", "info", "leadId", "processTime", "timestamp"]


async def test_a_refused_lead_as_json(world: World) -> None:
    reply = await submit(world, new_lead(returnjson="Yes", email="x", lastname=""))
    answer = reply.json
    assert list(answer) == ["code", "response", "info", "leadId", "processTime", "timestamp"]
    assert (answer["code"], answer["response"], answer["leadId"]) == (-5, "Validation error", None)
    assert answer["info"] == ["Email is not a valid email address", "Last Name is required"]


async def test_quarantine_is_not_for_the_classic_api(world: World) -> None:
    reply = await submit(world, new_lead(campid="EXAMPLE-QUARANTINE", returnjson="yes"))
    assert reply.json["code"] == 1
    await world.deliver()
    lead = await world.call("GET", f"/restapi/v1.3/leads/{reply.json['leadId']}")
    assert (lead.json["systemStatus"], lead.json["saleStatus"]) == ("Valid", "Sold")


async def test_a_test_is_not_delivered(world: World) -> None:
    reply = await submit(world, new_lead(testmode="yes", returnjson="yes"))
    assert reply.json["code"] == 1
    assert await world.rows("delivery_jobs") == []


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("other.example.com", 1),
        ("OTHER.example.com:8443", 1),
        ("other.example.com.", 1),
        ("unknown.example.com", 1),
        ("[::1]:80", 1),
        ("", 1),
    ],
)
async def test_the_host_name_tells_the_account(world: World, host: str, code: int) -> None:
    reply = await submit(world, new_lead(returnjson="yes"), headers={"host": host})
    assert reply.json["code"] == code
    is_other = host.lower().startswith("other")
    assert bool(await world.rows("leads")) is not is_other


async def test_a_host_that_no_account_answers_to(world: World) -> None:
    async with world.database.unit_of_work() as connection:
        await connection.execute("UPDATE accounts SET takes_other_hosts = false")
    reply = await submit(world, new_lead(), headers={"host": "unknown.example.com"})
    assert (reply.status, reply.text) == (200, "-9 | Campaign not active")


@pytest.mark.parametrize("body", [b"{", b"<xml/>", b"[1]", b"\x00\xff", b'[{"a":1},{"a":2}]', b'{"leads":3}'])
async def test_what_cannot_be_read_is_answered_in_its_own_words(world: World, body: bytes) -> None:
    reply = await world.send("POST", "/api/submit.php", body=body)
    assert (reply.status, reply.text) == (200, "-5 | Validation error")
    assert await world.rows("leads") == []


@pytest.mark.parametrize(
    ("query", "body", "text"),
    [
        ("?returnjson=yes", b"<xml/>", "The body is neither JSON nor a form"),
        ("?ReturnJSON=1", b"<xml/>", "The body is neither JSON nor a form"),
        ("", b'{"leads":3,"returnjson":"yes"}', "leads must be a list"),
        ("?returnjson=yes", b"a=" + b"x" * 3_000_000, "The body is larger than 2 MiB"),
    ],
)
async def test_what_cannot_be_read_is_answered_as_json_where_that_is_asked_for(
    world: World, query: str, body: bytes, text: str
) -> None:
    reply = await world.send("POST", f"/api/submit.php{query}", body=body)
    assert reply.status == 200
    answer = reply.json
    assert re.fullmatch(MOMENT, f'"{answer.pop("timestamp")}"')
    assert answer == {
        "code": -5, "response": "Validation error", "info": [text], "leadId": None, "processTime": 0,
    }  # fmt: skip


async def test_other_methods_and_sizes(world: World) -> None:
    assert (await world.send("PUT", "/api/submit.php")).status == 405
    reply = await world.send("POST", "/api/submit.php", body=b"a=" + b"x" * 3_000_000)
    assert (reply.status, reply.text) == (200, "-5 | Validation error")


async def test_a_changed_campaign_counts_at_once(world: World) -> None:
    assert (await submit(world, new_lead())).text == "1 | OK"
    await setup.campaigns.update(world.database, world.actor, 9, {"status": "Inactive"})
    assert (await submit(world, new_lead())).text == "-9 | Campaign not active"
