"""What the dashboard shows, to whom, and what may be changed there."""

import httpx
import pytest
from tests.affiliates.pages.conftest import Caller, Portal, path_of, token_in
from tests.exchange import Exchange

from leadyard.affiliates.affiliates import fields, service
from leadyard.affiliates.affiliates.inputs import FieldInput, FieldType
from leadyard.affiliates.model import PayoutMethod
from leadyard.affiliates.payouts.model import RunInput

ACCOUNT = "/affiliates/agency/account"
TABS = ("", "/commissions", "/statements", "/materials", "/invited", "/account")


async def test_the_permanent_link_opens_every_page(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann")
    for tab in TABS:
        answer = await caller.get(f"{path_of(ann)}{tab}")
        assert answer.status_code == 200
        assert 'aria-current="page"' in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert "script" not in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
    shown = (await caller.get(path_of(ann))).text
    assert "https://shop.example.com/?afmc=ann" in shown
    qr = await caller.get(f"{path_of(ann)}/qr.svg")
    assert qr.headers["content-type"] == "image/svg+xml"
    assert qr.text.startswith("<svg xmlns=")


async def test_a_link_that_was_changed_or_switched_off_opens_nothing(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann")
    changed = await service.rotate_dashboard(portal.database, portal.exchange.actor, ann.id)
    assert (await caller.get(path_of(ann))).status_code == 404
    assert (await caller.get(path_of(changed))).status_code == 200

    off = await service.rotate_dashboard(portal.database, portal.exchange.actor, ann.id, switched_on=False)

    answers = [await caller.get(path) for path in (path_of(off), path_of(changed), "/p/" + "0" * 40)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    signed_in = await portal.signed_in(ann)
    assert (await signed_in.get("/affiliates/agency")).status_code == 200
    await signed_in.aclose()


@pytest.mark.parametrize(
    "path", ["", "x", "0" * 39, "0" * 41, "G" * 40, "0" * 40 + "/account", "%00", "../etc"]
)
async def test_a_wrong_link_is_not_found(caller: Caller, path: str) -> None:
    assert (await caller.get(f"/p/{path}")).status_code == 404
    assert (await caller.post(f"/p/{path}")).status_code == 404


async def test_what_was_brought_is_drawn_for_the_period(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann")
    await portal.bring(ann, 0, 5, 2, 1)
    await portal.bring(ann, 20, 7, 0, 0)
    await portal.bring(ann, 60, 1000, 0, 0)
    await portal.earn(ann, "12.50")

    shown = {
        period: (await caller.get(f"{path_of(ann)}?period={period}")).text
        for period in ("7d", "30d", "12m", "x")
    }

    assert "<h3>Clicks <strong>5</strong></h3>" in shown["7d"]
    assert "<h3>Clicks <strong>12</strong></h3>" in shown["30d"]
    assert "<h3>Clicks <strong>1,012</strong></h3>" in shown["12m"]
    assert "<h3>Earnings <strong>12.50 USD</strong></h3>" in shown["7d"]
    assert "<h3>Clicks <strong>12</strong></h3>" in shown["x"]


async def test_commissions_are_shown_with_state_and_reason(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann")
    await portal.earn(ann, "10", note="For the <b>fair</b>")
    await portal.earn(ann, "5", days=30)
    rejected = await portal.earn(ann, "7")
    await portal.services.commissions.reject(portal.account_id, rejected, "Returned goods")

    shown = (await caller.get(f"{path_of(ann)}/commissions")).text

    for words in ("10.00 USD", "Made by hand", "For the &lt;b&gt;fair", "Returned goods", "at the earliest"):
        assert words in shown
    due = (await caller.get(f"{path_of(ann)}/commissions?state=due")).text
    assert "10.00 USD" in due
    assert "5.00 USD" not in due
    for odd in ("?page=0", "?page=-1", "?page=999999", "?page=99999999999", "?state=none", "?page=x"):
        assert (await caller.get(f"{path_of(ann)}/commissions{odd}")).status_code == 200


async def test_long_lists_have_pages(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann")
    for number in range(27):
        await portal.earn(ann, f"{100 + number}")
    first = (await caller.get(f"{path_of(ann)}/commissions")).text
    assert "126.00 USD" in first
    assert "101.00 USD" not in first
    assert f'href="{path_of(ann)}/commissions?page=2"' in first
    assert "101.00 USD" in (await caller.get(f"{path_of(ann)}/commissions?page=2")).text


async def test_a_statement_is_shown_to_its_affiliate_alone(portal: Portal, caller: Caller) -> None:
    ann, ben = await portal.affiliate("ann"), await portal.affiliate("ben")
    await portal.earn(ann, "10")
    await portal.earn(ann, "2.50")
    run = await portal.services.payouts.run(portal.exchange.actor, RunInput(method=PayoutMethod.MANUAL))
    number = run.payouts[0].id
    assert "12.50 USD" in (await caller.get(f"{path_of(ann)}/statements")).text

    shown = await caller.get(f"{path_of(ann)}/statements/{number}")

    assert "2.50 USD" in shown.text
    assert "to be paid" in shown.text
    assert (await caller.get(f"{path_of(ben)}/statements/{number}")).status_code == 404
    for odd in ("0", "x", "9" * 30, "1e3", "-1", "1/2"):
        assert (await caller.get(f"{path_of(ann)}/statements/{odd}")).status_code == 404


async def test_nobody_sees_anything_of_another(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann", last_name="Secretname", paypal_email="secret@pay.example")
    await portal.earn(ann, "4321.99", note="a secret note")
    ben = await portal.affiliate("ben", referring_affiliate="ann@example.com", last_name="Child")
    shown = "".join([(await caller.get(f"{path_of(ben)}{tab}")).text for tab in TABS])
    for secret in ("Secretname", "secret", "4,321.99", "ann@example.com", ann.dashboard_token):
        assert secret not in shown
    above = (await caller.get(f"{path_of(ann)}/invited")).text
    assert "Ben Child" in above
    assert "ben@example.com" not in above


async def test_the_permanent_link_shows_payment_data_masked_and_changes_none_of_it(
    portal: Portal, caller: Caller
) -> None:
    ann = await portal.affiliate("ann", paypal_email="secret@pay.example")
    shown = await caller.get(f"{path_of(ann)}/account")
    assert "secret@pay.example" not in shown.text
    assert "s…@pay.example" in shown.text
    token = token_in(await caller.get(path_of(ann)))

    for what in ("account", "password"):
        form = {"token": token, "first_name": "Eve", "paypal_email": "eve@pay.example", "password": "x" * 12}
        assert (await caller.post(f"{path_of(ann)}/{what}", data=form)).status_code == 404
    assert await portal.now("ann@example.com") == ann


async def test_the_code_can_be_changed_unless_that_is_switched_off(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann")
    await portal.affiliate("ben")

    async def change(code: str) -> httpx.Response:
        return await caller.send_form(path_of(ann), f"{path_of(ann)}/code", code=code)

    assert (await change("ANN-2026")).status_code == 303
    after = await portal.now("ann@example.com")
    assert after is not None
    assert after.code == "ANN-2026"
    for bad in ("BEN", "with blank", "<script>", "", "x" * 65, "ä"):
        assert (await change(bad)).status_code == 422
    assert "has already been taken" in (await change("BEN")).text
    assert "&lt;script&gt;" in (await change("<script>")).text
    token = token_in(await caller.get(path_of(ann)))
    await portal.program(pages={"code_can_change": False})
    refused = await caller.post(f"{path_of(ann)}/code", data={"token": token, "code": "NEW"})
    assert refused.status_code == 422
    assert 'name="code"' not in (await caller.get(path_of(ann))).text


async def test_a_change_without_a_token_or_with_anothers_is_refused(portal: Portal, caller: Caller) -> None:
    ann, ben = await portal.affiliate("ann"), await portal.affiliate("ben")
    foreign = token_in(await caller.get(path_of(ben)))
    for token in ("", "x", foreign):
        answer = await caller.post(f"{path_of(ann)}/code", data={"code": "EVE", "token": token})
        assert answer.status_code == 403
    assert await portal.now("ann@example.com") == ann


async def test_who_is_signed_in_changes_its_data(portal: Portal) -> None:
    await fields.create(
        portal.database,
        portal.exchange.actor,
        FieldInput(name="shop", field_type=FieldType.SELECT, options=("A", "B")),
    )
    ann = await portal.affiliate("ann", custom_fields={"shop": "A", "kept": "yes"})
    caller = await portal.signed_in(ann)
    assert "<option selected>A</option>" in (await caller.get(ACCOUNT)).text

    wrong = await caller.send_form(ACCOUNT, first_name="", paypal_email="none", field_1="C")
    answer = await caller.send_form(
        ACCOUNT,
        first_name="Anna",
        last_name="<script>alert(1)</script>",
        paypal_email="pay@example.com",
        field_1="B",
    )

    assert wrong.status_code == 422
    assert answer.status_code == 303
    after = await portal.now("ann@example.com")
    assert after is not None
    assert (after.first_name, after.paypal_email) == ("Anna", "pay@example.com")
    assert after.custom_fields == {"shop": "B", "kept": "yes"}
    saved = (await caller.get(answer.headers["location"])).text
    assert "<script" not in saved
    assert "&lt;script&gt;" in saved
    log = await portal.exchange.rows("audit_log", f"entity_id = {ann.id} AND action = 'update'")
    assert [row["actor"] for row in log] == [f"affiliate {ann.id}"]
    await caller.aclose()


async def test_a_closed_account_still_shows_what_it_earned(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann")
    await portal.earn(ann, "10")
    await portal.status(ann, "archive")
    shown = (await caller.get(path_of(ann))).text
    assert "10.00 USD" in shown
    assert "This account is closed" in shown
    assert "afmc" not in shown
    for gone in ("/materials", "/invited", "/qr.svg"):
        assert (await caller.get(f"{path_of(ann)}{gone}")).status_code == 404
    assert (await caller.get(f"{path_of(ann)}/commissions")).status_code == 200


async def test_two_accounts_with_one_e_mail_are_two_affiliates(
    portal: Portal, caller: Caller, stranger: Exchange
) -> None:
    ann = await portal.affiliate("ann", last_name="Here")
    other = Portal(stranger, portal.services, portal.url)
    theirs = await other.affiliate("ann", last_name="There")
    await other.earn(theirs, "77")
    signed_in = await portal.signed_in(ann)
    assert "77.00" not in (await signed_in.get("/affiliates/agency/commissions")).text
    assert (await signed_in.get("/affiliates/other")).status_code == 303
    assert "77.00" in (await caller.get(f"{path_of(theirs)}/commissions")).text
    await signed_in.aclose()
