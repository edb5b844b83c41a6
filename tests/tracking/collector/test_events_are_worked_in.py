"""Events become visitors, people and what follows: in order, once, and none of them is lost."""

import asyncio
import uuid
from decimal import Decimal

import pytest
from tests.tracking.collector.conftest import Page
from tests.tracking.conftest import SHOP

from leadyard.tracking.collector import store
from leadyard.tracking.collector.jobs import EventWorker
from leadyard.tracking.collector.working_in import work_in


async def test_a_visit_a_lead_and_a_purchase_are_one_story(page: Page) -> None:
    await page.send(
        "visit", t="t-1", u=f"{SHOP}?afmc=ann", r="https://www.google.com/search?q=red+shoes", ch="mail"
    )
    await page.send(
        "lead", t="t-1", e="Jo@Example.com", d={"first_name": "Jo", "custom_status": "trial", "x": 1}
    )
    await page.send("purchase", t="t-1", e="jo@example.com", d={
        "purchase_code": "P1", "purchase_amount": "50.00", "plan_code": "plus",
        "line_items": {"sku": "sku1", "quantity": 2, "amount": 15.5},
    })  # fmt: skip
    assert await page.worked_in() == 3

    [visitor], [person] = await page.rows("visitors"), await page.rows("people")
    assert (visitor["person_id"], visitor["search_term"]) == (person["id"], "red shoes")
    assert (person["email"], person["affiliate_id"], person["custom_status"]) == (
        "Jo@Example.com",
        21,
        "trial",
    )
    assert person["profile"] == {"first_name": "Jo"}
    [(buyer, purchase)] = page.notes.purchases
    assert (buyer.id, purchase.purchase_code, purchase.amount) == (person["id"], "P1", Decimal("50.00"))
    assert (purchase.line_items[0].quantity, purchase.line_items[0].amount) == (Decimal(2), Decimal("15.5"))
    assert [lead.id for lead in page.notes.leads] == [person["id"]]
    assert [seen.id for seen in page.notes.visitors] == [visitor["id"]]
    assert await page.rows("collector_events") == []


async def test_an_event_that_comes_twice_counts_once(page: Page) -> None:
    event_id = str(uuid.uuid4())
    for _ in range(2):
        await page.send("visit", t="t-1", n=event_id, u=f"{SHOP}?afmc=ann")
    await page.worked_in()
    await page.send("visit", t="t-1", n=event_id, u=f"{SHOP}?afmc=ann")
    await page.worked_in()

    assert len(await page.rows("touches")) == 1
    [day] = await page.rows("affiliate_days")
    assert day["clicks"] == 1


async def test_ids_of_events_need_not_be_uuids(page: Page) -> None:
    for number in (1, 1, 2):
        await page.send("visit", t="t-1", n=f"event-{number}", u=SHOP)
    await page.worked_in()

    assert len(await page.rows("touches")) == 2


async def test_a_purchase_without_a_code_is_known_by_its_event(page: Page) -> None:
    event_id = str(uuid.uuid4())
    await page.send("purchase", t="t-1", n=event_id, e="jo@example.com")
    await page.worked_in()

    [(_, purchase)] = page.notes.purchases
    assert purchase.purchase_code == event_id


async def test_without_an_address_a_purchase_is_of_the_visitors_person(page: Page) -> None:
    await page.send("lead", t="t-1", e="jo@example.com")
    await page.send("purchase", t="t-1", d={"purchase_amount": 3})
    await page.send("cancel", t="t-1")
    await page.worked_in()

    [person] = await page.rows("people")
    assert [buyer.id for buyer, _ in page.notes.purchases] == [person["id"]]
    assert [asking.id for asking, _ in page.notes.cancellations] == [person["id"]]


async def test_a_lead_before_its_visit_brings_its_own(page: Page) -> None:
    await page.send("lead", t="t-1", e="jo@example.com", u=f"{SHOP}?afmc=bob")
    await page.worked_in()

    [visitor], [person] = await page.rows("visitors"), await page.rows("people")
    assert (visitor["affiliate_id"], person["affiliate_id"]) == (22, 22)


