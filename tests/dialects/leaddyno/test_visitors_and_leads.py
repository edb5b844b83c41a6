"""What becomes of visitors and leads (docs/leaddyno.md, "Calls")."""

from typing import Any

import pytest
from tests.dialects.leaddyno.world import World

SITE = "https://shop.example.com/"


async def _affiliate(world: World, name: str) -> dict[str, Any]:
    made: dict[str, Any] = await world.post("/affiliates", email=f"{name}@example.com", affiliate_code=name)
    return made


def _credited(shown: dict[str, Any]) -> str | None:
    return None if shown["affiliate"] is None else shown["affiliate"]["email"].partition("@")[0]


async def test_a_visitor_without_any_parameter_is_fine(world: World) -> None:
    made = await world.post("/visitors")
    assert (made["url"], made["affiliate"], made["latest_click"]) == (None, None, None)


async def test_a_known_tracking_code_gives_the_same_visitor_with_its_first_address(world: World) -> None:
    await _affiliate(world, "ann")
    made = await world.post("/visitors", tracking_code="abc", url=f"{SITE}one")
    again = await world.post("/visitors", 200, tracking_code="abc", url=f"{SITE}two?afmc=ANN")
    assert (again["id"], again["url"]) == (made["id"], made["url"])
    assert _credited(again) == "ann"
    assert await world.get("/visitors/count") == {"count": 1}


async def test_equal_addresses_have_one_id(world: World) -> None:
    one = await world.post("/visitors", url=f"{SITE}ü?a=1&b=<x>")
    two = await world.post("/visitors", referrer=f"{SITE}ü?a=1&b=<x>")
    assert one["url"] == two["referrer"]
    assert one["url"]["url"] == f"{SITE}ü?a=1&b=<x>"


async def test_long_addresses_are_cut_and_bad_ones_do_no_harm(world: World) -> None:
    made = await world.post(
        "/visitors", url=SITE + "x" * 3000, referrer="http://[broken", remote_ip="999.1.1.1", agent="a" * 5000
    )
    assert len(made["url"]["url"]) == 2048
    assert made["referrer"]["url"] == "http://[broken"


@pytest.mark.parametrize("code", ["nobody", "ann"])
async def test_an_unknown_or_archived_code_counts_as_none(world: World, code: str) -> None:
    ann = await _affiliate(world, "ann")
    await world.post(f"/affiliates/{ann['id']}/archive", 200)
    assert _credited(await world.post("/visitors", code=code)) is None


async def test_a_bad_row_of_an_import_fails_alone(world: World) -> None:
    rows = [{"email": "a@example.com"}, {"email": "nobody"}, "text", {"email": "b@example.com"}, {}]
    shown = await world.post("/leads/import", leads=rows)
    assert [one.get("email", one.get("error")) for one in shown] == [
        "a@example.com", {"email": ["is invalid"]}, {"leads": ["is invalid"]}, "b@example.com",
        {"email": ["can't be blank"]},
    ]  # fmt: skip
    assert [one["email"] for one in await world.get("/leads")] == ["b@example.com", "a@example.com"]


@pytest.mark.parametrize(("path", "name"), [("/visitors/import", "visitors"), ("/leads/import", "leads")])
async def test_imports_take_an_array_in_place_of_the_object_and_refuse_what_is_none(
    world: World, path: str, name: str
) -> None:
    answer = await world.http.post(path, params={"key": _key()}, json=[{"email": "a@example.com"}])
    assert answer.status_code == 201, answer.text
    assert len(answer.json()) == 1
    for value, detail in (("text", "is invalid"), ({"a": 1}, "is invalid"), (None, "can't be blank")):
        refused = await world.call("POST", path, {name: value})
        assert (refused.status_code, refused.json()) == (400, {"error": {name: [detail]}})
    assert (await world.call("POST", path, {name: [{}] * 1001})).status_code == 413
    assert await world.post(path, **{name: []}) == []


def _key() -> str:
    from tests.dialects.leaddyno.world import PRIVATE_KEY  # noqa: PLC0415 - used once

    return PRIVATE_KEY


async def test_visitors_of_an_import_keep_their_order(world: World) -> None:
    shown = await world.post("/visitors/import", visitors=[{"tracking_code": f"t-{n}"} for n in range(150)])
    assert [one["tracking_code"] for one in shown] == [f"t-{n}" for n in range(150)]
    assert [one["id"] for one in shown] == sorted(one["id"] for one in shown)


async def test_a_new_lead_takes_over_its_visitor_and_whom_it_is_credited_to(world: World) -> None:
    await _affiliate(world, "ann")
    visitor = await world.post("/visitors", url=f"{SITE}?afmc=ann&subid=spring", tracking_code="abc")
    lead = await world.post("/leads", email="Jo@Example.com", tracking_code="abc")
    assert (lead["latest_visitor"]["id"], lead["url"], _credited(lead)) == (
        visitor["id"],
        visitor["url"],
        "ann",
    )
    unknown = await world.post("/leads", email="x@example.com", tracking_code="new-one")
    assert unknown["tracking_code"] == "new-one"


