"""The affiliates' pages on a real socket, and whoever looks at them with a browser or a plain client."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.async_api import Browser, async_playwright
from tests.exchange import Exchange

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.affiliates.inputs import AffiliateInput
from leadyard.affiliates.model import Affiliate
from leadyard.affiliates.program import service as programs
from leadyard.app import Services
from leadyard.kit import clock
from leadyard.settings import Settings
from leadyard.storage.database import Database
from leadyard.web import Web

CHROMIUM = os.environ.get("LEADYARD_TEST_CHROMIUM", "/usr/bin/chromium")
PASSWORD = "correct horse battery"
_INPUT = re.compile(r'<input type="hidden" name="token" value="([^"]+)"')


class Caller(httpx.AsyncClient):
    """A browser without scripts: keeps cookies, takes the token of a form from its page."""

    async def send_form(self, page: str, to: str | None = None, **form: str) -> httpx.Response:
        """Load a page and send a form of it."""
        shown = await self.get(page)
        assert shown.status_code == 200, shown.text
        return await self.post(to or page, data={"token": token_in(shown), **form})


class Portal:
    """One account's affiliates and the address of its pages."""

    def __init__(self, exchange: Exchange, services: Services, url: str) -> None:
        self.exchange = exchange
        self.services = services
        self.database = exchange.database
        self.url = url
        self.slug = "agency"

    @property
    def account_id(self) -> int:
        return self.exchange.account_id

    def caller(self) -> Caller:
        return Caller(base_url=self.url, timeout=60)

    async def program(self, **changes: Any) -> None:
        await programs.update(self.database, self.exchange.actor, changes)

    async def affiliate(self, name: str, **members: Any) -> Affiliate:
        wanted = AffiliateInput(
            **{"email": f"{name}@example.com", "first_name": name.title(), "code": name, **members}
        )
        return (await affiliates.create(self.database, self.exchange.actor, wanted))[0]

    async def status(self, affiliate: Affiliate, action: str) -> None:
        await affiliates.set_status(self.database, self.exchange.actor, affiliate.id, action)

    async def now(self, email: str) -> Affiliate | None:
        async with self.database.connection() as connection:
            return await affiliates.by_email(connection, self.account_id, email)

    async def sign_in_path(self, affiliate: Affiliate) -> str:
        link = await affiliates.make_sign_in_link(self.database, self.exchange.actor, affiliate.id)
        return f"/p/sign_in/{link.token}"

    async def signed_in(self, affiliate: Affiliate) -> Caller:
        caller = self.caller()
        answer = await caller.get(await self.sign_in_path(affiliate))
        assert answer.status_code == 303, answer.text
        return caller

    async def earn(
        self, affiliate: Affiliate, amount: str, *, days: int = -1, note: str | None = None
    ) -> int:
        """Give an affiliate a commission that is due so many days from now."""
        made = await self.services.commissions.create_manual(
            self.account_id,
            affiliate.id,
            Decimal(amount),
            due_at=clock.now() + timedelta(days=days),
            note=note,
        )
        return made.id

    async def bring(
        self, affiliate: Affiliate, days_ago: int, clicks: int, leads: int, purchases: int
    ) -> None:
        async with self.database.connection() as connection:
            await connection.execute(
                "INSERT INTO affiliate_days (account_id, affiliate_id, subid, day, clicks, visitors, leads, purchases)"
                " VALUES ($1, $2, '', $3, $4, $4, $5, $6)",
                self.account_id, affiliate.id, clock.now().date() - timedelta(days=days_ago), clicks, leads, purchases,
            )  # fmt: skip


def token_in(answer: httpx.Response) -> str:
    """The token of the first form of a page."""
    found = _INPUT.search(answer.text)
    assert found is not None, answer.text
    return unescape(found[1])


def path_of(affiliate: Affiliate) -> str:
    """The permanent link to an affiliate's dashboard."""
    return f"/p/{affiliate.dashboard_token}"


@pytest.fixture
async def portal(database: Database, exchange: Exchange, tmp_path: Path) -> AsyncIterator[Portal]:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    services = Services(database, Settings(data_dir=tmp_path, public_base_url=url))
    web = Web(services)
    server = uvicorn.Server(
        uvicorn.Config(web, http="httptools", lifespan="off", log_config=None, access_log=False)
    )
    running = asyncio.create_task(server.serve(sockets=[listener]))
    yield Portal(exchange, services, url)
    server.should_exit = True
    await running
    await web.close()


@pytest.fixture
async def caller(portal: Portal) -> AsyncIterator[Caller]:
    async with portal.caller() as opened:
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()
