"""POST /buyers/create and /deliveries/create, to the letter (docs/leadbyte.md, "Calls")."""

from typing import Any

import pytest
from tests.dialects.leadbyte.world import World

from leadyard.campaigns import service as setup
from leadyard.campaigns.configuration import Configuration
from leadyard.campaigns.inputs import MailServerInput, SmsGatewayInput
from leadyard.delivery.kinds import MailServerSettings, SmsGatewaySettings
from leadyard.delivery.model import AnswerRule, AnswerRules, FieldMapping, HttpTarget
from leadyard.identity.model import Permission
from leadyard.kit import clock
from leadyard.leads.facts import facts_of
from leadyard.ledger.audit import audit
from leadyard.ledger.credit.model import CreditMode

BUYERS, DELIVERIES = "/restapi/v1.3/buyers/create", "/restapi/v1.3/deliveries/create"
STORED = {
    "campaign_code": "EXAMPLE-CAMPAIGN",
    "delivery_type": "Store Lead",
    "delivery_name": "To the shelf",
    "revenue": "9.5",
    "bid": "33",
}


async def even(world: World) -> None:
    await world.change_campaign(9, distribution="Evenly Weighted")


async def add_carriers(world: World) -> None:
    server = MailServerSettings(host="mail.example.com", from_address="leads@example.com")
    document = MailServerInput(name="Mail", settings=server)
    await setup.mail_servers.create(world.database, world.actor, document)
    accepts = AnswerRules(rules=(AnswerRule(kind="keyword", pattern="sent", outcome="accept"),))
    fields = tuple(FieldMapping(name, f"{{{{ sms.{name} }}}}") for name in ("to", "text"))
    target = HttpTarget(url="https://sms.example.com/send", fields=fields)
    gateway = SmsGatewaySettings(http=target, answers=accepts)
    await setup.sms_gateways.create(
        world.database, world.actor, SmsGatewayInput(name="Gateway", settings=gateway)
    )


async def test_a_buyer_gets_a_number_as_its_bid(world: World) -> None:
    reply = await world.call("POST", BUYERS, json={"company": "New Ltd"})
    made = (await world.rows("buyers"))[-1]
    assert reply.text == f'{{"status":"Success","message":"Buyer record created","bid":{made["id"]}}}'
    assert made["bid"] == str(made["id"])


@pytest.mark.parametrize("bid", ["B-77", "77", 77])
async def test_a_bid_that_was_given_comes_back_as_it_was_sent(world: World, bid: Any) -> None:
    reply = await world.call("POST", BUYERS, json={"company": "New Ltd", "bid": bid})
    assert reply.json == {"status": "Success", "message": "Buyer record created", "bid": bid}
    assert (await world.rows("buyers"))[-1]["bid"] == str(bid)


async def test_all_members_of_a_buyer_are_kept(world: World) -> None:
    sent = {
        "company": "New Ltd", "street1": "1 High St", "towncity": "Ely", "county": "Cambs", "postcode": "CB7 4AA",
        "country_name": "United Kingdom", "phone": "01353 000000", "external_ref": "a", "external_ref_2": "b",
        "external_ref_3": "c", "external_ref_4": "d", "external_ref_5": "e", "autologin": "yes",
    }  # fmt: skip
    bid = (await world.call("POST", BUYERS, json=sent)).json["bid"]
    shown = (await world.call("GET", f"/restapi/v1.3/buyers/{bid}")).json
    assert (shown["street1"], shown["country"], shown["external_ref_2"]) == (
        "1 High St",
        "United Kingdom",
        "b",
    )
    settings = (await setup.buyers.read(world.database, 1, bid)).settings
    assert (settings.external_ref_3, settings.external_ref_4, settings.external_ref_5) == ("c", "d", "e")


async def test_a_buyers_person_can_be_made_with_it(world: World) -> None:
    sent = {"company": "New Ltd", "firstname": "Ann", "lastname": "Lee", "email": "Ann@New.example"}
    bid = (await world.call("POST", BUYERS, json=sent)).json["bid"]
    user = (await world.rows("users"))[-1]
    assert (user["email"], user["name"], user["role"], user["buyer_id"]) == (
        "ann@new.example", "Ann Lee", "buyer", bid,
    )  # fmt: skip
    buyers = len(await world.rows("buyers"))
    bad = await world.call("POST", BUYERS, json={**sent, "email": "nobody"})
    assert (bad.status, bad.json["message"]) == (400, "email is not a valid email address")
    assert len(await world.rows("buyers")) == buyers


