"""Where the tracking id lives: cookie, mirror, memory; with consent, and without."""

from playwright.async_api import Browser, Page
from tests.tracking.script.conftest import KEY, Site

VISIT = f"<script>LeadDyno.key = '{KEY}'; LeadDyno.recordVisit();</script>"
REFUSING = """
Object.defineProperty(Document.prototype, 'cookie', {get() { return '' }, set() {}});
for (const name of ['localStorage', 'sessionStorage'])
  Object.defineProperty(window, name, {get() { throw new DOMException('refused', 'SecurityError') }});
"""


async def test_the_id_comes_back_from_the_mirror_when_cookies_are_cleared(
    site: Site, browser: Browser
) -> None:
    site.page("/", VISIT)
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(site.at("/"))

    await context.clear_cookies()
    await page.goto(site.at("/?again"))
    await site.until(lambda: len(site.kinds()) == 2)

    assert len({body["t"] for _, body in site.taken}) == 1
    assert len(await context.cookies()) == 1


async def test_a_browser_that_refuses_storage_is_counted_and_the_page_works(site: Site, page: Page) -> None:
    site.page("/", VISIT + "<p id=alive>alive</p>")
    await page.add_init_script(REFUSING)

    await page.goto(site.at("/"))
    outcome = await page.evaluate("LeadDyno.recordLead('a@example.com')")

    assert outcome == {"ok": True}
    assert await page.inner_text("#alive") == "alive"
    assert site.kinds() == ["visit", "lead"]
    assert len({body["t"] for _, body in site.taken}) == 1


async def test_nothing_is_stored_or_sent_before_consent(site: Site, browser: Browser) -> None:
    site.page(
        "/", f"<script>LeadDyno.consent = 'required'; LeadDyno.key = '{KEY}'; LeadDyno.recordVisit()</script>"
    )
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(site.at("/"))
    outcome = await page.evaluate("LeadDyno.recordLead('a@example.com')")

    assert outcome == {"ok": False, "reason": "no_consent"}
    assert await context.cookies() == []
    assert await page.evaluate("localStorage.length") == 0
    assert site.taken == []

    await page.evaluate("LeadDyno.setConsent(true)")
    await site.until(lambda: len(site.taken) == 2)
    assert site.kinds() == ["visit", "lead"]
    assert len(await context.cookies()) == 1


async def test_refused_consent_drops_what_waited_and_forgets_the_visitor(
    site: Site, browser: Browser
) -> None:
    site.page("/", VISIT)
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(site.at("/"))
    await site.until(lambda: site.taken)

    await page.evaluate("LeadDyno.setConsent(false)")
    outcome = await page.evaluate("LeadDyno.recordLead('a@example.com')")

    assert outcome == {"ok": False, "reason": "no_consent"}
    assert await context.cookies() == []
    assert await page.evaluate("localStorage.length") == 0
    assert site.kinds() == ["visit"]


async def test_consent_brings_a_known_visitor_back(site: Site, page: Page) -> None:
    site.page("/", VISIT)
    site.page(
        "/asks",
        f"<script>LeadDyno.consent = 'required'; LeadDyno.key = '{KEY}'; LeadDyno.recordVisit()</script>",
    )
    await page.goto(site.at("/"))
    await site.until(lambda: site.taken)

    await page.goto(site.at("/asks"))
    await page.evaluate("LeadDyno.setConsent(true)")
    await site.until(lambda: len(site.kinds()) == 2)

    assert len({body["t"] for _, body in site.taken}) == 1


async def test_a_wish_not_to_be_tracked_is_respected_where_the_page_says_so(site: Site, page: Page) -> None:
    site.page("/", f"<script>LeadDyno.respectDoNotTrack = true</script>{VISIT}")
    await page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})")

    await page.goto(site.at("/"))
    outcome = await page.evaluate("LeadDyno.recordLead('a@example.com')")

    assert outcome == {"ok": False, "reason": "no_consent"}
    assert site.taken == []


async def test_the_id_is_known_before_any_call_and_reset_makes_another(site: Site, page: Page) -> None:
    site.page("/", "")
    await page.goto(site.at("/"))

    first = await page.evaluate("LeadDyno.devTools.getTrackingId()")
    again = await page.evaluate("LeadDyno.devTools.getTrackingId()")
    await page.evaluate("LeadDyno.devTools.reset()")
    other = await page.evaluate("LeadDyno.devTools.getTrackingId()")

    assert first == again
    assert other != first
