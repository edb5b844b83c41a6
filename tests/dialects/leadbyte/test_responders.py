"""Reading responders, writing to leads by hand, and the reports on messages (docs/leadbyte.md, "Calls")."""

from typing import Any

import pytest
from tests.dialects.leadbyte.world import OTHER_KEY, World
from tests.responders.post_office import LINKS, Gateway, post_office
from tests.responders.set_up import TEXT, THANKS

from leadyard.ledger.service import Ledger
from leadyard.responders.following import report_event, unsubscribe
from leadyard.responders.inputs import ResponderRecord
from leadyard.responders.jobs import ResponderWorker
from leadyard.responders.messenger import Messenger
from leadyard.responders.service import responders

BASE = "/restapi/v1.2/responders"
EMAIL = [
    "campaign", "responder", "supplier", "push", "advertiser", "sent", "delivered", "opened", "clicks", "conversions",
    "bounced", "unsubscribed", "cost", "revenue", "profit", "currency",
]  # fmt: skip
SMS = [
    "campaign", "responder", "supplier", "push", "advertiser", "sent", "pending", "undelivered", "delivered", "clicks",
    "conversions", "cost", "revenue", "profit", "currency",
]  # fmt: skip
TODAY = "datePreset=today"


async def made(world: World, *pushes: Any, **changes: Any) -> ResponderRecord:
    document = {
        "name": "Welcome", "reference": "WELCOME", "campaign_id": 9, "pushes": list(pushes or (THANKS, TEXT)),
        "settings": {"trigger": "valid", "pause_from": "", "pause_to": ""},
    }  # fmt: skip
    return await responders.create(world.database, world.actor, {**document, **changes})


async def sent(world: World, messenger: Messenger) -> None:
    async def messenger_of(*_: int | None) -> Messenger:
        return messenger

    worker = ResponderWorker(world.database, Ledger(world.database), messenger_of, LINKS)
    while await worker.work_once():
        continue


async def report(world: World, kind: str, query: str = TODAY, version: str = "v1.2") -> Any:
    reply = await world.call("GET", f"/restapi/{version}/reports/{kind}", query=query)
    assert reply.status == 200, reply.text
    return reply.json


async def test_a_responder_to_the_letter(world: World) -> None:
    record = await made(world, THANKS, supplier_id=1, settings={"pause_from": "21:00", "pause_to": "08:00"})
    one = (
        f'{{"id":"{record.id}","name":"Welcome","reference":"WELCOME","status":"Active",'
        '"campaign":{"id":"9","name":"Example Campaign","reference":"EXAMPLE-CAMPAIGN"},'
        '"supplier":{"id":"1","name":"Supplier 1","sid":"1"},"pause_from":"21:00","pause_to":"08:00",'
        f'"pushes":[{{"push_id":"{record.pushes[0].push_id}","name":"Thanks","type":"Email","advertiser":"Sunrise",'
        '"marketing_category":"","sent":0,"delivered":0,"clicks":0,"conversions":0,"cost":0,"revenue":0,"profit":0,'
        '"currency":"GBP","active":true}]}'
    )
    reply = await world.call("GET", BASE)
    assert reply.text == '{"status":"Success","message":"OK","responders":[' + one + "]}"
    assert (await world.call("GET", f"{BASE}/{record.id}")).text == one


async def test_a_responder_of_all_suppliers_has_none(world: World) -> None:
    record = await made(world)
    assert (await world.call("GET", f"{BASE}/{record.id}")).json["supplier"] is None


@pytest.mark.parametrize("path", ["/99", "/x", "/99999999999999999999"])
async def test_an_unknown_responder_is_not_found(world: World, path: str) -> None:
    reply = await world.call("GET", f"{BASE}{path}")
    assert (reply.status, reply.json["message"]) == (404, "Responder not found")


async def test_archived_and_foreign_responders_are_not_there(world: World) -> None:
    record = await made(world)
    assert (await world.call("GET", f"{BASE}/{record.id}", headers={"X_KEY": OTHER_KEY})).status == 404
    await responders.archive(world.database, world.actor, record.id)
    assert (await world.call("GET", f"{BASE}/{record.id}")).status == 404
    assert (await world.call("GET", BASE)).json["responders"] == []


async def test_triggering_a_responder_queues_its_pushes(world: World) -> None:
    record = await made(world, THANKS, settings={"trigger": "manual"})
    lead_id = await world.lead_id()
    push = record.pushes[0].push_id
    for body in (
        {"leadId": lead_id, "responderId": record.id},
        {"leadId": str(lead_id), "responders": [str(record.id)]},
        {"leadId": lead_id, "pushId": push},
    ):
        reply = await world.call("POST", f"{BASE}/trigger", json=body)
        assert reply.text == (
            '{"status":"Success","message":"See push results","warnings":[],"pushResults":[{"responderId":'
            f'"{record.id}","pushId":"{push}","queued":true,"status":"Queued","leadId":{lead_id}}}]}}'
        )
    assert len(await world.rows("responder_messages")) == 3


async def test_what_cannot_be_queued_says_why(world: World) -> None:
    record = await made(world, THANKS, TEXT, settings={"trigger": "manual"})
    lead_id = await world.lead_id(phone1="")
    both = await world.call("POST", f"{BASE}/trigger", json={"leadId": lead_id, "responderId": record.id})
    assert both.json["status"] == "Warning"
    assert [one["status"] for one in both.json["pushResults"]] == ["Queued", "Lead has no phone number"]
    for body, status in (
        ({"leadId": 999, "responderId": record.id}, "Lead not found"),
        ({"leadId": "x", "responderId": record.id}, "Lead not found"),
        ({"leadId": lead_id, "responderId": 999}, "Responder not found"),
        ({"leadId": lead_id, "responderId": "x"}, "Responder not found"),
        ({"leadId": lead_id, "pushId": 999}, "There is no such push"),
    ):
        reply = await world.call("POST", f"{BASE}/trigger", json=body)
        assert (reply.status, reply.json["status"]) == (200, "Error")
        assert [(one["queued"], one["status"]) for one in reply.json["pushResults"]] == [(False, status)]


