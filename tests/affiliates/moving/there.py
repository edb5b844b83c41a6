"""The account that is moved: a second Leadyard with a history, behind a real server that can be troublesome."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from tests.dialects.leaddyno.world import World

from leadyard.affiliates.affiliates import groups
from leadyard.affiliates.affiliates.inputs import GroupInput
from leadyard.dialects.leaddyno import LeadDynoDialect

LISTS = ("affiliates", "campaigns", "leads", "visitors", "purchases")
SITE = "https://shop.acme.example/start?lang=en"
_PER_PAGE = re.compile(rb"per_page=200")


class Gate:
    """Stands in front of the dialect: counts requests, gives small pages, and refuses what a test says."""

    def __init__(self, dialect: LeadDynoDialect) -> None:
        self._dialect = dialect
        self.per_page = 3
        self.paths: list[str] = []
        self.refusals: dict[int, tuple[int, bytes, bytes]] = {}
        """By the number of the request: status, Retry-After, body."""
        self.hold_from: int | None = None
        self.held = asyncio.Event()
        self._go_on = asyncio.Event()

    def release(self) -> None:
        """Let go on what is held."""
        self._go_on.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        number = len(self.paths)
        self.paths.append(scope["path"])
        if self.hold_from is not None and number >= self.hold_from:
            self.held.set()
            await self._go_on.wait()
        if number in self.refusals:
            status, retry_after, body = self.refusals[number]
            headers = [(b"retry-after", retry_after), (b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        query = _PER_PAGE.sub(b"per_page=%d" % self.per_page, scope["query_string"])
        await self._dialect({**scope, "query_string": query}, receive, send)


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """A real HTTP server in front of an application; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http="httptools", lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


async def live_a_while(there: World) -> None:
    """Give the account a history: parents, old codes, cancelled purchases, paid commissions, all that there is."""
    await there.settings(requests_per_minute=0, site_url=SITE)
    await groups.create(there.database, there.exchange.actor, GroupInput(code="gold"))
    await there.post("/affiliates", email="top@partners.example", affiliate_code="TOP", first_name="Tess")
    await there.post(
        "/affiliates", email="ann@partners.example", affiliate_code="annold", referring_affiliate="top@partners.example",
        affiliate_type="gold", custom_fields={"tax": "DE1"}, paypal_email="pay@ann.example",
    )  # fmt: skip
    ann = await there.get("/affiliates/by_email", email="ann@partners.example")
    await there.put(f"/affiliates/{ann['id']}", affiliate_code="AnnNew", referrer_domain="blog.ann.example")
    await there.post("/affiliates", email="bob@partners.example", affiliate_code="bob", unsubscribed=True)
    gone = await there.post("/affiliates", email="gone@partners.example", affiliate_code="gone")
    await there.post(f"/affiliates/{gone['id']}/archive", 200)
    await there.settings(approves_affiliates=True)
    await there.post("/affiliates", email="new@partners.example", affiliate_code="newbie")
    await there.settings(approves_affiliates=False)
    await _visit(there)
    await _buy(there, ann["id"])


async def _visit(there: World) -> None:
    for number in range(4):
        url = f"https://shop.acme.example/?afmc=annold&subid=spring&p={number}"
        await there.post(
            "/visitors", url=url, tracking_code=f"old-link-{number}", referrer="https://s.example/?q=cars"
        )
    await there.post(
        "/visitors", url="https://shop.acme.example/#_l_ExampleCampaign", tracking_code="campaign"
    )
    await there.post("/visitors", url="https://shop.acme.example/", tracking_code="direct")
    await there.post("/visitors", 200, url="https://shop.acme.example/?afmc=bob", tracking_code="direct")
    await there.post(
        "/leads", email="jo@example.com", tracking_code="old-link-0", first_name="Jo", city="Köln", custom_status="hot"
    )  # fmt: skip
    await there.post("/leads", email="kim@example.com", tracking_code="campaign")
    await there.post("/leads", email="lee@example.com", code="bob")
    await there.post("/leads", email="Max@Example.com", tracking_code="direct")
    await there.post("/leads", 200, email="jo@example.com", tracking_code="old-link-1")
    jo = await there.get("/leads/by_email", email="jo@example.com")
    await there.put(f"/leads/{jo['id']}", affiliate="top@partners.example")


async def _buy(there: World, ann: int) -> None:
    items = [
        {"sku": "sku1", "quantity": 2, "amount": 15},
        {"sku": "sku2", "amount": "20", "description": "Zwei"},
    ]
    await there.post(
        "/purchases", email="jo@example.com", purchase_code="A-1", purchase_amount="80", code="AnnNew"
    )
    await there.post(
        "/purchases", email="jo@example.com", purchase_code="A-2", purchase_amount="60", plan="plus"
    )
    await there.post("/purchases", email="lee@example.com", purchase_code="B-1", purchase_amount="50", plan="items",
                     line_items=items)  # fmt: skip
    await there.post(
        "/purchases", email="kim@example.com", purchase_code="C-1", purchase_amount="4.45", code="annold"
    )
    await there.post(
        "/purchases", email="kim@example.com", purchase_code="C-2", commission_amount_override="7.5"
    )
    await there.post("/purchases", email="max@example.com", purchase_code="D-1", purchase_amount="19.99", currency="EUR",
                     plan="gold")  # fmt: skip
    await there.post(
        "/purchases", email="pat@example.com", purchase_code="E-1", purchase_amount="9", code="newbie"
    )
    await there.post(
        "/commissions/mark_as_paid", 200, affiliate_email="ann@partners.example", purchase_code="A-1"
    )
    await there.post(
        "/commissions/mark_as_paid", 200, affiliate_email="bob@partners.example", purchase_code="B-1"
    )
    await there.delete("/purchases", purchase_code="B-1", source="refund", cancellation_code="CANCEL-1")
    await there.delete("/purchases", purchase_code="C-1", effective_date="2020-06-20")
    await there.post(f"/affiliates/{ann}/commissions", amount="12.5", note="a bonus", currency="EUR")
    await there.post(f"/affiliates/{ann}/commissions", amount="3", due_at="2099-01-01")


async def everything(world: World) -> dict[str, Any]:
    """All that an account's API shows, without what is of the installation: ids of addresses and its own host."""
    found: dict[str, Any] = {}
    for name in LISTS:
        rows = await world.get(f"/{name}", per_page=200, include_line_items="true")
        found[name] = [_of_account(row) for row in rows]
    found["commissions"] = await world.get("/commissions", per_page=200)
    for currency in ("USD", "EUR"):
        found[currency] = await world.get("/commissions/totals", currency=currency)
    return found


def _of_account(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("url", "referrer"):
        if row.get(name):
            row[name] = row[name]["url"]
    return row
