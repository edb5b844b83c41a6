"""A site of several sub-domains, the collector that its pages talk to, and a real browser."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from leadyard.kit.asgi import Receive, Scope, Send, read_body
from leadyard.tracking.script import ScriptPages

CHROMIUM = os.environ.get("LEADYARD_TEST_CHROMIUM", "/usr/bin/chromium")
KEY = "0123456789abcdef0123456789abcdef01234567"
_BLANK = "<!doctype html><title>page</title><link rel=icon href='data:,'>"


class Site:
    """Pages by path, the script at `/js`, and a collector that can be told to fail or to hang."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.pages: dict[str, str] = {}
        self.scripts = ScriptPages(self.at(""))
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.refuse_next = 0
        self.hangs = False
        self.delay_seconds = 0.0
        self.script_delay_seconds = 0.0

    def at(self, path: str, host: str = "shop.test") -> str:
        """Name a page of the site."""
        return f"http://{host}:{self.port}{path}"

    def page(self, path: str, html: str, *, script: str = '<script src="/js"></script>') -> None:
        """Put a page on every host of the site."""
        self.pages[path] = f"{_BLANK}{script}{html}"

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something has happened at the collector."""
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110 - what is waited for happens in a browser
                await asyncio.sleep(0.02)

    def kinds(self) -> list[str]:
        """List what was taken, in order, each event once."""
        seen: dict[str, str] = {}
        for kind, body in self.taken:
            seen.setdefault(body["n"], kind)
        return list(seen.values())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a browser."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        if ScriptPages.owns(path):
            await asyncio.sleep(self.script_delay_seconds)
            await self.scripts(scope, receive, send)
        elif path.startswith("/collector/v1/"):
            await self._collect(path, receive, send)
        else:
            html = self.pages.get(path)
            await _answer(
                send, 200 if html else 404, "text/html; charset=utf-8", (html or "nothing").encode()
            )

    async def _collect(self, path: str, receive: Receive, send: Send) -> None:
        body = await read_body(receive, 1_000_000)
        if self.hangs:
            await asyncio.sleep(60)
        await asyncio.sleep(self.delay_seconds)
        if self.refuse_next:
            self.refuse_next -= 1
            await _answer(send, 503, "application/json", b"{}")
            return
        self.taken.append((path.rpartition("/")[2], msgspec.json.decode(body)))
        await _answer(send, 200, "application/json", b'{"ok":true}')


async def _answer(send: Send, status: int, kind: str, body: bytes) -> None:
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"access-control-allow-origin", b"*"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    listener = socket.create_server(("127.0.0.1", 0))
    site = Site(listener.getsockname()[1])
    config = uvicorn.Config(site, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    yield site
    server.should_exit = True
    await serving


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--host-resolver-rules=MAP * 127.0.0.1"],
        )
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page whose every error is a failure of the test."""
    page = await browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await page.close()
    assert errors == []
