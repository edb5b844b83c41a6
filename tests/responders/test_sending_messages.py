"""Messages that follow leads: when they are queued, sent once, and booked."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.desk import Desk
from tests.responders.post_office import Gateway, links_in, post_office, send_due
from tests.responders.set_up import TEXT, THANKS, responder

from leadyard.kit import clock
from leadyard.responders.model import MessageState
from leadyard.responders.service import responders, trigger


async def states(desk: Desk) -> list[MessageState]:
    return [MessageState(row["state"]) for row in await desk.rows("responder_messages")]


async def move_due(desk: Desk) -> None:
    """Let every waiting message be due now."""
    async with desk.database.unit_of_work() as connection:
        await connection.execute("UPDATE responder_messages SET due_at = now() WHERE state IN (0, 1)")


async def test_a_valid_lead_is_thanked_once(desk: Desk) -> None:
    campaign = await desk.campaign()
    await responder(desk, campaign.id, THANKS)
    (lead_id,) = await desk.submitted(1)
    async with post_office() as office:
        await asyncio.gather(*(send_due(desk, office.messenger) for _ in range(3)))
        await send_due(desk, office.messenger)
    (mail,) = office.mails
    assert mail["To"] == "person.1@example.com"
    assert mail["Subject"] == "Thank you, Jo"
    assert mail["From"] == "Agency <hello@agency.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert links_in(mail["List-Unsubscribe"])
    assert await states(desk) == [MessageState.SENT]
    lead = await desk.lead(lead_id)
    assert lead["email_cost"] == 2_000
    assert await desk.differences() == []
    entries = await desk.rows("ledger_entries", f"kind = 'email_cost' AND lead_id = {lead_id}")
    assert len(entries) == 1


async def test_links_lead_through_this_server_and_values_cannot_break_out(desk: Desk) -> None:
    campaign = await desk.campaign()
    await responder(
        desk, campaign.id, {**THANKS, "html": '<b>{{ company }}</b><a href="https://a.example/">x</a>'}
    )
    await desk.submitted(1, values={"company": "<script>"})
    async with post_office() as office:
        await send_due(desk, office.messenger)
    text, html = (part.get_content() for part in office.mails[0].iter_parts())
    assert "advertiser.example" not in text
    assert "<script>" not in html
    assert [path[:4] for path in links_in(text)] == ["/r/c", "/r/u"]
    assert [path[:4] for path in links_in(html)] == ["/r/c", "/r/o"]
    (row,) = await desk.rows("responder_messages")
    assert "https://advertiser.example/offer?a=1" in row["links"]
    assert "https://a.example/" in row["links"]


async def test_test_leads_and_other_campaigns_are_not_written_to(desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.campaign("OTHER")
    await responder(desk, campaign.id, THANKS)
    await desk.submitted(1, is_test=True)
    await desk.submitted(2, campaign="OTHER")
    assert await desk.rows("responder_occasions") == []


async def test_a_responder_of_one_supplier_writes_to_its_leads_only(desk: Desk) -> None:
    from leadyard.campaigns import service as setup  # noqa: PLC0415 - only this test needs it

    other = await setup.suppliers.create(desk.database, desk.actor, {"name": "Other", "sid": "2"})
    campaign = await desk.campaign()
    await responder(desk, campaign.id, THANKS, supplier_id=other.id)
    await desk.submitted(1)
    async with post_office() as office:
        await send_due(desk, office.messenger)
    assert office.mails == []


@pytest.mark.parametrize("occasion", ["sold", "unsold"])
async def test_a_lead_is_written_to_when_it_is_sold_or_unsold(desk: Desk, occasion: str) -> None:
    campaign = await desk.campaign()
    if occasion == "sold":
        await desk.delivery(campaign.id, await desk.buyer())
    await responder(desk, campaign.id, THANKS, settings={"trigger": occasion})
    other = "unsold" if occasion == "sold" else "sold"
    await responder(desk, campaign.id, {**THANKS, "subject": "wrong"}, settings={"trigger": other})
    await desk.sold(1)
    async with post_office() as office:
        await send_due(desk, office.messenger)
    assert [mail["Subject"] for mail in office.mails] == ["Thank you, Jo"]
    assert await desk.differences() == []


async def test_a_lead_that_leaves_quarantine_is_written_to(desk: Desk) -> None:
    campaign = await desk.campaign(quarantine=True)
    await responder(desk, campaign.id, THANKS)
    (lead_id,) = await desk.submitted(1)
    held = (await desk.rows("leads"))[0]["id"]
    assert await desk.rows("responder_occasions") == []
    assert lead_id in {0, held}
    await desk.quarantine.release(desk.principal, [held])
    assert len(await desk.rows("responder_occasions")) == 1


async def test_a_text_message_goes_to_the_number_with_its_country(desk: Desk) -> None:
    campaign = await desk.campaign()
    await responder(desk, campaign.id, TEXT)
    (lead_id,) = await desk.submitted(1)
    gateway = Gateway()
    await send_due(desk, gateway)
    ((number, text),) = gateway.sent
    assert number == "+447700000001"
    assert text.startswith("Hi Jo http://leads.test/r/c/")
    assert (await desk.lead(lead_id))["sms_cost"] == 40_000
    assert await desk.differences() == []


async def test_a_delay_and_quiet_hours_postpone_a_message(desk: Desk) -> None:
    campaign = await desk.campaign()
    await responder(desk, campaign.id, {**THANKS, "delay_seconds": 3600})
    await desk.submitted(1)
    async with post_office() as office:
        await send_due(desk, office.messenger)
        (row,) = await desk.rows("responder_messages")
        assert row["due_at"] > clock.now() + timedelta(minutes=50)
        now = clock.now()
        quiet = {
            "pause_from": f"{(now - timedelta(hours=2)):%H:%M}",
            "pause_to": f"{(now + timedelta(hours=3)):%H:%M}",
        }
        (record,) = (await responders.search(desk.database, desk.account_id))[0]
        await responders.update(desk.database, desk.actor, record.id, {"settings": quiet})
        await move_due(desk)
        await send_due(desk, office.messenger)
    assert office.mails == []
    (row,) = await desk.rows("responder_messages")
    assert (row["state"], row["tries"]) == (MessageState.WAITING, 1)
    assert row["due_at"] > clock.now() + timedelta(hours=1)


@pytest.mark.parametrize(
    ("answer", "state"),
    [("550 No such person", MessageState.BOUNCED), ("451 Later", MessageState.WAITING)],
)
async def test_a_refused_recipient_is_a_bounce_or_another_try(
    desk: Desk, answer: str, state: MessageState
) -> None:
    campaign = await desk.campaign()
    await responder(desk, campaign.id, THANKS)
    (lead_id,) = await desk.submitted(1)
    async with post_office() as office:
        office.recipient_answer = answer
        await send_due(desk, office.messenger)
        assert await states(desk) == [state]
        assert (await desk.lead(lead_id))["email_cost"] == 0
        office.recipient_answer = "250 OK"
        await move_due(desk)
        await send_due(desk, office.messenger)
    assert len(office.mails) == (1 if state is MessageState.WAITING else 0)
    assert await desk.differences() == []


async def test_a_message_whose_fate_is_unknown_is_never_sent_again(desk: Desk) -> None:
    campaign = await desk.campaign()
    await responder(desk, campaign.id, THANKS)
    await desk.submitted(1)
    async with post_office() as office:
        office.hangs_up = True
        await send_due(desk, office.messenger)
        await move_due(desk)
        await send_due(desk, office.messenger)
    assert len(office.mails) == 1
    assert await states(desk) == [MessageState.UNKNOWN]


async def test_a_message_whose_sender_died_is_unknown(desk: Desk) -> None:
    campaign = await desk.campaign()
    await responder(desk, campaign.id, THANKS)
    await desk.submitted(1)
    await send_due(desk, None)
    async with desk.database.unit_of_work() as connection:
        await connection.execute(
            "UPDATE responder_messages SET state = 1, due_at = now() - interval '1 second'"
        )
    async with post_office() as office:
        await send_due(desk, office.messenger)
    assert office.mails == []
    assert await states(desk) == [MessageState.UNKNOWN]


async def test_without_anything_to_carry_it_a_message_waits(desk: Desk) -> None:
    campaign = await desk.campaign()
    await responder(desk, campaign.id, THANKS)
    await desk.submitted(1)
    await send_due(desk, None)
    (row,) = await desk.rows("responder_messages")
    assert (row["state"], row["tries"]) == (MessageState.WAITING, 1)
    assert row["last_error"] == "Nothing is set up that could carry this message"


async def test_a_mail_server_that_is_away_is_tried_again(desk: Desk) -> None:
    campaign = await desk.campaign()
    await responder(desk, campaign.id, THANKS)
    await desk.submitted(1)
    async with post_office() as office:
        messenger = office.messenger
    await send_due(desk, messenger)
    assert await states(desk) == [MessageState.WAITING]


async def test_a_push_that_was_switched_off_meanwhile_is_not_sent(desk: Desk) -> None:
    campaign = await desk.campaign()
    record = await responder(desk, campaign.id, {**THANKS, "delay_seconds": 60})
    await desk.submitted(1)
    async with post_office() as office:
        await send_due(desk, office.messenger)
        await responders.update(desk.database, desk.actor, record.id, {"status": "Inactive"})
        await move_due(desk)
        await send_due(desk, office.messenger)
    assert office.mails == []
    assert await states(desk) == [MessageState.SUPPRESSED]


async def test_by_hand_every_call_writes_anew(desk: Desk) -> None:
    campaign = await desk.campaign()
    record = await responder(desk, campaign.id, THANKS, TEXT, settings={"trigger": "manual"})
    (lead_id,) = await desk.submitted(1)
    assert await desk.rows("responder_occasions") == []
    for _ in range(2):
        results = await trigger(desk.database, desk.actor, lead_id, [record.id])
        assert [(one.queued, one.status) for one in results] == [(True, "Queued")] * 2
    assert len(await desk.rows("responder_messages")) == 4


async def refusals(desk: Desk, lead_id: int, *responder_ids: int, **more: Any) -> list[str]:
    results = await trigger(desk.database, desk.actor, lead_id, responder_ids, **more)
    assert not any(one.queued for one in results)
    return [one.status for one in results]


async def test_why_a_message_cannot_be_queued_by_hand(desk: Desk) -> None:
    campaign = await desk.campaign()
    other = await desk.campaign("OTHER")
    record = await responder(desk, campaign.id, THANKS, TEXT)
    off = await responder(desk, campaign.id, THANKS, status="Inactive")
    foreign = await responder(desk, other.id, THANKS)
    (lead_id,) = await desk.submitted(1, values={"email": "", "phone1": ""})
    assert await refusals(desk, 999, record.id) == ["Lead not found"]
    assert await refusals(desk, lead_id, 999) == ["Responder not found"]
    assert await refusals(desk, lead_id, off.id) == ["Responder is not active"]
    assert await refusals(desk, lead_id, foreign.id) == ["Lead is not in the responder's campaign"]
    assert await refusals(desk, lead_id, record.id, push_id=999) == ["There is no such push"]
    assert await refusals(desk, lead_id, record.id) == [
        "Lead has no email address",
        "Lead has no phone number",
    ]


@pytest.mark.parametrize("address", ["müller@example.com", "jo@münchen.example"])
async def test_an_address_that_this_server_cannot_write_is_given_up(desk: Desk, address: str) -> None:
    campaign = await desk.campaign()
    await responder(desk, campaign.id, THANKS)
    (lead_id,) = await desk.submitted(1)
    async with desk.database.unit_of_work() as connection:
        await connection.execute(
            "UPDATE leads SET fields = fields || jsonb_build_object('email', $2::text) WHERE id = $1",
            lead_id,
            address,
        )
    async with post_office() as office:
        await send_due(desk, office.messenger)
    assert office.mails == []
    assert await states(desk) == [MessageState.FAILED]
    assert (await desk.lead(lead_id))["email_cost"] == 0


async def test_webhooks_are_told_of_messages_that_were_sent_and_that_failed(desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.hook("message.sent", "message.failed")
    await responder(desk, campaign.id, TEXT, THANKS)
    await desk.submitted(1)
    await send_due(desk, Gateway())

    [sent], [failed] = await desk.news("message.sent"), await desk.news("message.failed")
    assert (sent["type"], sent["campaign_id"], sent["supplier_id"]) == ("SMS", campaign.id, 1)
    assert "problem" not in sent
    assert (failed["type"], failed["problem"]) == ("Email", "no e-mails here")
