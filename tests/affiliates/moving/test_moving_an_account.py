"""An account moves from one Leadyard into another, as it would from LeadDyno."""

from typing import Any

from tests.affiliates.moving.conftest import Here
from tests.affiliates.moving.there import SITE, Gate, everything
from tests.dialects.leaddyno.world import World
from tests.exchange import new_exchange

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.affiliates.inputs import AffiliateInput


def _not_of_plans(notes: list[str]) -> list[str]:
    return [note for note in notes if not note.startswith("plan ")]


async def test_everything_is_here_as_it_was_there(there: World, here: Here, url: str) -> None:
    notes = await here.move(url)
    assert await everything(here) == await everything(there)
    assert _not_of_plans(notes) == []
    assert await here.differing(url) == []
    assert await here.exchange.differences() == []


async def test_links_that_are_out_credit_their_affiliates(there: World, here: Here, url: str) -> None:
    await here.move(url)
    old = await here.post("/visitors", url="https://shop.acme.example/?afmc=ANNOLD")
    new = await here.post("/visitors", url="https://shop.acme.example/?afmc=annnew")
    gone = await here.post("/visitors", url="https://shop.acme.example/?afmc=gone")
    assert [one["affiliate"] and one["affiliate"]["email"] for one in (old, new, gone)] == [
        "ann@partners.example",
        "ann@partners.example",
        None,
    ]
    [campaign] = await there.get("/campaigns")
    visit = await here.post("/visitors", url=f"https://shop.acme.example/#_l_{campaign['link_code']}")
    assert visit["campaign"]["code"] == "ExampleCampaign"


async def test_a_purchase_by_an_old_link_is_credited_after_the_move(here: Here, url: str) -> None:
    await here.move(url)
    lead = await here.post("/leads", email="ray@example.com", url="https://shop.acme.example/?afmc=annold")
    bought = await here.post("/purchases", email="ray@example.com", purchase_amount="10", purchase_code="R-1")
    assert lead["affiliate"]["email"] == bought["affiliate"]["email"] == "ann@partners.example"
    again = await here.post(
        "/purchases", email="zoe@example.com", tracking_code="old-link-2", purchase_code="Z-1", code=None
    )
    assert again["affiliate"]["email"] == "ann@partners.example"
    assert await here.exchange.differences() == []


async def test_leads_stay_with_whom_they_were_given_to(there: World, here: Here, url: str) -> None:
    await here.move(url)
    for account in (there, here):
        await account.settings(attribution={"first_affiliate_wins": False})
        bought = await account.post(
            "/purchases", email="jo@example.com", tracking_code="old-link-1", purchase_code="J-9"
        )
        assert bought["affiliate"]["email"] == "ann@partners.example"
    assert await here.exchange.differences() == []


async def test_dashboards_keep_their_links_and_the_shop_its_address(
    there: World, here: Here, url: str
) -> None:
    await here.move(url)
    theirs, ours = await there.get("/affiliates"), await here.get("/affiliates")
    assert [a["affiliate_dashboard_url"] for a in ours] == [a["affiliate_dashboard_url"] for a in theirs]
    assert [a["affiliate_url"] for a in ours] == [a["affiliate_url"] for a in theirs]


async def test_a_dashboard_link_of_somebody_elses_is_not_taken_over(
    there: World, here: Here, url: str
) -> None:
    ann = await there.get("/affiliates/by_email", email="ann@partners.example")
    token = ann["affiliate_dashboard_url"].rpartition("/")[2]
    other = await new_exchange(here.database, {"slug": "other", "takes_other_hosts": False})
    mine, _ = await affiliates.create(here.database, other.actor, AffiliateInput(email="x@partners.example"))
    async with here.database.connection() as connection:
        await connection.execute("UPDATE affiliates SET dashboard_token = $1 WHERE id = $2", token, mine.id)
    notes = await here.move(url)
    moved = await here.get("/affiliates/by_email", email="ann@partners.example")
    assert moved["affiliate_dashboard_url"] != ann["affiliate_dashboard_url"]
    assert any("the dashboard has a new link" in note for note in notes)


async def test_nothing_is_earned_anew_when_a_moved_purchase_comes_again(here: Here, url: str) -> None:
    await here.move(url)
    before = await here.get("/commissions", per_page=200)
    await here.post("/purchases", 200, email="jo@example.com", purchase_code="A-2", purchase_amount="600")
    assert await here.get("/commissions", per_page=200) == before
    assert await here.exchange.differences() == []