async def test_a_person_who_signs_in_already_is_no_reason_to_refuse_a_buyer(world: World) -> None:
    sent = {"company": "New Ltd", "firstname": "Ann", "lastname": "Lee", "email": "ann@new.example"}
    bid = (await world.call("POST", BUYERS, json=sent)).json["bid"]
    again = (await world.call("POST", BUYERS, json={**sent, "email": "ANN@new.example"})).json
    assert (again["status"], again["message"]) == ("Success", "Buyer record created")
    assert again["bid"] == (await world.rows("buyers"))[-1]["id"] != bid
    assert again["warnings"] == ["Somebody signs in with this email already: no user was made for the buyer"]
    assert [user["buyer_id"] for user in await world.rows("users")] == [bid]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({}, "company is required"),
        ({"company": "  "}, "company is required"),
        ({"company": ["A"]}, "company must be a text"),
        ({"company": "A", "bid": "33"}, "bid is taken by another buyer"),
        ({"company": "A", "bid": {"x": 1}}, "bid must be a text"),
    ],
)
async def test_a_bad_buyer_is_not_made(world: World, sent: Any, message: str) -> None:
    reply = await world.call("POST", BUYERS, json=sent)
    assert (reply.status, reply.json) == (400, {"status": "Error", "message": message, "errors": [message]})
    assert len(await world.rows("buyers")) == 1


async def test_texts_that_are_too_long_are_refused(world: World) -> None:
    for name in ("company", "bid", "street1", "postcode", "country_name", "external_ref_5"):
        reply = await world.call("POST", BUYERS, json={"company": "A", name: "x" * 300})
        assert (reply.status, reply.json["status"]) == (400, "Error"), name
    assert len(await world.rows("buyers")) == 1


async def test_a_delivery_is_made_active_in_an_evenly_weighted_campaign(world: World) -> None:
    await even(world)
    reply = await world.call("POST", DELIVERIES, json=STORED)
    delivery_id = (await world.rows("deliveries"))[-1]["id"]
    assert reply.text == (
        f'{{"status":"Success","message":"Delivery record created","deliveryId":{delivery_id},"warnings":[]}}'
    )
    shown = (await world.call("GET", f"/restapi/v1.3/deliveries/{delivery_id}")).json
    assert shown["buyer"] == {"id": "4", "name": "Example Buyer", "bid": "33"}
    assert (shown["reference"], shown["status"], shown["deliver_to"]) == (
        "To the shelf",
        "Active",
        "Store Lead",
    )
    assert (shown["revenue"], shown["trigger"], shown["campaign"]["id"]) == (9.5, "Automatic", "9")


async def test_in_another_campaign_it_is_made_inactive_with_a_warning(world: World) -> None:
    reply = await world.call("POST", DELIVERIES, json={**STORED, "campaign_code": "example-live"})
    assert reply.json["status"] == "Success"
    assert len(reply.json["warnings"]) == 1
    shown = await world.call("GET", f"/restapi/v1.3/deliveries/{reply.json['deliveryId']}")
    assert (shown.json["status"], shown.json["campaign"]["reference"]) == ("Inactive", "EXAMPLE-LIVE")


@pytest.mark.parametrize(
    ("sent", "lacking"),
    [
        ({"delivery_type": "Email", "email_recipient": "a@b.example"}, "mail server"),
        ({"delivery_type": "SMS", "sms_recipient": "07700 900123"}, "SMS gateway"),
    ],
)
async def test_what_nothing_can_carry_is_made_inactive_with_a_warning(
    world: World, sent: Any, lacking: str
) -> None:
    await even(world)
    reply = await world.call("POST", DELIVERIES, json={**STORED, **sent})
    warning = f"The account has no active {lacking}: the delivery was created Inactive"
    assert (reply.json["status"], reply.json["warnings"]) == ("Success", [warning])
    await add_carriers(world)
    second = await world.call("POST", DELIVERIES, json={**STORED, **sent})
    assert second.json["warnings"] == []
    statuses = []
    for made in (reply, second):
        shown = await world.call("GET", f"/restapi/v1.3/deliveries/{made.json['deliveryId']}")
        statuses.append(shown.json["status"])
    assert statuses == ["Inactive", "Active"]


