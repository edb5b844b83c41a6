"""A key opens what it is ticked for and its kind allows, and nothing else."""

from typing import Any

import pytest
from tests.dialects.leadbyte.world import BUYER_KEY, EVERYTHING, SUPPLIER_KEY, World, new_lead

from leadyard.identity import service as identity
from leadyard.identity.model import Permission

ITEM = {"id": "1"}
HELD = {"quarantineId": "1"}
CALLS: list[tuple[str, str, Any, Permission]] = [
    ("POST", "/leads", {"lead": new_lead()}, Permission.LEADS_CREATE),
    ("POST", "/waitsubmit", new_lead(), Permission.LEADS_CREATE),
    ("POST", "/leads/ping", {"lead": new_lead()}, Permission.LEADS_CREATE),
    ("POST", "/leads/deliverychecker", {"lead": new_lead()}, Permission.LEADS_CREATE),
    ("GET", "/leads/1", None, Permission.LEADS_SEARCH),
    ("GET", "/leads", {"leadIds": [1]}, Permission.LEADS_SEARCH),
    ("POST", "/leads/search", {"searches": [{"email": "a@example.com"}]}, Permission.LEADS_SEARCH),
    ("PUT", "/leads", {"leads": [{**ITEM, "update": {"c1": "x"}}]}, Permission.LEADS_UPDATE),
    ("PUT", "/leads", {"leads": [{**HELD, "update": {"c1": "x"}}]}, Permission.LEADS_UPDATE),
    ("PUT", "/leads", {"leads": [{**ITEM, "action": "reprocess"}]}, Permission.LEADS_REPROCESS),
    ("PUT", "/leads", {"leads": [{**ITEM, "triggerDeliveryId": 1}]}, Permission.DELIVERIES_TRIGGER),
    ("PUT", "/leads", {"leads": [{**ITEM, "triggerDeliveryIds": [1]}]}, Permission.DELIVERIES_TRIGGER),
    ("PUT", "/leads", {"leads": [{**HELD, "action": "process"}]}, Permission.QUARANTINE_PROCESS),
    ("PUT", "/leads", {"leads": [{**HELD, "action": "reject"}]}, Permission.QUARANTINE_PROCESS),
    ("PUT", "/leadfinancials", {"leads": [1], "newPayout": 1}, Permission.LEADS_FINANCIALS),
    ("POST", "/leads/reprocess", {"leadId": 1}, Permission.LEADS_REPROCESS),
    ("POST", "/quarantine/process", {"quarantineId": 1, "action": "process"}, Permission.QUARANTINE_PROCESS),
    ("POST", "/deliveries/trigger", {"leadId": 1, "deliveryId": 1053}, Permission.DELIVERIES_TRIGGER),
    ("POST", "/leads/return", {"leadId": 1, "BID": 33, "reason": "DNCC"}, Permission.LEADS_RETURN),
    ("PUT", "/leads/feedback", {"leads": [1], "BID": 33, "feedback": "x"}, Permission.LEADS_FEEDBACK),
    ("PUT", "/leads/internalfeedback", {"leads": [1], "feedback": "x"}, Permission.LEADS_FEEDBACK),
    ("POST", "/leads/assignbuyer", {"leadId": 1, "deliveryId": 1053}, Permission.DELIVERIES_UPDATE),
    ("GET", "/apiqueue/x", None, Permission.API_QUEUE),
    ("GET", "/apiqueue", {"queueIds": ["x"]}, Permission.API_QUEUE),
    ("GET", "/campaigns", None, Permission.CAMPAIGNS),
    ("GET", "/campaigns/9", None, Permission.CAMPAIGNS),
    ("GET", "/reports/campaign?datePreset=today", None, Permission.REPORTS),
    *(
        ("GET", f"/reports/{kind}?datePreset=today", None, Permission.REPORTS)
        for kind in ("supplier", "buyer", "leadactivity", "email", "sms", "bulkemail", "bulksms")
    ),
    ("GET", "/responders", None, Permission.RESPONDERS_READ),
    ("GET", "/responders/1", None, Permission.RESPONDERS_READ),
    ("POST", "/responders/trigger", {"leadId": 1, "responderId": 1}, Permission.RESPONDERS_TRIGGER),
    ("GET", "/deliveries", None, Permission.DELIVERIES_READ),
    ("GET", "/deliveries/1050", None, Permission.DELIVERIES_READ),
    ("PUT", "/deliveries/1050", {"update": {}}, Permission.DELIVERIES_UPDATE),
    ("PUT", "/deliveries", {"deliveries": [{"id": 1050, "update": {}}]}, Permission.DELIVERIES_UPDATE),
    (
        "POST",
        "/deliveries/create",
        {"campaign_code": "9", "delivery_type": "Store Lead", "delivery_name": "N", "bid": "33"},
        Permission.DELIVERIES_CREATE,
    ),
    ("GET", "/buyers", None, Permission.BUYERS_READ),
    ("GET", "/buyers/4", None, Permission.BUYERS_READ),
    ("PUT", "/buyers/4", {"update": {}}, Permission.BUYERS_UPDATE),
    ("PUT", "/buyers", {"buyers": [{"id": 4, "update": {}}]}, Permission.BUYERS_UPDATE),
    ("POST", "/buyers/create", {"company": "New"}, Permission.BUYERS_CREATE),
]


