"""Opens, clicks, unsubscriptions and conversions: only by links that this server signed, counted and booked."""

from typing import Any

import pytest
from tests.desk import Desk
from tests.dialects.leadbyte.client import Client, Reply
from tests.responders.post_office import LINKS, Gateway, links_in, post_office, send_due
from tests.responders.set_up import TEXT, THANKS, responder

from leadyard.campaigns import service as setup
from leadyard.kit.errors import ConflictError, NotFoundError
from leadyard.ledger.service import Ledger
from leadyard.responders import suppressing
from leadyard.responders.following import report_event
from leadyard.responders.inputs import SuppressionInput
from leadyard.responders.links import CLICK, OPEN, UNSUBSCRIBE, Links
from leadyard.responders.model import MessageState
from leadyard.responders.web import ResponderPages


@pytest.fixture
async def mail(desk: Desk) -> Any:
    """An e-mail that was sent to the first lead."""
    campaign = await desk.campaign()
    await responder(desk, campaign.id, THANKS)
    await desk.submitted(1)
    async with post_office() as office:
        await send_due(desk, office.messenger)
    return office.mails[0]


async def call(desk: Desk, method: str, path: str) -> Reply:
    return await Client(ResponderPages(desk.database, LINKS))(method, path)


def link(mail: Any, purpose: str) -> str:
    texts = [part.get_content() for part in mail.iter_parts()]
    return next(path for text in texts for path in links_in(text) if path.startswith(f"/r/{purpose}/"))


async def message(desk: Desk) -> Any:
    return (await desk.rows("responder_messages"))[0]


async def test_a_click_is_counted_and_leads_where_the_message_said(desk: Desk, mail: Any) -> None:
    for _ in range(2):
        reply = await call(desk, "GET", link(mail, CLICK))
        assert (reply.status, reply.headers["location"]) == (302, "https://advertiser.example/offer?a=1")
    assert (await message(desk))["clicks"] == 2


async def test_an_open_counts_once(desk: Desk, mail: Any) -> None:
    first = await call(desk, "GET", link(mail, OPEN))
    assert (first.status, first.headers["content-type"], first.body[:6]) == (200, "image/gif", b"GIF89a")
    opened_at = (await message(desk))["opened_at"]
    await call(desk, "GET", link(mail, OPEN))
    assert (await message(desk))["opened_at"] == opened_at


async def test_a_look_at_the_page_unsubscribes_nobody_but_its_button_does(desk: Desk, mail: Any) -> None:
    page = await call(desk, "GET", link(mail, UNSUBSCRIBE))
    assert b"<button>" in page.body
    assert await desk.rows("suppressions") == []
    done = await call(desk, "POST", link(mail, UNSUBSCRIBE))
    assert done.status == 200
    await call(desk, "POST", link(mail, UNSUBSCRIBE))
    (row,) = await desk.rows("suppressions")
    assert (row["channel"], row["address"]) == (1, "person.1@example.com")
    assert (await message(desk))["unsubscribed_at"] is not None


async def test_nobody_who_unsubscribed_is_written_to(desk: Desk, mail: Any) -> None:
    await call(desk, "POST", link(mail, UNSUBSCRIBE))
    await desk.campaign("OTHER")
    await responder(desk, 2, THANKS)
    await desk.submitted(1, campaign="OTHER", values={"email": "PERSON.1@example.com", "phone1": ""})
    async with post_office() as office:
        await send_due(desk, office.messenger)
    assert office.mails == []


async def test_what_was_queued_before_is_not_sent_any_more(desk: Desk) -> None:
    campaign = await desk.campaign()
    await responder(desk, campaign.id, {**TEXT, "delay_seconds": 60})
    await desk.submitted(1)
    gateway = Gateway()
    await send_due(desk, gateway)
    document = SuppressionInput(type="SMS", address="07700 000001")
    await suppressing.suppress(desk.database, desk.actor, document)
    async with desk.database.unit_of_work() as connection:
        await connection.execute("UPDATE responder_messages SET due_at = now()")
    await send_due(desk, gateway)
    assert gateway.sent == []
    assert (await message(desk))["state"] == MessageState.SUPPRESSED


