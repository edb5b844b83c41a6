"""The readable page in a real browser: every operation, light and dark, wide and narrow."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from litestar import Litestar
from playwright.async_api import Browser, async_playwright

from leadyard.own_api.app import SECTIONS
from leadyard.own_api.document import build_document

CHROMIUM = os.environ.get("LEADYARD_TEST_CHROMIUM", "/usr/bin/chromium")
VIEWS = [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)]


@pytest.fixture
async def url(app: Litestar) -> AsyncIterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve([listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/docs"
    server.should_exit = True
    await serving


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
async def test_the_page_shows_every_operation_without_sideways_scrolling(
    url: str, browser: Browser, scheme: str, width: int
) -> None:
    page = await browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(request.url))

    response = await page.goto(url)

    assert response is not None
    assert response.status == 200
    document = build_document(SECTIONS)
    operations = [
        operation["operationId"] for item in document["paths"].values() for operation in item.values()
    ]
    assert await page.locator("details.operation").count() == len(operations)
    await page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await page.locator("#createCampaign").get_by_text("curl -X POST").count() == 1
    back = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert back == ("rgb(20, 24, 27)" if scheme == "dark" else "rgb(251, 251, 249)")
    assert complaints == []


async def test_an_operation_opens_by_keyboard(url: str, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(url)
    summary = page.locator("#createCampaign > summary")

    await summary.focus()
    await page.keyboard.press("Enter")

    assert await page.locator("#createCampaign").get_attribute("open") is not None
    assert await page.locator("#createCampaign").get_by_role("table", name="Body").is_visible()
