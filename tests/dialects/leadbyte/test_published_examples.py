"""The published requests get the published answers, byte for byte but for keys and ids."""

import re
from datetime import UTC, datetime

import msgspec
import pytest
from tests.dialects.leadbyte.world import PLAIN_KEY, World
from tests.reports.rows import LeadRow, receive

from leadyard.leads.model import Standing

QUEUE_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{8}")
PUBLISHED_ID = b"ac1e0092-3656328b-60b032e0-d708-7e561a98"

HEADING = (
    '"id":"9","name":"Example Campaign","reference":"EXAMPLE-CAMPAIGN","description":"",'
    '"currency":"Britain (United Kingdom), Pounds","country":"United Kingdom","sms_field":"Phone 1",'
    '"active":"1","sup_visible":"1","archived":"0"'
)


def field(
    name: str, label: str, data_type: str, category: str, choices: str = "", *, required: bool = False
) -> str:
    return (
        f'{{"name":"{name}","label":"{label}","required":{str(required).lower()},"data_type":"{data_type}",'
        f'"selection_labels":"{choices}","selection_values":"{choices}","category":"{category}"}}'
    )


FIELDS = ",".join(
    [
        field("data13", "make_of_car", "Text", "", required=True),
        field("data14", "mortgage_type", "Text", ""),
        field("dob", "DOB", "Date", "Standard"),
        field("email", "Email", "Email Address", "Standard", required=True),
        field("firstname", "First_Name", "Alphabetical", "Standard", required=True),
        field("gender", "Gender", "Text", "Standard", "Male,Female,M,F"),
        field("lastname", "Last_Name", "Alphabetical", "Standard", required=True),
        field("phone1", "Phone_1", "UK Mobile Number", "Standard"),
        field("postcode", "Postcode", "Postcode", "Standard"),
        field("sid", "SID", "Text", "Standard", required=True),
    ]
)


async def test_the_list_of_campaigns(world: World) -> None:
    reply = await world.send("GET", "/restapi/v1.2/campaigns", query={"key": PLAIN_KEY})
    assert reply.status == 200
    assert reply.text.startswith(f"[{{{HEADING}}},{{")


async def test_debug_gives_the_same_list_over_several_lines(world: World) -> None:
    plain = await world.send("GET", "/restapi/v1.2/campaigns", query={"key": PLAIN_KEY})
    debug = await world.send("GET", "/restapi/v1.2/campaigns", query={"key": PLAIN_KEY, "debug": "yes"})
    assert debug.json == plain.json
    assert debug.body.count(b"\n") > 10
    assert plain.body.count(b"\n") == 0
    assert msgspec.json.format(debug.body, indent=-1) == plain.body


@pytest.mark.parametrize("version", ["v1.1", "v1.2", "v1.3"])
async def test_one_campaign_with_its_fields(world: World, version: str) -> None:
    reply = await world.send("GET", f"/restapi/{version}/campaigns/9", query={"key": PLAIN_KEY})
    assert reply.text == f'{{{HEADING},"fields":[{FIELDS}]}}'


async def test_a_lead_is_queued(world: World) -> None:
    lead = {
        "campid": "EXAMPLE-CAMPAIGN",
        "sid": "1",
        "email": "jo@example.com",
        "title": "Ms",
        "firstname": "Jo",
        "lastname": "Bloggs",
        "data13": "Mini",
    }
    reply = await world.send("POST", "/restapi/v1.2/leads", json={"key": PLAIN_KEY, "lead": lead})
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert QUEUE_ID.sub(PUBLISHED_ID, reply.body) == (
        b'{"status":"Success","code":2,"message":"","results":[{"queueId":"'
        b'ac1e0092-3656328b-60b032e0-d708-7e561a98","status":"Queued","code":2}]}'
    )


async def test_a_lead_is_put_aside(world: World) -> None:
    reply = await world.post(campid="EXAMPLE-QUARANTINE")
    assert QUEUE_ID.sub(PUBLISHED_ID, reply.body) == (
        b'{"status":"Success","code":2,"message":"","results":[{"queueId":"'
        b'ac1e0092-3656328b-60b032e0-d708-7e561a98","status":"Quarantined","code":2}]}'
    )


async def test_the_latest_version_has_code_1(world: World) -> None:
    reply = await world.post("v1.3")
    assert reply.text.startswith('{"status":"Success","code":1,"message":"","results":[{"queueId":"')
    assert reply.text.endswith('","status":"Queued","code":1}]}')


async def test_a_lead_with_a_bad_address_is_refused(world: World) -> None:
    reply = await world.post(email="not an address")
    assert reply.status == 200
    assert reply.text == (
        '{"status":"Error","code":-5,"message":"One or more errors occurred, see errors array",'
        '"redirectUrl":"","errors":["Email is not a valid email address"]}'
    )


