"""From an accepted lead to a sale by e-mail or text message, with what the message cost."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.buyers import Call, buyer
from tests.delivery.mailboxes import mailbox, scripted, server_settings
from tests.desk import Desk, new_desk

from leadyard.campaigns import service as setup
from leadyard.campaigns.inputs import MailServerInput, SmsGatewayInput
from leadyard.campaigns.model import DeliveryKind, Status, UnknownPolicy
from leadyard.delivery.kinds import EmailSettings, SmsGatewaySettings, SmsSettings
from leadyard.delivery.model import AnswerRule, AnswerRules, FieldMapping, HttpTarget
from leadyard.leads.model import AttemptState, SaleStatus
from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def mail_server(desk: Desk, port: int) -> int:
    document = MailServerInput(name="Mail", settings=server_settings(port, timeout_seconds=2))
    return (await setup.mail_servers.create(desk.database, desk.actor, document)).id


async def gateway(desk: Desk, url: str, cost: str) -> int:
    fields = tuple(FieldMapping(name, f"{{{{ sms.{name} }}}}") for name in ("to", "text", "from"))
    rules = AnswerRules(rules=(AnswerRule(kind="keyword", pattern="sent", outcome="accept"),))
    settings = SmsGatewaySettings(
        http=HttpTarget(url=url, fields=fields, timeout_seconds=2),
        answers=rules,
        sender="Agency",
        segment_cost=Decimal(cost),
    )
    document = SmsGatewayInput(name="Gateway", settings=settings)
    return (await setup.sms_gateways.create(desk.database, desk.actor, document)).id


def email_settings(server_id: int, **changes: Any) -> EmailSettings:
    usual = {"server_id": server_id, "to": ("crm@buyer.example",), "text": "{{ firstname }} {{ email }}"}
    return EmailSettings(**{**usual, **changes})


async def states(desk: Desk) -> list[AttemptState]:
    return [AttemptState(row["state"]) for row in await desk.rows("delivery_attempts")]


async def test_a_lead_is_sold_by_email(desk: Desk) -> None:
    campaign = await desk.campaign()
    async with mailbox() as box:
        email = email_settings(await mail_server(desk, box.port))
        delivery = await desk.delivery(campaign.id, await desk.buyer(), kind=DeliveryKind.EMAIL, email=email)
        (lead_id,) = await desk.sold(1)
    lead = await desk.lead(lead_id)
    assert (lead["sale_status"], lead["revenue"]) == (SaleStatus.SOLD, 12_500_000)
    (message,) = box.messages
    assert message["Message-ID"] == f"<{lead['uuid']}-{delivery.id}@agency.example>"
    assert message.get_content().strip() == "Jo person.1@example.com"
    (attempt,) = await desk.rows("delivery_attempts")
    assert "To: crm@buyer.example" in attempt["trace"]["request"]
    assert await desk.differences() == []


async def test_an_email_that_may_have_been_taken_is_never_sent_again(desk: Desk) -> None:
    campaign = await desk.campaign()
    answers = [b"250 OK\r\n"] * 3 + [b"354 go\r\n", None]
    async with scripted(b"220 ready\r\n", answers) as (port, said):
        email = email_settings(await mail_server(desk, port))
        await desk.delivery(campaign.id, await desk.buyer(), kind=DeliveryKind.EMAIL, email=email)
        (lead_id,) = await desk.sold(1)
        await desk.work()
    assert await states(desk) == [AttemptState.UNKNOWN]
    assert sum(line.startswith(b"MAIL") for line in said) == 1
    assert (await desk.lead(lead_id))["sale_status"] == SaleStatus.PENDING
    assert await desk.differences() == []


async def test_a_mail_server_out_of_use_is_an_error_and_the_next_delivery_gets_the_lead(desk: Desk) -> None:
    campaign = await desk.campaign()
    server_id = await mail_server(desk, 1)
    await setup.mail_servers.update(desk.database, desk.actor, server_id, {"status": Status.INACTIVE})
    buyer_id = await desk.buyer()
    email = email_settings(server_id)
    await desk.delivery(campaign.id, buyer_id, kind=DeliveryKind.EMAIL, email=email, priority=1)
    await desk.delivery(campaign.id, buyer_id, priority=2)
    await desk.sold(1)
    assert await states(desk) == [AttemptState.ERROR, AttemptState.SOLD]


async def sent(call: Call) -> None:
    await call.answer("sent")


async def test_a_lead_is_sold_by_sms_and_its_segments_are_paid(desk: Desk) -> None:
    campaign = await desk.campaign()
    async with buyer(sent) as carrier:
        sms = SmsSettings(
            gateway_id=await gateway(desk, carrier.url, "0.032"),
            to="{{ phone1 | international }}",
            text="{{ firstname }}: " + "x" * 160,
        )
        await desk.delivery(campaign.id, await desk.buyer(), kind=DeliveryKind.SMS, sms=sms)
        (lead_id,) = await desk.sold(1)
    assert carrier.calls[0].body.startswith(b"to=%2B44")
    assert carrier.calls[0].body.endswith(b"from=Agency")
    lead = await desk.lead(lead_id)
    assert (lead["sale_status"], lead["sms_cost"]) == (SaleStatus.SOLD, 64_000)
    (attempt,) = await desk.rows("delivery_attempts")
    assert attempt["trace"]["sms"] == {
        "encoding": "GSM-7", "units": 164, "segments": 2, "cost_micros": 64_000,
    }  # fmt: skip
    assert await desk.differences() == []


async def test_a_message_that_is_too_long_is_not_sent(desk: Desk) -> None:
    campaign = await desk.campaign()
    async with buyer(sent) as carrier:
        sms = SmsSettings(
            gateway_id=await gateway(desk, carrier.url, "1"),
            to="{{ phone1 }}",
            text="x" * 161,
            most_segments=1,
        )
        await desk.delivery(campaign.id, await desk.buyer(), kind=DeliveryKind.SMS, sms=sms)
        await desk.sold(1)
    assert carrier.calls == []
    assert await states(desk) == [AttemptState.ERROR]
    assert await desk.differences() == []


async def test_a_text_message_found_out_to_have_arrived_is_paid_too(desk: Desk) -> None:
    async def lost(call: Call) -> None:
        call.writer.close()

    campaign = await desk.campaign()
    async with buyer(lost) as carrier:
        sms = SmsSettings(gateway_id=await gateway(desk, carrier.url, "0.05"), to="{{ phone1 }}", text="Hi")
        await desk.delivery(
            campaign.id, await desk.buyer(), kind=DeliveryKind.SMS, sms=sms, when_unknown=UnknownPolicy.HOLD
        )
        (lead_id,) = await desk.sold(1)
    assert await states(desk) == [AttemptState.UNKNOWN]
    assert (await desk.lead(lead_id))["sms_cost"] == 0
    assert await desk.leads.resolve_unknown(desk.principal, lead_id, 1, accepted=True) == ""
    assert (await desk.lead(lead_id))["sms_cost"] == 50_000
    assert await desk.differences() == []