@pytest.mark.parametrize(
    ("sent", "kind", "member"),
    [
        ({"delivery_type": "Email", "email_recipient": "a@b.example"}, "Email", "email"),
        ({"delivery_type": "email", "email_recipient": "a@b.example, c@d.example"}, "Email", "email"),
        ({"delivery_type": "SMS", "sms_recipient": "07700 900123"}, "SMS", "sms"),
    ],
)
async def test_each_type_has_its_recipient(world: World, sent: Any, kind: str, member: str) -> None:
    reply = await world.call("POST", DELIVERIES, json={**STORED, **sent})
    shown = await world.call("GET", f"/restapi/v1.3/deliveries/{reply.json['deliveryId']}")
    assert shown.json["deliver_to"] == kind
    stored = (await world.rows("deliveries"))[-1]["settings"][member]
    recipients = stored["to"] if member == "email" else [stored["to"]]
    assert ", ".join(recipients) == sent[f"{member}_recipient"]
    assert "{{ email }}" in stored["text"]


async def test_rules_become_conditions_that_must_all_hold(world: World) -> None:
    rules = [
        {"field": "postcode", "operator": "begins with", "value": "CB"},
        {"field": "make_of_car", "operator": "is not", "value": "Mini"},
        {"field": "data13", "operator": "In List", "value": "Audi, BMW"},
    ]
    await world.call("POST", DELIVERIES, json={**STORED, "rules": rules})
    assert (await world.rows("deliveries"))[-1]["settings"]["rule"] == {
        "all": [
            {"operand": "postcode", "operator": "begins with", "value": "CB"},
            {"operand": "data13", "operator": "is not", "value": "Mini"},
            {"operand": "data13", "operator": "in list", "value": ["Audi", "BMW"]},
        ]
    }


async def test_rules_of_a_new_delivery_decide_who_gets_its_leads(world: World) -> None:
    await even(world)
    rules = [{"field": "postcode", "operator": "begins with", "value": "ZZ"}]
    made = await world.call("POST", DELIVERIES, json={**STORED, "rules": rules})
    account = await Configuration(world.database).current(1)
    campaign = account.campaigns[9]
    delivery = next(d for d in campaign.deliveries if d.id == made.json["deliveryId"])
    accepts = account.rules_of(campaign).deliveries[delivery.id].accepts
    assert accepts is not None
    for postcode, taken in (("ZZ1 1AA", True), ("CB7 4AA", False)):
        facts = facts_of(account, campaign, {"postcode": postcode}, clock.now(), None, 1)
        assert accepts(facts) is taken


async def test_a_value_that_an_operator_cannot_use_is_refused(world: World) -> None:
    rules = [{"field": "email", "operator": "greater than", "value": "many"}]
    reply = await world.call("POST", DELIVERIES, json={**STORED, "rules": rules})
    assert reply.status == 400
    assert reply.json["message"].startswith("rules[0].value ")
    assert len(await world.rows("deliveries")) == 4


async def credit_mode(world: World, buyer_id: int) -> CreditMode:
    return (await setup.buyers.read(world.database, 1, buyer_id)).settings.credit.mode


async def test_credit_for_a_first_delivery_has_its_buyer_pay_in_advance(world: World) -> None:
    bid = (await world.call("POST", BUYERS, json={"company": "New Ltd"})).json["bid"]
    sent = {**STORED, "bid": bid, "credit_amount": "7"}
    assert (await world.call("POST", DELIVERIES, json=sent)).json["status"] == "Success"
    assert await credit_mode(world, bid) is CreditMode.PREPAID


async def test_credit_for_another_delivery_leaves_alone_how_its_buyer_pays(world: World) -> None:
    first = await world.call("POST", DELIVERIES, json={**STORED, "credit_amount": "25.50"})
    assert first.json["status"] == "Success"
    await world.call("POST", DELIVERIES, json={**STORED, "credit_amount": 4.5})
    shown = (await world.call("GET", "/restapi/v1.3/buyers/4")).json
    assert (shown["credit_amount"], shown["credit_balance"]) == ("30.00", "30.00")
    assert await credit_mode(world, 4) is CreditMode.NONE
    sent = {**STORED, "create_buyer": "yes", "company": "New Ltd", "bid": "N1", "credit_amount": "7"}
    assert (await world.call("POST", DELIVERIES, json=sent)).json["status"] == "Success"
    listed = (await world.call("GET", "/restapi/v1.3/buyers")).json["buyers"]
    assert {b["bid"]: b["credit_balance"] for b in listed} == {"33": "30.00", "N1": "7.00"}
    assert await credit_mode(world, (await world.rows("buyers"))[-1]["id"]) is CreditMode.PREPAID
    async with world.database.connection() as connection:
        assert await audit(connection, 1) == []


