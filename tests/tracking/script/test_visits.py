"""Visits in a real browser: once each, over sub-domains, within single-page applications."""

from playwright.async_api import Browser, Page
from tests.tracking.script.conftest import KEY, Site

VISIT = f"<script>LeadDyno.key = '{KEY}'; LeadDyno.recordVisit();</script>"


async def test_a_page_tells_its_address_and_its_referrer(site: Site, page: Page) -> None:
    site.page("/from", f"<a id=go href='{site.at('/to?afmc=abc#_l_spring')}'>go</a>", script="")
    site.page("/to", VISIT)

    await page.goto(site.at("/from"))
    await page.click("#go")
    await site.until(lambda: site.taken)

    kind, body = site.taken[0]
    assert kind == "visit"
    assert body["k"] == KEY
    assert body["u"] == site.at("/to?afmc=abc#_l_spring")
    assert body["r"] == site.at("/from")
    assert len(body["t"]) == len(body["n"]) == 36
    assert "e" not in body


async def test_the_same_address_twice_in_a_page_counts_once(site: Site, page: Page) -> None:
    site.page("/", VISIT + "<script>LeadDyno.recordVisit()</script>")

    await page.goto(site.at("/"))
    outcome = await page.evaluate("LeadDyno.recordVisit()")
    await site.until(lambda: site.taken)

    assert outcome == {"ok": True}
    assert site.kinds() == ["visit"]


async def test_sub_domains_share_one_visitor(site: Site, browser: Browser) -> None:
    site.page(
        "/", f"<script>LeadDyno.key = '{KEY}'; LeadDyno.domain = 'shop.test'; LeadDyno.recordVisit()</script>"
    )
    context = await browser.new_context()
    page = await context.new_page()

    for host in ("www.shop.test", "pay.shop.test", "www.shop.test"):
        await page.goto(site.at("/", host))
    await site.until(lambda: len(site.kinds()) == 3)

    assert len({body["t"] for _, body in site.taken}) == 1
    (cookie,) = await context.cookies(site.at("/", "other.shop.test"))
    assert cookie["name"] == "_ldy"
    assert cookie["value"].split(".")[:2] == ["1", site.taken[0][1]["t"]]
    assert cookie["path"] == "/"
    assert cookie["sameSite"] == "Lax"


async def test_the_domain_may_be_set_after_the_first_call(site: Site, browser: Browser) -> None:
    site.page("/", VISIT + "<script>LeadDyno.domain = 'shop.test'</script>")
    context = await browser.new_context()
    page = await context.new_page()

    await page.goto(site.at("/", "www.shop.test"))
    await page.goto(site.at("/", "pay.shop.test"))
    await site.until(lambda: len(site.taken) == 2)

    assert len({body["t"] for _, body in site.taken}) == 1
    assert [cookie["domain"] for cookie in await context.cookies()] == [".shop.test"]


async def test_another_path_within_the_page_is_a_visit_and_other_states_are_none(
    site: Site, page: Page
) -> None:
    site.page("/app", VISIT)

    await page.goto(site.at("/app"))
    await page.evaluate("history.pushState({}, '', '/app/prices')")
    await page.evaluate("history.replaceState({}, '', '/app/prices?tab=2')")
    await page.evaluate("location.hash = '#section'")
    await page.evaluate("location.hash = '#/route'")
    await page.evaluate("history.pushState({}, '', '/app/contact')")
    await page.go_back()
    await site.until(lambda: len(site.taken) == 4)

    addresses = [(body["u"], body.get("r")) for _, body in site.taken]
    assert [address for address, _ in addresses] == [
        site.at("/app"),
        site.at("/app/prices"),
        site.at("/app/prices?tab=2#/route"),
        site.at("/app/contact"),
    ]
    assert addresses[1][1] == site.at("/app")
    assert len({body["t"] for _, body in site.taken}) == 1


async def test_following_pages_within_the_page_can_be_switched_off(site: Site, page: Page) -> None:
    site.page("/app", f"<script>LeadDyno.spa = false</script>{VISIT}")

    await page.goto(site.at("/app"))
    await page.evaluate("history.pushState({}, '', '/app/prices')")
    await page.evaluate("LeadDyno.recordLead('a@example.com')")

    assert site.kinds() == ["visit", "lead"]


async def test_the_affiliate_and_the_channel_of_a_page_are_sent_along(site: Site, page: Page) -> None:
    named = (
        "<script>window.lead_dyno_affiliate_email = 'aff@example.com'; LeadDyno.channel = 'radio'</script>"
    )
    site.page("/", named + VISIT)

    await page.goto(site.at("/"))
    await site.until(lambda: site.taken)

    assert site.taken[0][1]["a"] == "aff@example.com"
    assert site.taken[0][1]["ch"] == "radio"
