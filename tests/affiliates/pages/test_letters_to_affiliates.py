"""What affiliates are written, over a real mail server: links that sign in, and what became of signing up."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from tests.affiliates.pages.conftest import PASSWORD, Caller, Portal, token_in
from tests.responders.post_office import PostOffice, post_office

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.affiliates.inputs import AffiliateInput
from leadyard.affiliates.pages.letters import AffiliateLetters
from leadyard.campaigns.service import mail_servers
from leadyard.kit import clock
from leadyard.mails.jobs import MailWorker
from leadyard.responders.messenger import Messenger

SIGN_IN = "/affiliates/agency/sign_in"
ASK = "/affiliates/agency/sign_in_link"


async def set_up_mail(portal: Portal, office: PostOffice) -> None:
    settings = {
        "host": "127.0.0.1", "port": office.port, "security": "none", "from_address": "hello@agency.example",
    }  # fmt: skip
    await mail_servers.create(portal.database, portal.exchange.actor, {"name": "Ours", "settings": settings})


async def send_all(portal: Portal, office: PostOffice) -> int:
    async def messenger_of(*_: int | None) -> Messenger | None:
        return office.messenger

    worker = MailWorker(portal.database, messenger_of, AffiliateLetters(portal.url).writers())
    count = 0
    while done := await worker.work_once():
        count += done
    return count


def text_of(mail: Any) -> str:
    return str(mail.get_body().get_content())


def path_in(portal: Portal, mail: Any) -> str:
    found = re.search(re.escape(portal.url) + r"(/p/sign_in/\S+)", text_of(mail))
    assert found is not None, text_of(mail)
    return found[1]


async def waiting(portal: Portal) -> int:
    async with portal.database.connection() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM mails"))


async def test_a_link_is_mailed_signs_in_once_and_lets_set_another_password(
    portal: Portal, caller: Caller
) -> None:
    await portal.affiliate("ann")
    async with post_office() as office:
        await set_up_mail(portal, office)
        answer = await caller.send_form(SIGN_IN, ASK, email=" Ann@Example.com ")
        assert answer.status_code == 200, answer.text
        await send_all(portal, office)
        [mail] = office.mails
    assert (mail["To"], mail["From"]) == ("Ann@Example.com", "Agency <hello@agency.example>")
    path = path_in(portal, mail)
    assert (await caller.send_form(path)).status_code == 303
    assert (await caller.get(path)).status_code == 404
    form = {"password": PASSWORD, "password_again": PASSWORD}
    changed = await caller.send_form("/affiliates/agency/account", "/affiliates/agency/password", **form)
    assert changed.status_code == 303
    assert await waiting(portal) == 0


async def test_the_answer_is_the_same_for_addresses_that_nobody_has(portal: Portal, caller: Caller) -> None:
    await portal.affiliate("ann")
    async with post_office() as office:
        await set_up_mail(portal, office)
        answers = [
            await caller.send_form(SIGN_IN, ASK, email=email)
            for email in ("ann@example.com", "eve@example.com", "", "no address", "x@" + "y" * 9000)
        ]
        await send_all(portal, office)
        assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
        assert [mail["To"] for mail in office.mails] == ["ann@example.com"]


async def test_links_are_mailed_a_few_times_in_a_quarter_of_an_hour(portal: Portal, caller: Caller) -> None:
    await portal.affiliate("ann")
    async with post_office() as office:
        await set_up_mail(portal, office)
        for email in ("ann@example.com", "eve@example.com"):
            statuses = [(await caller.send_form(SIGN_IN, ASK, email=email)).status_code for _ in range(4)]
            assert statuses == [200, 200, 200, 429]
        with time_machine.travel(clock.now() + timedelta(minutes=16), tick=True):
            assert (await caller.send_form(SIGN_IN, ASK, email="ann@example.com")).status_code == 200


async def test_without_a_mail_server_the_page_says_whom_to_ask(portal: Portal, caller: Caller) -> None:
    await portal.affiliate("ann")
    shown = await caller.get(SIGN_IN)
    assert "E-mail me" not in shown.text
    assert "for a link that signs you in" in shown.text
    await portal.program(pages={"contact_email": "partners@agency.example"})
    assert "mailto:partners@agency.example" in (await caller.get(SIGN_IN)).text
    refused = await caller.post(ASK, data={"token": token_in(shown), "email": "ann@example.com"})
    assert (refused.status_code, await waiting(portal)) == (404, 0)


async def test_a_form_of_another_site_mails_nothing(portal: Portal, caller: Caller) -> None:
    async with post_office() as office:
        await set_up_mail(portal, office)
        token = token_in(await caller.get(SIGN_IN))
        data = {"token": token, "email": "ann@example.com"}
        stolen = await caller.post(ASK, data=data, headers={"origin": "https://evil.example"})
        made_up = await caller.post(ASK, data={**data, "token": "x"})
    assert (stolen.status_code, made_up.status_code, await waiting(portal)) == (403, 403, 0)


async def test_whoever_is_approved_is_told_once(portal: Portal) -> None:
    await portal.program(approves_affiliates=True)
    ann = await portal.affiliate("ann")
    async with post_office() as office:
        await set_up_mail(portal, office)
        await portal.status(ann, "approve")
        await portal.status(ann, "approve")
        await send_all(portal, office)
        [mail] = office.mails
    assert mail["Subject"] == "You are now a partner of Agency"
    assert f"{portal.url}/affiliates/agency" in text_of(mail)
    assert "afmc=ann" in text_of(mail)


async def test_whoever_wants_no_letters_gets_none_but_the_link_they_ask_for(
    portal: Portal, caller: Caller
) -> None:
    await portal.program(approves_affiliates=True)
    ann = await portal.affiliate("ann", unsubscribed=True)
    async with post_office() as office:
        await set_up_mail(portal, office)
        await portal.status(ann, "approve")
        await caller.send_form(SIGN_IN, ASK, email="ann@example.com")
        await send_all(portal, office)
        assert [mail["Subject"] for mail in office.mails] == ["Sign in to Agency"]


@pytest.mark.parametrize(("waits", "words"), [(True, "look at your application"), (False, "afmc=")])
async def test_newcomers_are_greeted_where_the_program_wants_it(
    portal: Portal, caller: Caller, waits: bool, words: str
) -> None:
    form = {"email": "ann@example.com", "first_name": "see http://evil.example", "password": PASSWORD}
    await portal.program(approves_affiliates=waits)
    async with post_office() as office:
        await set_up_mail(portal, office)
        await caller.send_form("/join/agency", **{**form, "email": "ben@example.com"})
        await portal.program(pages={"mails_sign_ups": True})
        await caller.send_form("/join/agency", **form)
        await caller.send_form("/join/agency", **form)
        await send_all(portal, office)
        [mail] = office.mails
    assert mail["To"] == "ann@example.com"
    assert words in text_of(mail)
    assert "evil" not in text_of(mail)


async def test_a_letter_waits_for_a_server_that_is_busy_and_is_given_up_in_the_end(
    portal: Portal, caller: Caller
) -> None:
    await portal.affiliate("ann")
    async with post_office() as office:
        await set_up_mail(portal, office)
        await caller.send_form(SIGN_IN, ASK, email="ann@example.com")
        office.data_answer = "451 busy"
        assert await send_all(portal, office) == 1
        assert await waiting(portal) == 1
        office.data_answer = "250 OK"
        with time_machine.travel(clock.now() + timedelta(minutes=1), tick=True):
            assert await send_all(portal, office) == 1
        assert await waiting(portal) == 0
        await caller.send_form(SIGN_IN, ASK, email="ann@example.com")
        with time_machine.travel(clock.now() + timedelta(minutes=31), tick=True):
            await send_all(portal, office)
        assert (await waiting(portal), len(office.mails)) == (0, 2)


async def test_letters_are_of_one_account_alone(portal: Portal, caller: Caller, stranger: Any) -> None:
    await affiliates.create(
        portal.database, stranger.actor, AffiliateInput(email="eve@example.com", code="eve")
    )
    async with post_office() as office:
        await set_up_mail(portal, office)
        await caller.send_form(SIGN_IN, ASK, email="eve@example.com")
        await send_all(portal, office)
        assert office.mails == []
