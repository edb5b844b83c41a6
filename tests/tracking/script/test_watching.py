"""Forms that are watched, and the tracking id in links and forms."""

from playwright.async_api import Page
from tests.tracking.script.conftest import KEY, Site

START = f"<script>LeadDyno.key = '{KEY}';</script>"


async def test_every_input_is_watched_also_those_that_come_later_and_each_address_counts_once(
    site: Site, page: Page
) -> None:
    site.page("/", START + "<input id=one><input id=two type=email><div id=room></div>")
    await page.goto(site.at("/"))
    await page.evaluate("() => { window.seen = []; LeadDyno.autoWatch((email) => window.seen.push(email)) }")

    await page.fill("#one", "not an address")
    await page.fill("#two", "first@example.com")
    await page.press("#two", "Tab")
    await page.evaluate("document.querySelector('#room').innerHTML = '<form><input id=late></form>'")
    await page.fill("#late", "first@example.com")
    await page.press("#late", "Tab")
    await page.fill("#late", "second@example.com")
    await page.press("#late", "Tab")
    await site.until(lambda: site.kinds().count("lead") == 2)
    await page.wait_for_function("window.seen.length === 2")

    assert await page.evaluate("window.seen") == ["first@example.com", "second@example.com"]
    assert site.kinds() == ["visit", "lead", "lead"]


async def test_an_address_in_a_submitted_form_is_recorded_though_the_page_is_left(
    site: Site, page: Page
) -> None:
    site.page("/", START + "<form action=/done><input id=email name=email><button>go</button></form>")
    site.page("/done", "done", script="")
    await page.goto(site.at("/"))
    await page.evaluate(
        "() => { LeadDyno.autoWatch(); document.querySelector('#email').value = 'a@example.com' }"
    )

    await page.click("button")
    await page.wait_for_url("**/done*")
    await site.until(lambda: "lead" in site.kinds())


async def test_an_address_is_recorded_once_it_is_typed_though_its_field_is_not_left(
    site: Site, page: Page
) -> None:
    site.page("/", START + "<script>LeadDyno.autoWatch()</script><input id=one><input id=two>")
    await page.goto(site.at("/"))

    await page.type("#one", "jo@example.com")
    await site.until(lambda: "lead" in site.kinds())
    await page.press("#one", "Tab")
    await page.evaluate(
        "() => { const two = document.querySelector('#two'); two.value = 'ann@example.com';"
        " two.dispatchEvent(new Event('blur')) }"
    )
    await site.until(lambda: site.kinds().count("lead") == 2)

    assert [body["e"] for kind, body in site.taken if kind == "lead"] == ["jo@example.com", "ann@example.com"]


async def test_what_is_filled_in_when_the_page_loads_is_recorded_once_but_not_what_is_hidden(
    site: Site, page: Page
) -> None:
    site.page(
        "/",
        START + "<script>LeadDyno.autoWatch(); LeadDyno.watch('.mail')</script>"
        "<form><input type=hidden name=business value=shop@example.com>"
        "<input class=mail value=jo@example.com><input value=half@example></form>",
    )
    await page.goto(site.at("/"))
    await site.until(lambda: "lead" in site.kinds())
    await page.focus(".mail")
    await page.press(".mail", "Tab")
    await page.evaluate("LeadDyno.recordCancellation()")

    assert [body["e"] for kind, body in site.taken if kind == "lead"] == ["jo@example.com"]


async def test_only_inputs_that_match_the_selector_are_watched(site: Site, page: Page) -> None:
    site.page(
        "/", START + "<input id=other><input id=mine class=mail><input id=word type=password class=mail>"
    )
    await page.goto(site.at("/"))
    await page.evaluate("() => { LeadDyno.watch('.mail') }")

    for name, email in (
        ("#other", "other@example.com"),
        ("#word", "word@example.com"),
        ("#mine", "me@example.com"),
    ):
        await page.fill(name, email)
        await page.press(name, "Tab")
    await site.until(lambda: "lead" in site.kinds())
    await page.evaluate("LeadDyno.recordCancellation()")

    assert [body["e"] for kind, body in site.taken if kind == "lead"] == ["me@example.com"]


async def test_the_placeholder_becomes_the_tracking_id_now_and_later(site: Site, page: Page) -> None:
    site.page(
        "/",
        "<a id=plain href='https://pay.test/?v={{leaddyno.visit.id}}'>a</a>"
        "<a id=coded href='https://pay.test/?v=%7B%7Bleaddyno.visit.id%7D%7D'>b</a>"
        "<form><input id=field type=hidden value='x-{{leaddyno.visit.id}}'></form><div id=room></div>"
        + START
        + "<script>LeadDyno.recordVisit()</script>",
    )
    await page.goto(site.at("/"))
    await page.evaluate(
        "document.querySelector('#room').innerHTML = '<a id=late href=\"/x?v={{leaddyno.visit.id}}\">c</a>'"
    )
    await page.wait_for_function("!document.querySelector('#late').href.includes('leaddyno')")

    visit = await page.evaluate("LeadDyno.devTools.getTrackingId()")
    assert await page.get_attribute("#plain", "href") == f"https://pay.test/?v={visit}"
    assert await page.get_attribute("#coded", "href") == f"https://pay.test/?v={visit}"
    assert await page.get_attribute("#late", "href") == f"/x?v={visit}"
    assert await page.input_value("#field") == f"x-{visit}"


async def test_providers_links_and_buttons_carry_the_tracking_id(site: Site, page: Page) -> None:
    site.page(
        "/",
        "<form id=paypal action='https://www.paypal.com/cgi-bin/webscr'></form>"
        "<a id=chargebee href='https://x.chargebee.com/hosted_pages/plans/basic'>b</a>"
        "<a id=coinbase class=coinbase-button href='https://www.coinbase.com/checkouts/1'>c</a>"
        "<form id=cart action='/cart/add'></form>"
        + START
        + "<script>LeadDyno.initPaypal(); LeadDyno.initCoinbase(); LeadDyno.initChargebee();"
        "LeadDyno.initShopify();</script>",
    )
    await page.goto(site.at("/"))
    visit = await page.evaluate("LeadDyno.devTools.getTrackingId()")

    assert await page.input_value("#paypal input[name=custom]") == visit
    assert f"subscription%5Baffiliate_token%5D={visit}" in (
        await page.get_attribute("#chargebee", "href") or ""
    )
    assert await page.get_attribute("#coinbase", "data-custom") == visit
    assert await page.input_value("#cart input[name='attributes[leaddyno_visit_id]']") == visit