@pytest.mark.parametrize("kind", ["lead", "purchase"])
async def test_the_affiliate_whom_the_page_names_later_counts_for_a_known_visitor(
    page: Page, kind: str
) -> None:
    event_id = str(uuid.uuid4())
    await page.send("visit", t="t-1", u=SHOP)
    for _ in range(2):
        await page.send(kind, t="t-1", n=event_id, e="jo@example.com", a="ann@partners.example")
    await page.worked_in()

    [visitor], [person] = await page.rows("visitors"), await page.rows("people")
    assert (visitor["affiliate_id"], person["affiliate_id"]) == (21, 21)
    assert visitor["latest_click"] is None
    assert len([touch for touch in await page.rows("touches") if touch["source"] == 4]) == 1


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"e": "no address"}, "email: is not a valid email address"),
        ({"t": "t-9"}, "email: is missing"),
        ({"e": "a@b.com", "d": {"purchase_amount": "much"}}, "purchase_amount: is not a number"),
        ({"e": "a@b.com", "d": {"line_items": ["x"]}}, "line_items: must be a list of objects"),
        ({"e": "a@b.com", "d": {"plan_code": "broken"}}, "ZeroDivisionError: a mistake"),
    ],
)
async def test_what_cannot_be_worked_in_is_set_aside_and_what_follows_goes_on(
    page: Page, members: dict[str, object], problem: str
) -> None:
    await page.send("visit", t="t-1", u=SHOP)
    await page.send("purchase", **members)
    await page.send("purchase", t="t-1", e="jo@example.com")
    assert await page.worked_in() == 3

    assert len(page.notes.purchases) == 1
    assert [row["email"] for row in await page.rows("people")] == ["jo@example.com"]
    [aside] = await page.rows("collector_problems")
    assert problem in aside["problem"]

    async with page.site.database.unit_of_work() as connection:
        assert await store.put_back(connection, page.site.account_id, aside["id"])
    assert await page.worked_in() == 1
    assert len(await page.rows("collector_problems")) == 1


async def test_many_workers_at_once_work_each_event_in_once(page: Page) -> None:
    for number in range(20):
        await page.send("visit", t=f"t-{number % 3}", u=f"{SHOP}?afmc=ann")
        await page.send("lead", t=f"t-{number % 3}", e=f"{number % 4}@example.com")
    await asyncio.gather(*(page.worked_in() for _ in range(4)))

    assert len(await page.rows("people")) == 4
    assert len(await page.rows("visitors")) == 3
    assert await page.rows("collector_problems") == []
    days = await page.rows("affiliate_days")
    assert (
        sum(d["leads"] for d in days),
        sum(d["visitors"] for d in days),
        sum(d["clicks"] for d in days),
    ) == (4, 3, 20)


async def test_the_worker_finds_the_accounts_that_have_events(page: Page) -> None:
    await page.send("visit", t="t-1", u=SHOP)
    worker = EventWorker(page.site.database, page.notes)

    assert await worker.once() == 1
    assert await worker.once() == 0


async def test_only_what_came_before_a_moment_is_worked_in_if_one_is_named(page: Page) -> None:
    await page.send("visit", t="t-1", u=SHOP)
    [event] = await page.rows("collector_events")

    assert await work_in(page.site.database, page.site.account_id, event["at"], following=page.notes) == 0
    assert len(await page.rows("collector_events")) == 1


async def test_a_worker_that_is_told_to_stop_leaves_the_rest_to_the_next(page: Page) -> None:
    for number in range(5):
        await page.send("visit", t=f"t-{number}", u=SHOP)
        await page.send("lead", t=f"t-{number}", e=f"jo.{number}@example.com")
    asked: list[None] = []

    def goes_on() -> bool:
        asked.append(None)
        return len(asked) < 3

    worker = EventWorker(page.site.database, page.notes)
    done = await worker.once(goes_on)

    assert 0 < done < 10
    assert len(await page.rows("collector_events")) == 10 - done
    assert done + await worker.once() == 10
