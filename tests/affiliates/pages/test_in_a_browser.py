"""The pages in real Chromium: light and dark, wide and narrow, with scripts switched off."""

import base64
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from tests.affiliates.pages import pictures
from tests.affiliates.pages.conftest import PASSWORD, Portal, path_of

from leadyard.affiliates.affiliates import fields
from leadyard.affiliates.affiliates.inputs import FieldInput, FieldType
from leadyard.affiliates.model import Affiliate, PayoutMethod
from leadyard.affiliates.pages import assets
from leadyard.affiliates.pages.model import AssetInput, AssetKind
from leadyard.affiliates.payouts.model import RunInput

VIEWS = [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)]
LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren"


async def furnished(portal: Portal) -> Affiliate:
    """An affiliate with something on every page."""
    actor, database = portal.exchange.actor, portal.database
    await portal.program(pages={"title": "Tea & Friends partners", "contact_email": "partners@example.com"})
    picture = base64.b64encode(pictures.png(728, 90)).decode()
    await assets.create(
        database, actor, AssetInput(kind=AssetKind.BANNER, title="Leaderboard", image=picture)
    )
    text = "I buy my tea here: {link} - with {code} it is cheaper."
    await assets.create(database, actor, AssetInput(kind=AssetKind.TEXT, title="Newsletter", text=text))
    for wanted in (
        FieldInput(
            name="shop", label="What do you run?", field_type=FieldType.SELECT, options=("Blog", "Shop")
        ),
        FieldInput(name="news", label="Send me news about the programme", field_type=FieldType.CHECKBOX),
    ):
        await fields.create(database, actor, wanted)
    ann = await portal.affiliate("ann", last_name=LONG, paypal_email="ann@pay.example.com")
    await portal.affiliate("ben", last_name=LONG, referring_affiliate=ann.email)
    for day in range(30):
        await portal.bring(ann, day, 40 + day * 37 % 90, 4 + day * 5 % 11, day % 4)
    for amount, days in (("1250", -1), ("83.20", -1), ("12.50", -1), ("40", 20)):
        await portal.earn(
            ann, amount, days=days, note="10 % of 12500 USD, a note that is rather long for a phone"
        )
    run = await portal.services.payouts.run(actor, RunInput(method=PayoutMethod.MANUAL))
    await portal.services.payouts.mark_paid(actor, run.payouts[0].id or 0)
    await portal.earn(ann, "75.40")
    return ann


async def shown(page: Page, url: str, picture: Path) -> None:
    """Open a page and look at it: nothing sideways, nothing cut off."""
    response = await page.goto(url)
    assert response is not None
    assert response.status == 200
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), url
    await page.screenshot(path=picture)


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
async def test_every_page_fits_and_says_nothing_to_the_console(
    portal: Portal, browser: Browser, tmp_path: Path, scheme: str, width: int
) -> None:
    ann = await furnished(portal)
    context = await browser.new_context(
        viewport={"width": width, "height": 1400}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    base = f"{portal.url}{path_of(ann)}"

    for name, path in (
        ("join", f"{portal.url}/join/agency"), ("sign_in", f"{portal.url}/affiliates/agency/sign_in"),
        ("overview", base),
        *((tab, f"{base}/{tab}") for tab in ("commissions", "statements", "statements/1", "materials", "invited", "account")),
    ):  # fmt: skip
        await shown(page, path, tmp_path / f"{name.replace('/', '-')}-{scheme}-{width}.png")

    await page.goto(f"{portal.url}{await portal.sign_in_path(ann)}")
    await expect(page.get_by_role("heading", name="Hello, Ann")).to_be_visible(timeout=30_000)
    await shown(page, f"{portal.url}/affiliates/agency/account", tmp_path / f"own-{scheme}-{width}.png")
    back = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert back == ("rgb(20, 24, 27)" if scheme == "dark" else "rgb(246, 246, 243)")
    assert complaints == []
    await context.close()


async def test_somebody_signs_up_signs_in_and_sets_up_the_account_without_scripts(
    portal: Portal, browser: Browser
) -> None:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = await context.new_page()
    await page.goto(f"{portal.url}/join/agency")
    await page.get_by_label("E-mail address").fill("new@example.com")
    await page.get_by_label("First name").fill("Nora")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign up").click()
    await page.get_by_role("link", name="Sign in").click()
    await page.get_by_label("E-mail address").fill("new@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Hello, Nora")).to_be_visible(timeout=30_000)

    await page.get_by_label("Your code").fill("NORA")
    await page.get_by_role("button", name="Change").click()
    await expect(page.locator("#link")).to_contain_text("afmc=NORA", timeout=30_000)
    await page.get_by_role("link", name="12 months").click()
    await expect(page.get_by_role("img", name="Clicks from")).to_be_visible(timeout=30_000)
    await page.get_by_role("link", name="Account").click()
    await page.get_by_label("PayPal address").fill("pay@example.com")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_be_visible(timeout=30_000)
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=30_000)
    made = await portal.now("new@example.com")
    assert made is not None
    assert (made.code, made.paypal_email) == ("NORA", "pay@example.com")
    await context.close()


async def test_own_css_and_names_with_scripts_do_nothing_but_look(portal: Portal, browser: Browser) -> None:
    nasty = "</title><script>document.title='taken'</script><img src=x onerror=alert(1)>"
    css = "@import url(https://evil.example/x.css); h1 { background: url(https://evil.example/x.png); color: rgb(1, 2, 3) }"
    await portal.program(pages={"title": nasty[:200], "introduction": nasty, "css": css})
    ann = await portal.affiliate("ann", first_name=nasty, last_name=nasty)
    page = await browser.new_page()
    asked: list[str] = []
    refused: list[str | None] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: refused.append(request.failure))
    for path in (path_of(ann), f"{path_of(ann)}/account", "/join/agency"):
        await page.goto(f"{portal.url}{path}")
        assert await page.title() != "taken"
        assert await page.locator("script").count() == 0
        assert await page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(1, 2, 3)"
    assert [url for url in asked if not url.startswith((portal.url, "data:"))] == []
    assert set(refused) == {"csp"}
    await page.close()


async def test_a_keyboard_reaches_the_content_first_and_every_input_has_a_name(
    portal: Portal, browser: Browser
) -> None:
    ann = await furnished(portal)
    page = await browser.new_page()
    await page.goto(f"{portal.url}{await portal.sign_in_path(ann)}")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Skip to the content"
    await expect(page.get_by_role("heading", name="Hello, Ann")).to_be_visible(timeout=30_000)
    for path in (
        "/affiliates/agency",
        "/affiliates/agency/account",
        "/affiliates/agency/materials",
        "/join/agency",
    ):
        await page.goto(f"{portal.url}{path}")
        nameless = await page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]):not([aria-hidden]), select, textarea')]"
            ".filter(i => !i.closest('[aria-hidden]') && !i.labels.length).map(i => i.name)"
        )
        assert nameless == [], path
        assert await page.locator("h1").count() == 1
    await page.close()
