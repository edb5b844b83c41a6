"""Signing up by the account's page and by invitation."""

import asyncio

import httpx
import pytest
from tests.affiliates.pages.conftest import PASSWORD, Caller, Portal, path_of, token_in

from leadyard.affiliates.affiliates import fields
from leadyard.affiliates.affiliates.inputs import FieldInput, FieldType
from leadyard.affiliates.model import AffiliateStatus

NEW = {"email": "new@example.com", "first_name": "Nora", "password": PASSWORD}


async def join(portal: Portal, caller: Caller, **changes: str) -> httpx.Response:
    return await caller.send_form("/join/agency", **{**NEW, **changes})


async def test_who_signs_up_where_it_is_open_can_sign_in_at_once(portal: Portal, caller: Caller) -> None:
    answer = await join(portal, caller, paypal_email="pay@example.com")

    assert answer.status_code == 200
    assert "You can sign in now" in answer.text
    made = await portal.now("new@example.com")
    assert made is not None
    assert (made.status, made.paypal_email) == (AffiliateStatus.ACTIVE, "pay@example.com")
    signed_in = await caller.send_form(
        "/affiliates/agency/sign_in", email="NEW@example.com", password=PASSWORD
    )
    assert signed_in.headers["location"] == "/affiliates/agency"
    assert "Hello, Nora" in (await caller.get("/affiliates/agency")).text


async def test_an_applicant_waits_for_approval_where_the_programme_says_so(
    portal: Portal, caller: Caller
) -> None:
    await portal.program(approves_affiliates=True)
    assert "look at every application" in (await join(portal, caller)).text
    made = await portal.now("new@example.com")
    assert made is not None
    assert made.status is AffiliateStatus.PENDING
    assert "being looked at" in (await caller.get(path_of(made))).text
    assert (await caller.get(f"{path_of(made)}/commissions")).status_code == 404

    await portal.status(made, "approve")

    assert "Your link" in (await caller.get(path_of(made))).text


async def test_a_rejected_applicant_is_not_told_and_does_not_come_back(
    portal: Portal, caller: Caller
) -> None:
    await portal.program(approves_affiliates=True)
    first = await join(portal, caller)
    made = await portal.now("new@example.com")
    assert made is not None
    await portal.status(made, "reject")

    again = await join(portal, caller)
    await portal.status(made, "approve")

    assert again.text == first.text
    assert "being looked at" in (await caller.get(path_of(made))).text
    after = await portal.now("new@example.com")
    assert after is not None
    assert after.status is AffiliateStatus.REJECTED


async def test_an_address_that_is_known_is_answered_like_a_new_one_and_nothing_changes(
    portal: Portal, caller: Caller
) -> None:
    ann = await portal.affiliate("ann")
    fresh = await join(portal, caller)

    known = await join(
        portal, caller, email="ANN@example.com", first_name="Thief", paypal_email="thief@example.com"
    )

    assert known.text == fresh.text
    assert await portal.now("ann@example.com") == ann
    refused = await caller.send_form("/affiliates/agency/sign_in", email="ann@example.com", password=PASSWORD)
    assert refused.status_code == 422


async def test_own_fields_are_asked_for_with_their_types(portal: Portal, caller: Caller) -> None:
    for wanted in (
        FieldInput(name="tax", label="Tax <number>", required=True),
        FieldInput(name="size", field_type=FieldType.NUMBER),
        FieldInput(name="shop", field_type=FieldType.SELECT, options=("Blog", "Shop"), required=True),
        FieldInput(name="adult", field_type=FieldType.CHECKBOX, required=True),
        FieldInput(name="born", field_type=FieldType.DATE),
        FieldInput(name="words", field_type=FieldType.TEXTAREA),
    ):
        await fields.create(portal.database, portal.exchange.actor, wanted)
    shown = (await caller.get("/join/agency")).text
    assert "Tax &lt;number&gt;" in shown

    wrong = await join(portal, caller, field_2="many", field_3="Circus", field_5="2026-02-30")

    assert wrong.status_code == 422
    for words in (
        "is required",
        "must be a number",
        "one of the choices",
        "must be ticked",
        "must be a date",
    ):
        assert words in wrong.text
    assert 'value="new@example.com"' in wrong.text
    assert PASSWORD not in wrong.text
    assert await portal.now("new@example.com") is None
    right = await join(
        portal, caller, field_1="T1", field_2="12.5", field_3="Shop", field_4="on", field_5="1990-01-31"
    )
    assert right.status_code == 200
    made = await portal.now("new@example.com")
    assert made is not None
    assert made.custom_fields == {
        "tax": "T1",
        "size": 12.5,
        "shop": "Shop",
        "adult": True,
        "born": "1990-01-31",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "nobody"}, {"email": ""}, {"password": "short"}, {"password": "x" * 1001}, {"first_name": " "},
        {"first_name": "x" * 300}, {"paypal_email": "none"}, {"email": "x" * 300 + "@example.com"},
    ],
)  # fmt: skip
async def test_a_form_with_mistakes_comes_back_and_makes_nobody(
    portal: Portal, caller: Caller, changes: dict[str, str]
) -> None:
    answer = await join(portal, caller, **changes)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert await portal.exchange.rows("affiliates") == []