@pytest.mark.parametrize("body", [{}, {"leadId": 1}, {"responderId": 1}, {"leadId": {}, "responderId": 1}])
async def test_a_trigger_without_ids_is_a_bad_request(world: World, body: Any) -> None:
    assert (await world.call("POST", f"{BASE}/trigger", json=body)).status == 400


async def test_the_email_report_to_the_letter(world: World) -> None:
    record = await made(world, THANKS)
    await world.lead_id()
    await world.lead_id(sid="3")
    async with post_office() as office:
        await sent(world, office.messenger)
        office.recipient_answer = "550 No"
        await world.lead_id()
        await sent(world, office.messenger)
    ledger = Ledger(world.database)
    await report_event(world.database, ledger, 1, 1, "conversion")
    await unsubscribe(world.database, 1, 1)
    reply = await world.call("GET", f"/restapi/v1.2/reports/email?{TODAY}&supplierId=1")
    assert reply.text == (
        '{"status":"Success","message":"OK","data":[{"campaign":{"id":"9","name":"Example Campaign",'
        f'"reference":"EXAMPLE-CAMPAIGN"}},"responder":{{"id":"{record.id}","reference":"WELCOME"}},'
        '"supplier":{"id":"1","name":"Supplier 1","sid":"1"},'
        f'"push":{{"id":"{record.pushes[0].push_id}","name":"Thanks"}},"advertiser":{{"id":"7","name":"Sunrise"}},'
        '"sent":2,"delivered":1,"opened":0,"clicks":0,"conversions":1,"bounced":1,"unsubscribed":1,"cost":0.002,'
        '"revenue":5,"profit":4.998,"currency":"GBP"}]}'
    )
    rows = (await report(world, "email", version="v1.3"))["data"]
    assert [list(row) for row in rows] == [EMAIL, EMAIL]
    assert [row["supplier"]["sid"] for row in rows] == ["1", "3"]
    assert rows[0]["currency"] == "Britain (United Kingdom), Pounds"
    assert [row["sent"] for row in (await report(world, "email", f"{TODAY}&showSupplier=No"))["data"]] == [3]
    for query in (f"responderId={record.id + 1}", "campaignId=10", "leadTypeAPI=No", "buyerId=4"):
        assert (await report(world, "email", f"{TODAY}&{query}"))["data"] == []
    assert (await report(world, "sms"))["data"] == []
    campaign = (await report(world, "campaign"))["data"][0]
    assert (campaign["leads"], campaign["emailCost"]) == (3, 0.004)
    only = (await report(world, "campaign", f"{TODAY}&responderId={record.id}"))["data"]
    assert [row["leads"] for row in only] == [3]


async def test_the_sms_report(world: World) -> None:
    await made(world, TEXT)
    for _ in range(3):
        await world.lead_id()
    await sent(world, Gateway())
    ledger = Ledger(world.database)
    await report_event(world.database, ledger, 1, 1, "delivered")
    await report_event(world.database, ledger, 1, 2, "bounced")
    (row,) = (await report(world, "sms"))["data"]
    assert list(row) == SMS
    assert row["push"]["redirect"] == "https://advertiser.example/sms"
    counts = {name: row[name] for name in ("sent", "pending", "undelivered", "delivered", "cost", "profit")}
    assert counts == {
        "sent": 3,
        "pending": 1,
        "undelivered": 1,
        "delivered": 1,
        "cost": 0.12,
        "profit": -0.12,
    }
    shown = (await world.call("GET", BASE)).json["responders"][0]["pushes"][0]
    assert (shown["sent"], shown["delivered"], shown["cost"]) == (3, 1, 0.12)


@pytest.mark.parametrize("kind", ["bulkemail", "bulksms"])
async def test_nothing_is_sent_in_bulk(world: World, kind: str) -> None:
    assert await report(world, kind) == {"status": "Success", "message": "OK", "data": []}
    assert (await world.call("GET", f"/restapi/v1.2/reports/{kind}")).status == 400


@pytest.mark.parametrize(
    "kind", ["supplier", "buyer", "leadactivity", "email", "sms", "bulkemail", "bulksms"]
)
async def test_every_report_refuses_bad_parameters_and_runs_once_at_a_time(world: World, kind: str) -> None:
    for query in ("", "from=x", f"{TODAY}&groupBy=Year", "datePreset=never", "from=2026-02-02&to=2026-01-01"):
        assert (await world.call("GET", f"/restapi/v1.2/reports/{kind}?{query}")).status == 400
    for preset in ("today", "this_week", "lastweek", "last_30d", "this_year"):
        answer = await report(world, kind, f"datePreset={preset}&groupBy=Week&campaignId=all")
        assert answer["data"] == []
    async with world.services.report_locks.hold(1, kind):
        reply = await world.call("GET", f"/restapi/v1.2/reports/{kind}?{TODAY}")
    assert (reply.status, reply.json) == (
        200,
        {
            "status": "Error",
            "message": "Another report request is currently being processed, please wait and try again",
        },
    )
    assert (await report(world, kind))["status"] == "Success"
