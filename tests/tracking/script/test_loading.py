"""Every way in which pages load the script."""

import pytest
from playwright.async_api import Browser, Page
from tests.tracking.script.conftest import KEY, Site

from leadyard.tracking.script import ScriptPages

QUEUE = (
    f"<script>window.LeadDyno = {{key: '{KEY}', channel: 'tv', q: [['recordVisit'],"
    " ['recordLead', 'a@example.com', {first_name: 'Ann'}, () => { window.called = true }]]}</script>"
)
INSERTED = (
    "<script>const s = document.createElement('script'); s.src = '/js'; document.head.append(s)</script>"
)


@pytest.mark.parametrize(
    "loading",
    [
        "<script src=/js></script>",
        "<script async src=/js></script>",
        "<script defer src=/js></script>",
        INSERTED,
    ],
    ids=["plain", "async", "defer", "inserted"],
)
async def test_calls_that_were_queued_before_the_script_came_are_made(
    site: Site, page: Page, loading: str
) -> None:
    site.page("/", "", script=QUEUE + loading)
    site.script_delay_seconds = 0.5

    await page.goto(site.at("/"))
    await site.until(lambda: len(site.taken) == 2)
    await page.wait_for_function("window.called")

    assert site.kinds() == ["visit", "lead"]
    assert site.taken[1][1]["d"] == {"first_name": "Ann"}
    assert site.taken[1][1]["ch"] == "tv"


async def test_calls_from_onload_work(site: Site, page: Page) -> None:
    site.page(
        "/",
        "",
        script=f"<script src=/js async onload=\"LeadDyno.key='{KEY}';LeadDyno.recordVisit()\"></script>",
    )

    await page.goto(site.at("/"))
    await site.until(lambda: site.taken)

    assert site.kinds() == ["visit"]


async def test_loading_twice_does_no_harm(site: Site, page: Page) -> None:
    site.page("/", f"<script>LeadDyno.key='{KEY}'; LeadDyno.recordVisit()</script><script src=/js></script>")

    await page.goto(site.at("/"))
    await page.evaluate("LeadDyno.recordLead('a@example.com')")

    assert site.kinds() == ["visit", "lead"]


async def test_a_page_whose_script_is_blocked_works(site: Site, page: Page) -> None:
    site.page("/", "<p id=alive>alive</p>", script=QUEUE + "<script async src=/js></script>")
    await page.route("**/js", lambda route: route.abort())

    await page.goto(site.at("/"))

    assert await page.inner_text("#alive") == "alive"


async def test_the_lasting_name_satisfies_its_integrity_and_sends_to_the_server_in_it(
    site: Site, page: Page
) -> None:
    site.page("/", "", script=site.scripts.script.strict_snippet(KEY))

    await page.goto(site.at("/", "elsewhere.test"))
    await site.until(lambda: site.taken)

    assert site.taken[0][1]["u"] == site.at("/", "elsewhere.test")


async def test_a_page_with_the_snippet_is_tracked_on_after_the_public_address_has_changed(
    site: Site, page: Page
) -> None:
    site.page("/", "", script=site.scripts.script.snippet(KEY))
    site.scripts = ScriptPages(site.at("", "moved.test"))

    await page.goto(site.at("/"))
    await site.until(lambda: site.taken)

    assert site.taken[0][1]["u"] == site.at("/")


async def test_a_page_with_the_strict_snippet_runs_no_text_but_its_own(site: Site, browser: Browser) -> None:
    site.page("/", "<p id=alive>alive</p>", script=site.scripts.script.strict_snippet(KEY))
    site.scripts = ScriptPages(site.at("", "moved.test"))

    page = await browser.new_page()
    await page.goto(site.at("/"))

    assert await page.inner_text("#alive") == "alive"
    assert await page.evaluate("typeof LeadDyno") == "undefined"


async def test_another_server_can_be_named(site: Site, page: Page) -> None:
    other = site.at("/", "other.test")
    site.page("/", f"<script>LeadDyno.devTools.setServerUrl('{other}'); LeadDyno.key = '{KEY}'</script>")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    await page.goto(site.at("/"))
    await page.evaluate("LeadDyno.recordVisit()")

    assert site.at("/collector/v1/visit", "other.test") in asked