@pytest.mark.parametrize(("method", "path", "body", "permission"), CALLS)
async def test_a_key_without_the_permission_is_refused(
    world: World, method: str, path: str, body: Any, permission: Permission
) -> None:
    without = await world.key_with(*(one for one in EVERYTHING if one != permission))
    reply = await world.call(method, f"/restapi/v1.3{path}", json=body, headers={"X_KEY": without})
    assert reply.status == 403
    text = f"Permission denied: {permission}"
    assert reply.json == {"status": "Error", "message": text, "errors": [text]}
    assert await world.rows("leads") == []


@pytest.mark.parametrize(("method", "path", "body", "permission"), CALLS)
async def test_the_permission_alone_is_enough(
    world: World, method: str, path: str, body: Any, permission: Permission
) -> None:
    key = await world.key_with(permission)
    path = path.replace("/leads/1", "/leads/search") if method == "POST" else path
    if "waitsubmit" in path:
        body = {**body, "testmode": "yes"}
    reply = await world.call(method, f"/restapi/v1.3{path}", json=body, headers={"X_KEY": key})
    assert reply.status in {200, 404}, reply.text


async def test_a_call_that_lacks_one_of_several_permissions_is_refused_as_a_whole(world: World) -> None:
    lead_id = await world.lead_id()
    key = await world.key_with(Permission.LEADS_UPDATE)
    items = [{"id": lead_id, "update": {"c1": "x"}}, {"id": lead_id, "action": "reprocess"}]
    reply = await world.call("PUT", "/restapi/v1.3/leads", json={"leads": items}, headers={"X_KEY": key})
    assert (reply.status, reply.json["message"]) == (403, "Permission denied: Leads > Reprocess")
    assert "c1" not in (await world.rows("leads"))[0]["fields"]


async def test_a_permission_that_was_just_given_counts_at_once(world: World) -> None:
    key = await world.key_with(Permission.CAMPAIGNS)
    assert (await world.post(key=key)).status == 403
    key_id = (await world.rows("api_keys"))[-1]["id"]
    patch = {"settings": {"permissions": [Permission.LEADS_CREATE]}}
    await identity.update_key(world.database, world.actor, key_id, patch)
    assert (await world.post(key=key)).status == 200


async def test_a_buyers_key_can_neither_post_nor_read(world: World) -> None:
    for method, path in (
        ("POST", "/leads"),
        ("GET", "/campaigns"),
        ("GET", "/leads/1"),
        ("GET", "/apiqueue/x"),
    ):
        reply = await world.call(method, f"/restapi/v1.3{path}", headers={"X_KEY": BUYER_KEY})
        assert reply.status == 403, path


async def test_a_suppliers_key_posts_as_its_own_supplier(world: World) -> None:
    for sid in ("1", "2", "nobody", None):
        assert (await world.post(key=SUPPLIER_KEY, sid=sid)).json["status"] == "Success", sid
    leads = await world.rows("leads")
    assert {lead["supplier_id"] for lead in leads} == {1}
    assert {lead["fields"]["sid"] for lead in leads} == {"1"}


async def test_a_suppliers_key_sees_its_own_queue_ids_only(world: World) -> None:
    own, foreign = await world.accepted(sid="1"), await world.accepted(sid="3")
    assert (await world.record(own, SUPPLIER_KEY))["status"] == "Pending"
    assert await world.record(foreign, SUPPLIER_KEY) == {
        "queueId": foreign,
        "status": "Not Found",
        "processed": None,
        "response": None,
    }


async def test_a_suppliers_key_sees_the_campaigns_it_may_post_to(world: World) -> None:
    await world.change_campaign(10, visible_to_suppliers=False)
    reply = await world.call("GET", "/restapi/v1.3/campaigns", headers={"X_KEY": SUPPLIER_KEY})
    assert [campaign["id"] for campaign in reply.json] == ["9", "11", "12"]
    hidden = await world.call("GET", "/restapi/v1.3/campaigns/10", headers={"X_KEY": SUPPLIER_KEY})
    assert hidden.status == 404