async def test_cancelling_a_moved_purchase_cancels_what_is_unpaid_and_takes_back_what_is_paid(
    here: Here, url: str
) -> None:
    await here.move(url)
    [found] = [p for p in await here.get("/purchases") if p["purchase_code"] == "A-1"]
    await here.delete(f"/purchases/{found['id']}")
    amounts = [(c["amount"], c["status"]) for c in await here.get(f"/purchases/{found['id']}/commissions")]
    assert sorted(amounts) == [("-8.0", "due"), ("1.6", "cancelled"), ("8.0", "paid")]
    assert await here.exchange.differences() == []


async def test_ids_go_on_behind_those_that_came(there: World, here: Here, url: str) -> None:
    await here.move(url)
    for path, body in (
        ("/affiliates", {"email": "late@partners.example"}),
        ("/leads", {"email": "late@example.com"}),
        ("/visitors", {}),
        ("/purchases", {"email": "late@example.com"}),
    ):
        made = await here.post(path, **body)
        assert made["id"] > max(row["id"] for row in await there.get(path, per_page=200))


async def test_ids_that_are_taken_here_give_way_and_everything_still_fits_together(
    there: World, here: Here, gate: Gate, url: str
) -> None:
    gate.per_page = 50
    own = await here.post("/affiliates", email="mine@partners.example", affiliate_code="mine")
    for number in range(3):
        await here.post("/leads", email=f"own-{number}@example.com", code="mine")
        await here.post("/purchases", email=f"own-{number}@example.com", purchase_amount="5")
        await here.post(f"/affiliates/{own['id']}/commissions", amount="2")
    await here.settings(site_url=SITE)
    before = await everything(here)
    notes = await here.move(url)
    after = await everything(here)
    assert _not_of_plans(notes) == []
    for name in ("affiliates", "leads", "visitors", "purchases"):
        assert [row for row in after[name] if row in before[name]] == before[name]
    theirs = await everything(there)
    assert _without_ids(after, before) == _without_ids(theirs, {})
    assert await here.differing(url) == []
    assert await here.exchange.differences() == []
    assert await here.move(url) == []
    assert await everything(here) == after


async def test_what_is_here_by_its_address_or_code_stays_as_it_is(there: World, here: Here, url: str) -> None:
    await here.post("/affiliates", email="ANN@partners.example", affiliate_code="mine", first_name="Annie")
    await here.post("/affiliates", email="thief@partners.example", affiliate_code="BOB")
    await here.post("/leads", email="JO@example.com", last_name="Bloggs")
    notes = await here.move(url)
    ann = await here.get("/affiliates/by_email", email="ann@partners.example")
    assert (ann["first_name"], ann["affiliate_code"]) == ("Annie", "mine")
    jo = await here.get("/leads/by_email", email="jo@example.com")
    assert (jo["last_name"], jo["first_name"], jo["status"]) == ("Bloggs", None, "Customer")
    assert "affiliate bob@partners.example: the code bob is another affiliate's here" in notes
    old = await here.post("/visitors", url="https://shop.acme.example/?afmc=annold")
    assert old["affiliate"] == {"id": ann["id"], "email": "ANN@partners.example"}
    assert await here.differing(url) == []
    assert await here.exchange.differences() == []


async def test_a_purchase_that_was_here_before_keeps_its_own_commissions(here: Here, url: str) -> None:
    await here.post("/purchases", email="jo@example.com", purchase_code="A-1", purchase_amount="80")
    notes = await here.move(url)
    assert sum("its purchase was here before" in note for note in notes) == 2
    assert {line.partition(":")[0] for line in await here.differing(url)} >= {"commissions"}
    assert await here.exchange.differences() == []


async def test_an_affiliate_made_here_meanwhile_gets_no_second_row(here: Here, url: str, gate: Gate) -> None:
    await here.move(url)
    wanted = AffiliateInput(email="ann@partners.example")
    _, is_made = await affiliates.create(here.database, here.exchange.actor, wanted)
    assert not is_made
    assert "/v1/custom_fields" not in gate.paths


def _without_ids(found: dict[str, Any], own: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Rows by what they say of each other in words, without those that were here before, in one order."""
    shown = {}
    for name in ("affiliates", "leads", "visitors", "purchases", "commissions"):
        rows = [row for row in _rows(found, name) if row not in _rows(own, name)]
        plain = [{key: _in_words(value) for key, value in row.items() if not _is_id(key)} for row in rows]
        shown[name] = sorted(plain, key=repr)
    return shown


def _rows(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows: Any = found.get(name, [])
    listed: list[dict[str, Any]] = rows["commissions"] if isinstance(rows, dict) else rows
    return listed


def _is_id(name: str) -> bool:
    return name == "id" or name.endswith("_id")


def _in_words(value: Any) -> Any:
    return {k: v for k, v in value.items() if k != "id"} if isinstance(value, dict) else value