@pytest.mark.parametrize("purpose", [CLICK, OPEN, UNSUBSCRIBE, "x", ""])
async def test_links_that_nobody_signed_do_nothing(desk: Desk, mail: Any, purpose: str) -> None:
    foreign = Links("another secret", "http://leads.test")
    for token in ("", "x", "a" * 2000, "%00", foreign.make(OPEN, 1, 1).rpartition("/")[2]):
        for method in ("GET", "POST"):
            assert (await call(desk, method, f"/r/{purpose}/{token}")).status == 404
    assert mail is not None
    row = await message(desk)
    assert (row["clicks"], row["opened_at"], row["unsubscribed_at"]) == (0, None, None)


async def test_a_link_is_good_for_one_purpose_and_one_method(desk: Desk, mail: Any) -> None:
    token = link(mail, OPEN).rpartition("/")[2]
    assert (await call(desk, "POST", f"/r/u/{token}")).status == 404
    assert (await call(desk, "POST", link(mail, OPEN))).status == 405
    assert (await call(desk, "PUT", link(mail, UNSUBSCRIBE))).status == 405
    assert (
        await call(desk, "GET", LINKS.make(CLICK, 1, 1, 99).removeprefix("http://leads.test"))
    ).status == 404
    assert (
        await call(desk, "POST", LINKS.make(UNSUBSCRIBE, 1, 99).removeprefix("http://leads.test"))
    ).status == 404


async def test_a_conversion_earns_the_pushs_revenue_each_time(desk: Desk, mail: Any) -> None:
    assert mail is not None
    ledger = Ledger(desk.database)
    for _ in range(2):
        await report_event(desk.database, ledger, desk.account_id, 1, "conversion")
    row = await message(desk)
    assert (row["conversions"], row["revenue"]) == (2, 10_000_000)
    assert await desk.differences() == []
    async with desk.database.unit_of_work() as connection:
        await connection.execute("UPDATE responder_messages SET revenue = 1")
    assert [each.what for each in await desk.differences()] == ["message against the ledger: revenue"]


async def test_a_provider_reports_what_became_of_a_message(desk: Desk, mail: Any) -> None:
    assert mail is not None
    ledger = Ledger(desk.database)
    for event, state in (("delivered", MessageState.DELIVERED), ("bounced", MessageState.BOUNCED)):
        await report_event(desk.database, ledger, desk.account_id, 1, event)
        assert (await message(desk))["state"] == state
    with pytest.raises(NotFoundError):
        await report_event(desk.database, ledger, desk.account_id, 99, "delivered")
    with pytest.raises(NotFoundError):
        await report_event(desk.database, ledger, desk.account_id + 1, 1, "delivered")
    async with desk.database.unit_of_work() as connection:
        await connection.execute("UPDATE responder_messages SET state = 0")
    with pytest.raises(ConflictError):
        await report_event(desk.database, ledger, desk.account_id, 1, "delivered")


async def test_webhooks_are_told_of_clicks_and_of_the_first_unsubscription(desk: Desk, mail: Any) -> None:
    await desk.hook("message.clicked", "message.unsubscribed", supplier_ids=[1])
    other = await setup.suppliers.create(desk.database, desk.actor, {"name": "Other"})
    await desk.hook("message.clicked", supplier_ids=[other.id])
    await call(desk, "GET", link(mail, CLICK))
    for _ in range(2):
        await call(desk, "POST", link(mail, UNSUBSCRIBE))

    told = {
        "campaign_id": 1, "supplier_id": 1, "message_id": 1, "responder_id": 1, "push_id": 1, "type": "Email",
    }  # fmt: skip
    assert await desk.news("message.clicked") == [{**told, "link": "https://advertiser.example/offer?a=1"}]
    assert await desk.news("message.unsubscribed") == [told]
    assert {row["lead_id"] for row in await desk.rows("outbox")} == {(await message(desk))["lead_id"]}
