"""Signing in by a link that works once and by password, and out."""

import asyncio
from datetime import timedelta

import time_machine
from tests.affiliates.pages.conftest import PASSWORD, Caller, Portal, token_in

from leadyard.kit import clock

SIGN_IN = "/affiliates/agency/sign_in"
ACCOUNT = "/affiliates/agency/account"


async def set_password(caller: Caller, password: str = PASSWORD, **more: str) -> int:
    form = {"password": password, "password_again": password, **more}
    return (await caller.send_form(ACCOUNT, "/affiliates/agency/password", **form)).status_code


async def test_a_link_signs_in_once(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann")
    path = await portal.sign_in_path(ann)
    looked = await caller.head(path)
    assert (looked.status_code, "set-cookie" in looked.headers) == (303, False)

    answer = await caller.get(path)

    assert (answer.status_code, answer.headers["location"]) == (303, "/affiliates/agency")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/affiliates/agency;" in cookie
    assert "Secure" not in cookie
    assert "Hello, Ann" in (await caller.get("/affiliates/agency")).text
    for method in ("GET", "POST", "HEAD"):
        again = await caller.request(method, path)
        assert (again.status_code, "set-cookie" in again.headers) == (404, False)


async def test_of_many_who_use_a_link_at_once_one_is_signed_in(portal: Portal, caller: Caller) -> None:
    path = await portal.sign_in_path(await portal.affiliate("ann"))
    answers = await asyncio.gather(*(caller.get(path) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [303] + [404] * 9


async def test_a_link_that_has_run_out_or_was_never_made_is_not_there(portal: Portal, caller: Caller) -> None:
    path = await portal.sign_in_path(await portal.affiliate("ann"))
    async with portal.database.connection() as connection:
        await connection.execute("UPDATE sign_in_links SET expires_at = now() - interval '1 second'")
    expired = await caller.get(path)
    unknown = await caller.get("/p/sign_in/nothing")
    assert (expired.status_code, unknown.status_code) == (404, 404)
    assert expired.text == unknown.text
    assert (await caller.get("/p/sign_in/" + "x" * 3000)).status_code == 404


async def test_a_password_set_after_a_link_signs_in_from_then_on(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann")
    by_link = await portal.signed_in(ann)
    assert await set_password(by_link) == 303

    right = await caller.send_form(SIGN_IN, email=" ann@EXAMPLE.com ", password=PASSWORD)

    assert right.status_code == 303
    assert await set_password(by_link, "another password") == 422
    assert await set_password(by_link, "another password", old_password="wrong") == 422
    assert await set_password(by_link, "another password", old_password=PASSWORD) == 303
    assert (await caller.get("/affiliates/agency")).status_code == 303, "the others are signed out"
    assert (await by_link.get("/affiliates/agency")).status_code == 200
    for other in (by_link, caller):
        await other.aclose()


async def test_bad_new_passwords_are_refused(portal: Portal) -> None:
    caller = await portal.signed_in(await portal.affiliate("ann"))
    assert await set_password(caller, "short") == 422
    assert await set_password(caller, "x" * 2000) == 422
    assert await set_password(caller, PASSWORD, password_again="something else") == 422
    await caller.aclose()


async def test_wrong_passwords_and_unknown_addresses_are_answered_alike(
    portal: Portal, caller: Caller
) -> None:
    by_link = await portal.signed_in(await portal.affiliate("ann"))
    await set_password(by_link)
    await by_link.aclose()
    await portal.affiliate("ben")

    answers = [
        await caller.send_form(SIGN_IN, email=email, password="wrong password")
        for email in ("ann@example.com", "ben@example.com", "eve@example.com", "", "x" * 9000)
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert all("do not go together" in answer.text for answer in answers)


async def test_guessing_is_slowed_down_and_a_right_password_is_not_counted(
    portal: Portal, caller: Caller
) -> None:
    by_link = await portal.signed_in(await portal.affiliate("ann"))
    await set_password(by_link)
    await by_link.aclose()
    for _ in range(12):
        assert (
            await caller.send_form(SIGN_IN, email="ann@example.com", password=PASSWORD)
        ).status_code == 303

    statuses = [
        (await caller.send_form(SIGN_IN, email="ann@example.com", password="wrong password")).status_code
        for _ in range(11)
    ]

    assert statuses == [422] * 10 + [429]
    locked = await caller.send_form(SIGN_IN, email="ann@example.com", password=PASSWORD)
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) > 0
    with time_machine.travel(clock.now() + timedelta(minutes=16), tick=True):
        again = await caller.send_form(SIGN_IN, email="ann@example.com", password=PASSWORD)
    assert again.status_code == 303


async def test_signing_out_ends_the_session_for_everybody_who_has_the_cookie(portal: Portal) -> None:
    caller = await portal.signed_in(await portal.affiliate("ann"))
    kept = f"leadyard_affiliate={caller.cookies['leadyard_affiliate']}"
    shown = await caller.get("/affiliates/agency")
    refused = await caller.post("/affiliates/agency/sign_out", data={"token": "x"})
    assert refused.status_code == 403

    answer = await caller.post("/affiliates/agency/sign_out", data={"token": token_in(shown)})

    assert answer.headers["location"] == SIGN_IN
    assert (await caller.get("/affiliates/agency", headers={"cookie": kept})).status_code == 303
    await caller.aclose()


async def test_signing_in_without_the_forms_cookie_is_refused(portal: Portal, caller: Caller) -> None:
    token = token_in(await caller.get(SIGN_IN))
    async with portal.caller() as other:
        answer = await other.post(SIGN_IN, data={"token": token, "email": "a@example.com", "password": "x"})
    assert answer.status_code == 403
    assert "cookies" in answer.text


async def test_a_session_is_good_for_its_own_account_only(portal: Portal, stranger: object) -> None:
    caller = await portal.signed_in(await portal.affiliate("ann"))
    session = caller.cookies["leadyard_affiliate"]
    answer = await caller.get("/affiliates/other", headers={"cookie": f"leadyard_affiliate={session}"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/affiliates/other/sign_in")
    for junk in ("", "x", "x" * 4000, "a=b;;=;leadyard_affiliate"):
        answer = await caller.get("/affiliates/agency", headers={"cookie": f"leadyard_affiliate={junk}"})
        assert answer.status_code == 303
    await caller.aclose()