async def test_the_report_of_a_campaign(world: World) -> None:
    july = datetime(2020, 7, 14, 12, 30, tzinfo=UTC)
    standings = [Standing.INVALID] * 8 + [Standing.REJECTED] * 63 + [Standing.APPROVED] * 11
    leads = [
        LeadRow(
            id=10_000 + i,
            received_at=july,
            standing=standing,
            payout=3_750_000 if i in range(71, 81) else 0,
            revenue=25_000_000 if i in range(71, 81) else 0,
            sms_cost=26_000 if i == 71 else 0,
            validation_cost=25_500 if i == 71 else 0,
        )
        for i, standing in enumerate(standings)
    ]
    async with world.database.unit_of_work() as connection:
        await receive(connection, leads)
    reply = await world.send(
        "GET",
        "/restapi/v1.2/reports/campaign",
        query=f"key={PLAIN_KEY}&campaignId=9&from=2020-07-01T00:00:00Z&to=2020-07-31T00:00:00Z",
    )
    assert reply.text == (
        '{"status":"Success","message":"OK","data":[{"campaign":{"id":"9","name":"Example Campaign",'
        '"reference":"EXAMPLE-CAMPAIGN"},"leads":82,"valid":74,"invalid":8,"pending":0,"rejections":63,'
        '"approved":11,"returns":0,"supplierCost":37.5,"emailCost":0,"smsCost":0.026,"validationCost":0.0255,'
        '"revenue":250,"profit":212.4485,"currency":"GBP"}]}'
    )


async def test_a_lead_is_updated(world: World) -> None:
    lead_id = await world.lead_id()
    body = b'{"leads": [{"id": "%d", "update": {"postcode": "TN25 6QD"}}]}' % lead_id
    reply = await world.send("PUT", "/restapi/v1.3/leads", body=body, headers={"X_KEY": PLAIN_KEY})
    assert reply.text == (
        f'{{"status":"Success","message":"OK","leads":[{{"id":"{lead_id}","success":true,'
        '"message":"Lead updated","warnings":[],"errors":[]}]}'
    )


async def test_a_lead_is_updated_and_triggered(world: World) -> None:
    lead_id = await world.lead_id()
    item = {"id": str(lead_id), "triggerDeliveryId": "1053", "update": {"postcode": "TN25 6QD"}}
    reply = await world.send(
        "PUT", "/restapi/v1.3/leads", json={"leads": [item]}, headers={"X_KEY": PLAIN_KEY}
    )
    assert reply.text == (
        f'{{"status":"Success","message":"OK","leads":[{{"id":"{lead_id}","success":true,'
        '"message":"Lead updated","warnings":[],"errors":[]}]}'
    )
    assert (lead_id, 1053) in [
        (job["lead_id"], job["delivery_id"]) for job in await world.rows("delivery_jobs")
    ]


async def test_several_leads_are_updated_and_reprocessed(world: World) -> None:
    ids = [await world.lead_id() for _ in range(3)]
    updates = [
        {"postcode": "TN25 6QD"},
        {"firstname": "Joe", "lastname": "Blogs"},
        {"postcode": "7010", "source": "www.LeadByte.com", "c1": "GoogleAdWords"},
    ]
    items = [
        {"id": str(lead_id), "action": "reprocess", "update": update}
        for lead_id, update in zip(ids, updates, strict=True)
    ]
    reply = await world.send(
        "PUT", "/restapi/v1.3/leads", json={"leads": items}, headers={"X_KEY": PLAIN_KEY}
    )
    assert reply.json["status"] == "Success"
    assert [item["message"] for item in reply.json["leads"]] == ["Lead updated"] * 3
    assert reply.json["leads"][2]["warnings"] == ["Postcode is not a valid postcode"]
    stored = (await world.rows("leads"))[-1]["fields"]
    assert (stored["source"], stored["c1"]) == ("www.LeadByte.com", "GoogleAdWords")


async def test_payout_and_revenue_of_a_lead_are_replaced(world: World) -> None:
    lead_id = await world.lead_id()
    await world.deliver()
    body = f"""{{
"key": "{PLAIN_KEY}",
"leads": [
{lead_id}
],
"newPayout": 80.00,
"newRevenue": 120.00,
"BID": "33"
}}""".encode()
    reply = await world.send("PUT", "/restapi/v1.3/leadfinancials", body=body)
    assert reply.text == (
        f'{{"status":"Success","message":"","details":{{"{lead_id}":"Financials updated"}}}}'
    )
    shown = await world.call("GET", f"/restapi/v1.3/leads/{lead_id}")
    assert b'"payout":80,"revenue":120,' in shown.body