async def test_credit_needs_the_permission_to_add_it(world: World) -> None:
    key = await world.key_with(Permission.DELIVERIES_CREATE)
    sent = {**STORED, "credit_amount": "25"}
    reply = await world.call("POST", DELIVERIES, json=sent, headers={"X_KEY": key})
    assert (reply.status, reply.json["message"]) == (403, "Permission denied: Credit > Add")
    assert len(await world.rows("deliveries")) == 4


async def test_a_buyer_and_its_delivery_are_made_together(world: World) -> None:
    sent = {**STORED, "create_buyer": "yes", "company": "New Ltd", "towncity": "Ely", "bid": "N1"}
    reply = await world.call("POST", DELIVERIES, json=sent)
    assert (reply.json["status"], reply.json["bid"]) == ("Success", "N1")
    shown = (await world.call("GET", f"/restapi/v1.3/deliveries/{reply.json['deliveryId']}")).json
    assert (shown["buyer"]["name"], shown["buyer"]["bid"]) == ("New Ltd", "N1")
    other = {"company": "Other Ltd", "create_delivery": "yes", **STORED, "bid": "N2"}
    reply = await world.call("POST", BUYERS, json=other)
    shown = (await world.call("GET", f"/restapi/v1.3/deliveries/{reply.json['deliveryId']}")).json
    assert (reply.json["bid"], shown["buyer"]["name"]) == ("N2", "Other Ltd")


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"campaign_code": ""}, "campaign_code is required"),
        ({"campaign_code": "NOPE"}, "campaign_code is not known"),
        ({"delivery_type": None}, "delivery_type is required"),
        ({"delivery_type": "Fax"}, "delivery_type is not one of Store Lead, Email, SMS"),
        ({"delivery_name": ""}, "delivery_name is required"),
        ({"bid": ""}, "bid is required"),
        ({"bid": "999"}, "bid is not known"),
        ({"revenue": "-1"}, "revenue must be from 0 to 1000000000"),
        ({"revenue": "x"}, "revenue is not an amount"),
        ({"credit_amount": "x"}, "credit_amount is not an amount"),
        ({"delivery_type": "Email"}, "email_recipient is required"),
        ({"delivery_type": "Email", "email_recipient": "x"}, "email_recipient is not a valid email address"),
        ({"delivery_type": "SMS"}, "sms_recipient is required"),
        ({"delivery_type": "SMS", "sms_recipient": "x"}, "sms_recipient is not a valid phone number"),
        ({"rules": "x"}, "rules must be a list"),
        ({"rules": [1]}, "rules[0] must be an object"),
        ({"rules": [{"field": "nope", "operator": "is"}]}, "rules[0].field is not a field of the campaign"),
        ({"rules": [{"field": "email", "operator": "~"}]}, "rules[0].operator is not a known operator"),
        ({"rules": [{"field": "email", "operator": "is", "value": {}}]}, "rules[0].value must be a text"),
        ({"create_buyer": "yes", "bid": "N"}, "company is required"),
        ({"create_buyer": "yes", "company": "N"}, "bid is taken by another buyer"),
    ],
)
async def test_a_bad_delivery_is_not_made(world: World, sent: Any, message: str) -> None:
    reply = await world.call("POST", DELIVERIES, json={**STORED, **sent})
    assert (reply.status, reply.json) == (400, {"status": "Error", "message": message, "errors": [message]})
    assert len(await world.rows("deliveries")) == 4
    assert len(await world.rows("buyers")) == 1


async def test_a_form_makes_a_delivery_too(world: World) -> None:
    body = (
        b"campaign_code=9&delivery_type=Store+Lead&delivery_name=Form&bid=33"
        b"&rules[0][field]=email&rules[0][operator]=contains&rules[0][value]=example"
    )
    assert (await world.call("POST", DELIVERIES, body=body)).json["status"] == "Success"


async def test_making_both_needs_both_permissions(world: World) -> None:
    deliveries = await world.key_with(Permission.DELIVERIES_CREATE)
    buyers = await world.key_with(Permission.BUYERS_CREATE)
    one = await world.call(
        "POST",
        DELIVERIES,
        json={**STORED, "create_buyer": "yes", "company": "A"},
        headers={"X_KEY": deliveries},
    )
    assert (one.status, one.json["message"]) == (403, "Permission denied: Buyers > Create")
    two = await world.call(
        "POST", BUYERS, json={"company": "A", "create_delivery": "yes", **STORED}, headers={"X_KEY": buyers}
    )
    assert (two.status, two.json["message"]) == (403, "Permission denied: Deliveries > Create")
    assert len(await world.rows("buyers")) == 1
