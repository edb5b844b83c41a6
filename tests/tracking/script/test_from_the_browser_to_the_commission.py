"""Real pages, a real browser, the real server: what a visitor did arrives once and is credited to who sent them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Route
from tests.exchange import Exchange, new_exchange
from tests.tracking.script.conftest import Site
from tests.tracking.script.test_storage import REFUSING

from leadyard.app import Services
from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.settings import Settings
from leadyard.storage.database import Database
from leadyard.web import Web

PLAN = {
    "code": "basic",
    "currency": "USD",
    "is_default": True,
    "lines": [{"pays_for": "purchase", "percent": "10"}, {"pays_for": "lead", "fixed": "1"}],
}
LANDING = """
<form><input id=email></form><p id=alive>alive</p>
<script>
  LeadDyno.domain = 'shop.test';
  LeadDyno.recordVisit();
  LeadDyno.autoWatch();
</script>"""
CHECKOUT = """
<script>
  LeadDyno.domain = 'shop.test';
  LeadDyno.recordPurchase('buyer@example.com', {purchase_code: 'order-1', purchase_amount: '80.00'},
                          () => { document.title = 'bought' });
</script>"""


class Yard:
    """The server under its public name, an account with an affiliate, and a reader of LeadDyno's API."""

    def __init__(
        self, exchange: Exchange, base_url: str, client: httpx.AsyncClient, keys: tuple[str, str]
    ) -> None:
        self.exchange = exchange
        self.base_url = base_url
        self._client = client
        self._private_key, self.public_key = keys

    async def get(self, path: str, **parameters: str) -> Any:
        """Ask LeadDyno's API."""
        answer = await self._client.get(f"/v1{path}", params={"key": self._private_key, **parameters})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def own(self, method: str, path: str, document: Any) -> None:
        """Ask the own API as the operator."""
        headers = {"Authorization": f"Bearer {self.exchange.key}"}
        answer = await self._client.request(method, f"/api/v1{path}", json=document, headers=headers)
        assert answer.is_success, answer.text

    def script(self) -> str:
        """Write what pages include."""
        start = f"<script>window.LeadDyno = {{key: '{self.public_key}'}}</script>"
        return f"{start}<script src='{self.base_url}/js'></script>"


@pytest.fixture
async def yard(database: Database, tmp_path: Path) -> AsyncIterator[Yard]:
    exchange = await new_exchange(database)
    keys = [
        (await identity.create_key(database, exchange.actor, KeyInput(reference=kind.value, kind=kind)))[1]
        for kind in (KindOfKey.LEADDYNO_PRIVATE, KindOfKey.LEADDYNO_PUBLIC)
    ]
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    web = Web(Services(database, Settings(data_dir=tmp_path, public_base_url=f"http://leads.test:{port}")))
    server = uvicorn.Server(uvicorn.Config(web, lifespan="off", log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve([listener]))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        yard = Yard(exchange, f"http://leads.test:{port}", client, (keys[0], keys[1]))
        await yard.own("POST", "/plans", PLAN)
        await yard.own("POST", "/affiliates", {"email": "aff@example.com", "code": "aff"})
        await yard.own("PATCH", "/affiliate-program", {"approves_tracked_purchases": True})
        yield yard
    server.should_exit = True
    await serving
    await web.close()


async def slow(route: Route) -> None:
    """Let a request wait as on a bad line."""
    await asyncio.sleep(0.7)
    await route.continue_()


@pytest.mark.parametrize("trouble", ["none", "storage refused", "slow network"])
async def test_a_visit_a_lead_and_a_purchase_over_two_hosts_arrive_once_and_are_credited(
    site: Site, browser: Browser, yard: Yard, trouble: str
) -> None:
    site.page("/", LANDING, script=yard.script())
    site.page("/checkout", CHECKOUT, script=yard.script())
    context = await browser.new_context()
    await prepare(context, trouble)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    await page.goto(site.at("/?afmc=AFF&subid=spring", "www.shop.test"))
    await page.evaluate("history.pushState({}, '', '/prices')")
    await page.fill("#email", "buyer@example.com")
    await page.press("#email", "Tab")
    await page.wait_for_timeout(1500 if trouble == "slow network" else 300)
    for _ in range(2):
        await page.goto(site.at("/checkout", "pay.shop.test"))
        await page.wait_for_function("document.title === 'bought'")

    leads = await yard.get("/leads")
    (purchase,) = await yard.get("/purchases")
    commissions = (await yard.get("/commissions"))["commissions"]
    assert errors == []
    assert [(lead["email"], lead["status"]) for lead in leads] == [("buyer@example.com", "Customer")]
    assert purchase["purchase_code"] == "order-1"
    assert purchase["affiliate"]["email"] == "aff@example.com"
    assert sorted((c["amount"], c["affiliate"]["email"]) for c in commissions) == [
        ("1.0", "aff@example.com"),
        ("8.0", "aff@example.com"),
    ]
    visitors = await yard.get("/visitors")
    if trouble != "storage refused":
        assert len(visitors) == 1
        assert visitors[0]["affiliate"]["email"] == "aff@example.com"
    subids = await yard.get(f"/affiliates/{purchase['affiliate']['id']}/subids")
    assert subids == [{"subid": "spring", "visitors": 1, "leads": 1, "purchases": 1}]
    assert await yard.exchange.differences() == []


async def prepare(context: BrowserContext, trouble: str) -> None:
    """Give a browser its trouble."""
    if trouble == "storage refused":
        await context.add_init_script(REFUSING)
    if trouble == "slow network":
        await context.route("**/collector/**", slow)
        await context.route("**/js", slow)


async def test_calls_that_wait_for_a_late_script_are_credited_too(
    site: Site, browser: Browser, yard: Yard
) -> None:
    queue = f"""<script>window.LeadDyno = {{key: '{yard.public_key}', q: [['recordVisit'],
        ['recordLead', 'late@example.com'], ['recordPurchase', {{purchase_code: 'late', purchase_amount: 10}},
        () => {{ document.title = 'bought' }}]]}}</script>"""
    site.page("/", queue + f"<script async src='{yard.base_url}/js'></script>", script="")
    page = await browser.new_page()
    await page.context.route("**/js", slow)

    await page.goto(site.at("/?afmc=aff", "www.shop.test"))
    await page.wait_for_function("document.title === 'bought'")

    (purchase,) = await yard.get("/purchases")
    assert purchase["affiliate"]["email"] == "aff@example.com"
    assert purchase["commission_amount"] == "1.0"
    assert (await yard.get("/visitors/count")) == {"count": 1}
    assert await yard.exchange.differences() == []