async def test_the_terms_must_be_accepted_where_there_are_some(portal: Portal, caller: Caller) -> None:
    await portal.program(pages={"terms_url": "https://shop.example.com/terms"})
    assert (await join(portal, caller)).status_code == 422
    assert (await join(portal, caller, terms="on")).status_code == 200


async def test_whoever_fills_in_what_nobody_sees_is_thanked_and_forgotten(
    portal: Portal, caller: Caller
) -> None:
    answer = await join(portal, caller, website="https://spam.example.com")
    assert answer.status_code == 200
    assert await portal.exchange.rows("affiliates") == []


async def test_one_caller_cannot_sign_up_many(portal: Portal, caller: Caller) -> None:
    token = token_in(await caller.get("/join/agency"))

    statuses = [
        (
            await caller.post("/join/agency", data={**NEW, "email": f"n{i}@example.com", "token": token})
        ).status_code
        for i in range(22)
    ]

    assert statuses == [200] * 20 + [429] * 2
    assert len(await portal.exchange.rows("affiliates")) == 20


async def test_twenty_equal_forms_at_once_make_one_affiliate(portal: Portal, caller: Caller) -> None:
    token = token_in(await caller.get("/join/agency"))
    answers = await asyncio.gather(
        *(caller.post("/join/agency", data={**NEW, "token": token}) for _ in range(15))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len(await portal.exchange.rows("affiliates")) == 1


async def test_an_invitation_sets_the_parent_while_sign_up_is_closed_to_others(
    portal: Portal, caller: Caller
) -> None:
    ann = await portal.affiliate("ann")
    page = await caller.get(f"{path_of(ann)}/invited")
    link = page.text.split('<code class="copy">')[1].split("</code>")[0]
    assert link.startswith(f"{portal.url}/accept_invite/")
    await portal.program(pages={"takes_sign_ups": False})
    assert (await caller.get("/join/agency")).status_code == 404

    answer = await caller.send_form(link.removeprefix(portal.url), **NEW)

    assert answer.status_code == 200
    made = await portal.now("new@example.com")
    assert made is not None
    assert made.parent_id == ann.id
    assert "Nora" in (await caller.get(f"{path_of(ann)}/invited")).text


async def test_an_invitation_ends_with_its_affiliate_or_when_it_is_switched_off(
    portal: Portal, caller: Caller
) -> None:
    ann = await portal.affiliate("ann")
    page = await caller.get(f"{path_of(ann)}/invited")
    path = page.text.split('<code class="copy">')[1].split("</code>")[0].removeprefix(portal.url)
    assert (await caller.get(path)).status_code == 200

    for wrong in (path + "x", "/accept_invite/", "/accept_invite/" + "x" * 2000, path[:-2]):
        assert (await caller.get(wrong)).status_code == 404
    await portal.program(pages={"affiliates_invite": False})
    assert (await caller.get(path)).status_code == 404
    await portal.program(pages={"affiliates_invite": True})
    await portal.status(ann, "archive")
    assert (await caller.get(path)).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}],
)
async def test_a_form_of_another_site_is_refused(
    portal: Portal, caller: Caller, headers: dict[str, str]
) -> None:
    token = token_in(await caller.get("/join/agency"))
    answer = await caller.post("/join/agency", data={**NEW, "token": token}, headers=headers)
    assert answer.status_code == 403
    assert await portal.exchange.rows("affiliates") == []


async def test_a_form_without_a_token_or_with_anothers_is_refused(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann")
    foreign = token_in(await caller.get(path_of(ann)))
    for token in ("", "x", foreign, "x" * 5000):
        answer = await caller.post("/join/agency", data={**NEW, "token": token})
        assert answer.status_code == 403


async def test_bodies_that_are_no_form_or_too_large_are_refused(portal: Portal, caller: Caller) -> None:
    for body, kind, status in (
        (b"x" * 200_000, "application/x-www-form-urlencoded", 413),
        (b"a&" * 60_000, "application/x-www-form-urlencoded", 413),
        (b'{"email": "a@example.com"}', "application/json", 403),
        (b"\xff\xfe\x00%zz=%00", "application/x-www-form-urlencoded", 403),
    ):
        answer = await caller.post("/join/agency", content=body, headers={"content-type": kind})
        assert answer.status_code == status
    assert (await caller.put("/join/agency")).status_code == 405
    for path in ("/join/nobody", "/join/", "/join/agency/more", "/join/AGENCY", "/join/a%00b"):
        assert (await caller.get(path)).status_code == 404
