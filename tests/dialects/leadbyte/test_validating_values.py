"""GET /validate/…, and what a lead's sender learns when a service refuses the lead (docs/leadbyte.md)."""

from typing import Any

import pytest
from tests.delivery.buyers import Call, buyer
from tests.dialects.leadbyte.world import World, new_lead

from leadyard.campaigns import service as setup
from leadyard.identity.model import Permission
from leadyard.suppression import service as suppression

ANSWER = '{"status":"UNDELIV","code":"EC_UNKNOWN_SUBSCRIBER","network":"Acme","country":"GB"}'


async def say(call: Call) -> None:
    await call.answer(ANSWER)


async def provider(world: World, kind: str, url: str, **settings: Any) -> int:
    rules = [
        {"kind": "json_path", "path": "status", "pattern": "UNDELIV", "outcome": "reject"},
        {"kind": "regex", "pattern": ".*", "outcome": "unknown"},
    ]
    http = {
        "url": url,
        "body": "json",
        "fields": [{"name": "value", "value": "{{ value }}"}],
        "timeout_seconds": 1,
    }
    source = {"kind": "http", "http": http, "answers": {"rules": rules}}
    usual = {"source": source, "cost": "0.02", "answers_validate": True}
    document = {"name": "Service", "kind": kind, "settings": {**usual, **settings}}
    return (await setup.providers.create(world.database, world.actor, document)).id


@pytest.mark.parametrize("version", ["v1.1", "v1.2", "v1.3"])
@pytest.mark.parametrize(
    ("what", "value", "status", "response"),
    [
        ("mobile", "07700 900123", "Valid", ""),
        ("mobile", "+49 1512 3456789", "Valid", ""),
        ("mobile", "0770", "Invalid", "EC_UNKNOWN_SUBSCRIBER"),
        ("landline", "020 7946 0000", "Valid", ""),
        ("landline", "07700900123", "Invalid", ""),
        ("email", "Ann@Example.com", "Valid", ""),
        ("email", "ann@", "Invalid", ""),
        ("tps", "07700900123", "Valid", ""),
        ("tps", "ann", "Invalid", ""),
        ("mobile", "", "Error", ""),
        ("email", "x" * 400, "Error", ""),
    ],
)
async def test_without_a_service_the_form_is_checked(
    world: World, version: str, what: str, value: str, status: str, response: str
) -> None:
    reply = await world.call("GET", f"/restapi/{version}/validate/{what}", query={"value": value})
    assert reply.status == 200
    assert list(reply.json) == ["status", "response", "message", "network", "country"]
    assert (reply.json["status"], reply.json["response"]) == (status, response)
    if status == "Valid":
        assert reply.text == '{"status":"Valid","response":"","message":"","network":"","country":""}'


async def test_the_value_may_be_a_body_member_too(world: World) -> None:
    reply = await world.call("GET", "/restapi/v1.3/validate/email", json={"value": "ann@example.com"})
    assert reply.json["status"] == "Valid"
    refused = await world.call("GET", "/restapi/v1.3/validate/email", json={"value": {"a": 1}})
    assert refused.status == 400


async def test_it_needs_its_permission_and_answers_get_alone(world: World) -> None:
    key = await world.key_with(Permission.LEADS_CREATE)
    refused = await world.call(
        "GET", "/restapi/v1.3/validate/mobile", query={"value": "1"}, headers={"X_KEY": key}
    )
    assert (refused.status, refused.json["message"]) == (403, "Permission denied: Validate")
    assert (await world.call("POST", "/restapi/v1.3/validate/mobile", json={})).status == 405
    assert (await world.call("GET", "/restapi/v1.3/validate/nothing")).status == 404


async def test_a_number_on_the_accounts_list_is_invalid(world: World) -> None:
    made = await suppression.suppression_lists.create(
        world.database, world.actor, {"name": "Our TPS", "settings": {"holds": "phone", "tps": True}}
    )
    await suppression.add_values(world.database, world.actor, made.id, ["+44 7700 900123"])
    listed = await world.call("GET", "/restapi/v1.3/validate/tps", query={"value": "07700900123"})
    assert listed.json["status"] == "Invalid"
    free = await world.call("GET", "/restapi/v1.3/validate/tps", query={"value": "07700900124"})
    assert free.json["status"] == "Valid"


async def test_a_service_of_the_account_answers_and_is_paid(world: World) -> None:
    async with buyer(say) as service:
        await provider(world, "hlr", service.url)
        ill = await world.call("GET", "/restapi/v1.3/validate/mobile", query={"value": "12"})
        assert (ill.json["status"], service.calls) == ("Invalid", [])
        reply = await world.call("GET", "/restapi/v1.3/validate/mobile", query={"value": "07700900123"})
    answer = reply.json
    assert (answer["status"], answer["response"]) == ("Invalid", "EC_UNKNOWN_SUBSCRIBER")
    assert (answer["network"], answer["country"]) == ("Acme", "GB")
    amounts = [row["amount"] for row in await world.rows("ledger_postings")]
    assert sorted(amounts) == [-20_000, 20_000]
    unknown = await world.call("GET", "/restapi/v1.3/validate/mobile", query={"value": "07700900124"})
    assert unknown.json["status"] == "Unknown"
    assert len(await world.rows("ledger_entries")) == 1


async def test_the_sender_of_a_refused_lead_learns_the_services_answer(world: World) -> None:
    async with buyer(say) as service:
        provider_id = await provider(world, "hlr", service.url, answers_validate=False)
        await world.change_campaign(9, checks=[{"kind": "hlr", "provider_id": provider_id}])
        refused = await world.post()
        lead = new_lead(returnjson="yes")
        classic = await world.send("POST", "/api/submit.php", json=lead)
    assert refused.json == {
        "status": "Error",
        "code": -8,
        "message": "One or more errors occurred, see errors array",
        "redirectUrl": "",
        "errors": ["HLR rejection"],
    }
    assert (classic.json["code"], classic.json["response"]) == (-8, "HLR rejection")
    assert classic.json["info"] == {
        "status": "UNDELIV", "code": "EC_UNKNOWN_SUBSCRIBER", "network": "Acme", "country": "GB"
    }  # fmt: skip
    report = await world.call(
        "GET", "/restapi/v1.2/reports/campaign", query={"datePreset": "today", "campaignId": "9"}
    )
    row = report.json["data"][0]
    assert (row["invalid"], row["validationCost"], row["profit"]) == (2, 0.04, -0.04)
