"""Leads, purchases and cancellations: every form of call, and callbacks that always fire."""

from typing import Any

import pytest
from playwright.async_api import Page
from tests.tracking.script.conftest import KEY, Site

START = f"<script>LeadDyno.key = '{KEY}';</script>"


async def answers(page: Page, call: str) -> Any:
    """Make a call with a callback, and give what the callback and the promise got, and how often it fired."""
    return await page.evaluate(
        """(call) => new Promise((resolve) => {
            let fired = 0, inside = true, got;
            const cb = (result) => { fired += 1; got = result; if (inside) fired += 100; };
            const promise = new Function("cb", "return LeadDyno." + call)(cb);
            inside = false;
            promise.then((result) => setTimeout(() => resolve({fired, got, result}), 100));
        })""",
        call,
    )


@pytest.mark.parametrize(
    ("call", "email", "data"),
    [
        ("recordLead('a@example.com', cb)", "a@example.com", {}),
        ("recordLead('a@example.com', {first_name: 'Ann'}, cb)", "a@example.com", {"first_name": "Ann"}),
        ("recordLead({email: 'a@example.com', company: 'X'}, cb)", "a@example.com", {"company": "X"}),
        ("recordLead('a@example.com', null, cb)", "a@example.com", {}),
        ("recordPurchase('a@example.com', {}, cb)", "a@example.com", {}),
        (
            "recordPurchase(null, {email: 'a@example.com', purchase_code: 'p1', line_items: {sku: 's'}}, cb)",
            "a@example.com",
            {"purchase_code": "p1", "line_items": {"sku": "s"}},
        ),
        ("recordCancellation('a@example.com', cb)", "a@example.com", {}),
    ],
)
async def test_arguments_are_told_apart_by_type(
    site: Site, page: Page, call: str, email: str, data: dict[str, Any]
) -> None:
    site.page("/", START)
    await page.goto(site.at("/"))

    told = await answers(page, call)

    assert told == {"fired": 1, "got": {"ok": True}, "result": {"ok": True}}
    assert site.kinds()[0] == "visit"
    _, body = site.taken[-1]
    assert body["e"] == email
    assert body["d"] == data


async def test_without_an_address_the_last_one_of_this_browser_counts(site: Site, page: Page) -> None:
    site.page("/", START)
    await page.goto(site.at("/"))

    nobody = await answers(page, "recordPurchase(cb)")
    await page.evaluate("LeadDyno.recordLead('a@example.com')")
    await page.goto(site.at("/"))
    bought = await answers(page, "recordPurchase({purchase_code: 'p1'}, cb)")

    assert nobody == {
        "fired": 1,
        "got": {"ok": False, "reason": "no_email"},
        "result": {"ok": False, "reason": "no_email"},
    }
    assert bought["got"] == {"ok": True}
    assert site.kinds() == ["visit", "lead", "visit", "purchase"]
    assert site.taken[-1][1]["e"] == "a@example.com"


async def test_callbacks_fire_though_the_server_hangs(site: Site, page: Page) -> None:
    site.page("/", START)
    await page.goto(site.at("/"))
    site.hangs = True

    told = await answers(page, "recordLead('a@example.com', cb)")

    assert told["fired"] == 1
    assert told["got"] == {"ok": False, "reason": "timeout"}


async def test_callbacks_fire_though_requests_are_blocked_or_the_key_is_missing(
    site: Site, page: Page
) -> None:
    site.page("/", START)
    site.page("/keyless", "")
    await page.route("**/collector/**", lambda route: route.abort())
    await page.goto(site.at("/"))
    blocked = await answers(page, "recordVisit(cb)")
    await page.goto(site.at("/keyless"))
    keyless = await answers(page, "recordVisit(cb)")

    assert blocked["got"] == {"ok": False, "reason": "timeout"}
    assert keyless["got"] == {"ok": False, "reason": "no_key"}


async def test_calls_before_the_key_wait_for_it(site: Site, page: Page) -> None:
    site.page("/", "<script>LeadDyno.recordVisit(); LeadDyno.recordLead('a@example.com')</script>")
    await page.goto(site.at("/"))
    assert site.taken == []

    await page.evaluate(f"LeadDyno.key = '{KEY}'")
    await site.until(lambda: len(site.taken) == 2)

    assert site.kinds() == ["visit", "lead"]
    assert {body["k"] for _, body in site.taken} == {KEY}


async def test_events_arrive_in_the_order_of_the_calls_and_again_after_a_failure(
    site: Site, page: Page
) -> None:
    site.page("/", START)
    await page.goto(site.at("/"))
    site.refuse_next = 2

    await page.evaluate(
        """() => { LeadDyno.recordVisit(); LeadDyno.recordLead('a@example.com');
                   return LeadDyno.recordPurchase({purchase_code: 'p1'}); }"""
    )
    await site.until(lambda: len(site.taken) >= 3)

    assert site.kinds() == ["visit", "lead", "purchase"]


async def test_leaving_the_page_right_after_a_call_loses_nothing(site: Site, page: Page) -> None:
    site.page("/", START)
    site.page("/thanks", "thanks", script="")
    site.delay_seconds = 0.3
    await page.goto(site.at("/"))

    await page.evaluate(
        """() => { LeadDyno.recordVisit(); LeadDyno.recordLead('a@example.com');
                   LeadDyno.recordPurchase({purchase_code: 'p1'}); location.href = '/thanks'; }"""
    )
    await page.wait_for_url("**/thanks")
    await site.until(lambda: len(site.kinds()) == 3)

    assert sorted(site.kinds()) == ["lead", "purchase", "visit"]


async def test_what_was_not_taken_is_sent_from_the_next_page_with_the_same_id(site: Site, page: Page) -> None:
    site.page("/", START)
    await page.goto(site.at("/"))
    await page.route("**/collector/**", lambda route: route.abort())
    await page.evaluate("() => { LeadDyno.recordLead('a@example.com') }")
    await page.wait_for_timeout(100)
    await page.unroute("**/collector/**")

    await page.goto(site.at("/"))
    await site.until(lambda: "lead" in site.kinds())

    assert site.kinds().count("lead") == 1


async def test_a_callback_that_throws_is_the_pages_own_and_stops_nothing(site: Site, page: Page) -> None:
    site.page("/", START + "<script>window.onerror = () => true</script>")
    await page.goto(site.at("/"))

    await page.evaluate("() => { LeadDyno.recordVisit(() => { throw new Error('mine') }) }")
    await page.evaluate("LeadDyno.recordLead('a@example.com')")

    assert site.kinds() == ["visit", "lead"]


async def test_every_call_returns_a_promise_that_never_rejects(site: Site, page: Page) -> None:
    site.page("/", START)
    await page.goto(site.at("/"))

    outcomes = await page.evaluate(
        """async () => Promise.all([
            await LeadDyno.recordVisit(), LeadDyno.autoWatch(), LeadDyno.autoWatch(() => {}), LeadDyno.watch(".mail"),
            LeadDyno.watch("no selector ]["), LeadDyno.initPaypal(), LeadDyno.initCoinbase(),
            LeadDyno.initChargebee(), LeadDyno.initShopify(), LeadDyno.setConsent(true), LeadDyno.setConsent(false),
        ])"""
    )

    assert [outcome["ok"] for outcome in outcomes] == [True] * 11
