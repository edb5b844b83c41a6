"""Affiliates with commissions that are due, and receivers of payouts that are real servers on loopback."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from ipaddress import ip_network
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from tests.exchange import Exchange

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.affiliates.inputs import AffiliateInput
from leadyard.affiliates.commissions.service import Commissions
from leadyard.affiliates.payouts.sending import PayoutSender
from leadyard.affiliates.payouts.service import Payouts
from leadyard.delivery.transports.http import HttpTransport
from leadyard.kit import clock
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Database


class Programme:
    """One account's affiliates, with short words for what tests do."""

    def __init__(self, exchange: Exchange, sender: PayoutSender, payouts: Payouts) -> None:
        self.exchange = exchange
        self.database = exchange.database
        self.sender = sender
        self.payouts = payouts
        self._commissions = Commissions(exchange.database, Ledger(exchange.database))

    async def affiliate(self, name: str, **members: object) -> int:
        """Make an affiliate and give its id."""
        wanted = AffiliateInput(email=f"{name}@example.com", first_name=name.title(), **members)  # type: ignore[arg-type]
        made, _ = await affiliates.create(self.database, self.exchange.actor, wanted)
        return made.id

    async def earn(self, affiliate_id: int, amount: str, *, currency: str = "USD", days: int = -1) -> int:
        """Give an affiliate a commission that is due so many days from now."""
        due_at = clock.now() + timedelta(days=days)
        account_id = self.exchange.account_id
        record = await self._commissions.create_manual(
            account_id, affiliate_id, Decimal(amount), currency=currency, due_at=due_at
        )
        return record.id


class Server:
    """A receiver of payouts: answers what `answer` says, and keeps what it was sent."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, dict[str, str], str]] = []
        self.answer: Callable[[web.Request, str], Awaitable[web.StreamResponse]] = _ok
        self.url = ""

    def forms(self) -> list[dict[str, str]]:
        """Give the bodies as forms."""
        return [{name: values[0] for name, values in parse_qs(body).items()} for *_, body in self.taken]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Keep a request and answer it."""
        body = await request.text()
        self.taken.append((request.method, request.path, dict(request.headers), body))
        return await self.answer(request, body)


async def _ok(_request: web.Request, _body: str) -> web.StreamResponse:
    return web.Response(text="ok")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    receiver = Server()
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", receiver.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    receiver.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield receiver
    await runner.cleanup()


@pytest.fixture
async def programme(database: Database, exchange: Exchange) -> AsyncIterator[Programme]:
    transport = HttpTransport((ip_network("127.0.0.0/8"),))
    await transport.open()
    payouts = Payouts(database, Ledger(database))
    yield Programme(exchange, PayoutSender(database, payouts, transport.exchange), payouts)
    await transport.close()