async def test_a_known_address_is_filled_in_and_never_overwritten(world: World) -> None:
    made = await world.post("/leads", email="Jo@Example.com", first_name="Jo", city="")
    again = await world.post(
        "/leads",
        200,
        email="jo@example.COM",
        first_name="Other",
        last_name="Bloggs",
        city="Ely",
        tracking_code="v2",
    )
    assert again["id"] == made["id"]
    assert [again[name] for name in ("email", "first_name", "last_name", "city")] == [
        "Jo@Example.com", "Jo", "Bloggs", "Ely",
    ]  # fmt: skip
    assert again["tracking_code"] == "v2"


async def test_first_affiliate_wins_among_links_unless_the_account_says_otherwise(world: World) -> None:
    await _affiliate(world, "ann")
    await _affiliate(world, "ben")
    lead = await world.post("/leads", email="jo@example.com", code="ann")
    assert _credited(await world.post("/leads", 200, email="jo@example.com", code="BEN")) == "ann"

    await world.settings(attribution={"first_affiliate_wins": False})

    assert _credited(await world.post("/leads", 200, email="jo@example.com", url=f"{SITE}?afmc=ben")) == "ben"
    assert (await world.get(f"/leads/{lead['id']}"))["affiliate"]["email"] == "ben@example.com"


async def test_a_person_assigns_a_lead_whatever_the_settings_say(world: World) -> None:
    await _affiliate(world, "ann")
    await _affiliate(world, "ben")
    lead = await world.post("/leads", email="jo@example.com", affiliate="ann@example.com")
    assert _credited(lead) == "ann"

    changed = await world.put(f"/leads/{lead['id']}", affiliate="BEN@example.com", first_name="Jo")

    assert (_credited(changed), changed["first_name"]) == ("ben", "Jo")
    refused = await world.call(
        "PUT", f"/leads/{lead['id']}", {"affiliate": "nobody@example.com", "email": "x"}
    )
    assert refused.json() == {"error": {"affiliate": ["is invalid"], "email": ["is invalid"]}}
    assert _credited(await world.get(f"/leads/{lead['id']}")) == "ben"


async def test_an_address_that_is_anothers_is_a_conflict(world: World) -> None:
    one = await world.post("/leads", email="one@example.com")
    two = await world.post("/leads", email="two@example.com")
    refused = await world.call("PUT", f"/leads/{two['id']}", {"email": "ONE@example.com", "first_name": "X"})
    assert (refused.status_code, refused.json()) == (409, {"error": {"email": ["has already been taken"]}})
    assert (await world.get(f"/leads/{two['id']}"))["first_name"] is None
    moved = await world.put(f"/leads/{one['id']}", email="ONE@Example.com")
    assert moved["email"] == "ONE@Example.com"


async def test_blank_clears_texts_of_a_lead_but_no_address(world: World) -> None:
    lead = await world.post("/leads", email="jo@example.com", first_name="Jo", custom_status="new", phone="1")
    changed = await world.put(f"/leads/{lead['id']}", email="", first_name="", custom_status=None, phone=" ")
    assert [changed[name] for name in ("email", "first_name", "custom_status", "phone")] == [
        "jo@example.com", None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "/leads/by_email?email=x@example.com", "/visitors/by_tracking_code?tracking_code=x",
        "/purchases/by_purchase_code?purchase_code=x", "/affiliates/by_email?email=x@example.com",
        "/affiliates/by_affiliate_code?affiliate_code=x",
    ],
)  # fmt: skip
async def test_a_finder_without_a_match_gives_null(world: World, path: str) -> None:
    plain, _, query = path.partition("?")
    name, _, value = query.partition("=")
    answer = await world.call("GET", plain, {name: value})
    assert (answer.status_code, answer.json()) == (404, None)
    missing = await world.call("GET", plain)
    assert (missing.status_code, missing.json()) == (400, {"error": {name: ["can't be blank"]}})


async def test_what_affiliates_brought_is_counted_by_sub_id(world: World) -> None:
    ann = await _affiliate(world, "ann")
    await world.post("/visitors", url=f"{SITE}?afmc=ann&subid=spring", tracking_code="abc")
    await world.post("/visitors", url=f"{SITE}?afmc=ann")
    await world.post("/leads", email="jo@example.com", tracking_code="abc")
    await world.post("/purchases", email="jo@example.com")
    assert await world.get(f"/affiliates/{ann['id']}/subids") == [
        {"subid": "spring", "visitors": 1, "leads": 1, "purchases": 1}
    ]
    shown = await world.get(f"/affiliates/{ann['id']}")
    assert [shown[f"total_{what}"] for what in ("visitors", "leads", "purchases")] == [2, 1, 1]
