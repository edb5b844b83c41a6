"""Every refusal at the intake has its code and text, is answered with status 200, and stores what it should."""

from typing import Any

import pytest
from tests.dialects.leadbyte.world import OTHER_KEY, PLAIN_KEY, World, new_lead

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import Caps

SEE_ERRORS = "One or more errors occurred, see errors array"


def refused(code: int, *errors: str, page: str = "") -> dict[str, Any]:
    return {
        "status": "Error",
        "code": code,
        "message": SEE_ERRORS,
        "redirectUrl": page,
        "errors": list(errors),
    }


@pytest.mark.parametrize("campid", [None, "", "NO-SUCH", "999999999999999999999999", {"a": 1}, "\x00", "Ⅸ"])
async def test_an_unknown_campaign(world: World, campid: Any) -> None:
    reply = await world.post(campid=campid)
    assert (reply.status, reply.json) == (200, refused(-9, "Campaign not found"))
    assert await world.rows("leads") == []


async def test_a_campaign_that_is_not_active(world: World) -> None:
    await setup.campaigns.update(world.database, world.actor, 9, {"status": "Inactive"})
    assert (await world.post()).json == refused(-9, "Campaign is not active")
    assert await world.rows("leads") == []


@pytest.mark.parametrize("sid", ["2", "nobody", "33", 2])
async def test_a_supplier_that_may_not_post_here(world: World, sid: Any) -> None:
    reply = await world.post(sid=sid)
    assert reply.json == refused(-7, "Supplier is not authorised to post to this Campaign.")
    assert len(await world.rows("leads")) == 1


@pytest.mark.parametrize("name", ["f_1_sid", "F_20_SID", "f_3_s-i-d"])
@pytest.mark.parametrize("sid", ["2", "nobody"])
async def test_a_prefix_is_no_way_past_the_supplier_check(world: World, name: str, sid: str) -> None:
    changes: dict[str, Any] = {"sid": None, name: sid}
    reply = await world.post(**changes)
    assert reply.json == refused(-7, "Supplier is not authorised to post to this Campaign.")


async def test_a_supplier_that_is_not_named(world: World) -> None:
    assert (await world.post(sid=None)).json == refused(-5, "SID is required")


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"email": None}, ["Email is required"]),
        ({"email": "a@b"}, ["Email is not a valid email address"]),
        ({"email": {"at": 1}}, ["Email is not a valid value"]),
        ({"firstname": [["x"]]}, ["First Name is not a valid value"]),
        ({"dob": "31/02/2020"}, ["DOB is not a valid date"]),
        ({"dob": "9999-99-99"}, ["DOB is not a valid date"]),
        ({"phone1": "123"}, ["Phone 1 is not a valid UK mobile number"]),
        ({"phone1": "9" * 30}, ["Phone 1 is not a valid UK mobile number"]),
        ({"gender": "Robot"}, ["Gender is not a valid choice"]),
        ({"postcode": "7010"}, ["Postcode is not a valid postcode"]),
        ({"data13": "x" * 4001}, ["make of car is too long"]),
        (
            {"email": "x", "firstname": "1", "lastname": None},
            [
                "Email is not a valid email address",
                "First Name is not a valid name",
                "Last Name is required",
            ],
        ),
    ],
)
async def test_bad_fields_are_reported_together(
    world: World, changes: dict[str, Any], errors: list[str]
) -> None:
    reply = await world.post(**changes)
    assert (reply.status, reply.json) == (200, refused(-5, *errors))


@pytest.mark.parametrize("same", ["email", "phone1"])
async def test_the_same_person_again(world: World, same: str) -> None:
    lead = new_lead()
    assert (await world.post(**lead)).json["status"] == "Success"
    reply = await world.post(**{same: lead[same]})
    assert reply.json == refused(-2, "Duplicate or resubmission")


async def test_a_full_campaign(world: World) -> None:
    await world.change_campaign(9, caps=Caps(day=1))
    assert (await world.post()).json["status"] == "Success"
    assert (await world.post()).json == refused(-4, "Campaign cap reached (day)")


async def test_a_blocked_address(world: World) -> None:
    await world.change_campaign(9, blocked_addresses=("203.0.113.0/24",))
    assert (await world.post(ip="203.0.113.9")).json == refused(-11, "IP address blocked")


async def test_the_page_for_refused_leads(world: World) -> None:
    await world.change_campaign(9, refused_url="https://www.example.com/sorry")
    reply = await world.post(email=None)
    assert reply.json == refused(-5, "Email is required", page="https://www.example.com/sorry")


async def test_a_refusal_has_a_rejection_id_and_counts_as_invalid(world: World) -> None:
    await world.post(email=None)
    lead = (await world.rows("leads"))[0]
    assert (lead["system_status"], lead["code"]) == (3, -5)
    report = await world.call("GET", "/restapi/v1.2/reports/campaign?datePreset=today")
    assert [(row["leads"], row["invalid"]) for row in report.json["data"]] == [(1, 1)]


@pytest.mark.parametrize("version", ["v1.1", "v1.2", "v1.3"])
async def test_refusals_are_the_same_in_all_versions(world: World, version: str) -> None:
    assert (await world.post(version, email=None)).json == refused(-5, "Email is required")


async def test_another_accounts_campaign_does_not_exist(world: World) -> None:
    assert (await world.post(key=OTHER_KEY, campid="EXAMPLE-LIVE")).json["code"] == -9
    assert (await world.post(key=OTHER_KEY, campid="9")).json["code"] == -9
    assert (await world.post(key=OTHER_KEY)).json["status"] == "Success"
    assert (await world.post(key=PLAIN_KEY, campid="1")).json["code"] == -9
