"""The web process: one ASGI application that hands each path to the part that owns it."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable
from functools import lru_cache
from typing import cast

import structlog
import uvicorn
import uvloop
from prometheus_client import Counter

from leadyard import demo_buyer, memory, supervisor_lifeline
from leadyard.affiliates.api import sections as affiliate_sections
from leadyard.affiliates.billing.api import SECTION as BILLING
from leadyard.affiliates.decisions import Decisions
from leadyard.affiliates.pages.api import section as assets_section
from leadyard.affiliates.pages.web import PREFIXES as AFFILIATE_PREFIXES
from leadyard.affiliates.payouts.api import section as payouts_section
from leadyard.affiliates.statements.api import section as statements_section
from leadyard.app import Services
from leadyard.campaigns.api import delivery_tests
from leadyard.delivery.files.api import SECTION as DELIVERY_FILES
from leadyard.dialects.billing.app import BillingWebhooks
from leadyard.dialects.billing.taking import Taker
from leadyard.dialects.leadbyte.app import LeadByteDialect
from leadyard.dialects.leaddyno.app import LeadDynoDialect
from leadyard.exports.api import section as exports_section
from leadyard.health import Health
from leadyard.imports.api import section as imports_section
from leadyard.kit.asgi import Application, Message, Receive, Scope, Send, send_bytes, send_empty
from leadyard.kit.errors import UnavailableError
from leadyard.kit.metrics import REQUESTS
from leadyard.leads.api import sections
from leadyard.listening import BACKLOG, listen
from leadyard.logs import configure_logs
from leadyard.notices.api import SECTION as NOTICES
from leadyard.own_api import problems
from leadyard.own_api.app import create
from leadyard.own_api.docs_page import PAGE_PATH
from leadyard.responders.api import section as responders_section
from leadyard.responders.links import PREFIX as RESPONDER_PREFIX
from leadyard.settings import Settings
from leadyard.storage.database import Database
from leadyard.storage.sealing import require_known_keys
from leadyard.tracking.api import sections as tracking_sections
from leadyard.tracking.collector.app import PREFIX as COLLECTOR_PREFIX
from leadyard.tracking.collector.app import Collector
from leadyard.tracking.review_api import sections as review_sections
from leadyard.tracking.script import PATH as SCRIPT_PATH
from leadyard.tracking.script import ScriptPages
from leadyard.tracking.script.api import section as script_section

_FLUSH_SECONDS = 5.0
_FINISH_SECONDS = 20
"""For requests in flight at the end; the rest of the supervisor's 30 seconds is for what they leave behind."""
_log = structlog.get_logger(__name__)


class Web:
    """Routes by the first part of the path; everything it knows is in the table."""

    def __init__(self, services: Services) -> None:
        """Build every part over the process's services."""
        self.services = services
        self.leadbyte = LeadByteDialect(services.of_leadbyte(), services.settings.trusted_proxies)
        self.leaddyno = LeadDynoDialect(services.of_leaddyno(), services.settings.trusted_proxies)
        scripts = ScriptPages(services.settings.base_url)
        own = cast(
            Application,
            create(
                services.database,
                services.configuration,
                more_sections=(
                    *sections(services),
                    DELIVERY_FILES,
                    imports_section(services.imports),
                    delivery_tests.section(services.trial_carriers),
                    responders_section(services.ledger),
                    script_section(scripts.script),
                    *affiliate_sections(services.settings.base_url, services.purchases, services.commissions),
                    *tracking_sections(services.work_in),
                    *review_sections(Decisions(services.purchases, services.commissions)),
                    assets_section(services.settings.base_url),
                    payouts_section(services.payouts),
                    statements_section(services.exports),
                    BILLING,
                    NOTICES,
                    exports_section(services.exports),
                ),
                trusted_proxies=services.settings.trusted_proxies,
            ),
        )
        self.collector = Collector(
            services.database, services.configuration, services.settings.trusted_proxies
        )
        self.billing = BillingWebhooks(
            services.database,
            services.configuration,
            Taker(services.database, services.purchases),
            services.outbound.exchange,
        )
        self._health = Health(services)
        self._parts: list[tuple[str, str, Application]] = [
            ("/healthz", "health", self._health),
            ("/metrics", "health", self._health),
            ("/api/", "own", own),
            (COLLECTOR_PREFIX, "collector", self.collector),
            (RESPONDER_PREFIX, "responders", services.responder_pages),
            (SCRIPT_PATH, "script", scripts),
            *((prefix, "affiliates", services.affiliate_pages) for prefix in AFFILIATE_PREFIXES),
        ]
        if (services.settings.data_dir / "demo.json").exists():
            self._parts.append((demo_buyer.PATH, "demo", demo_buyer.answer))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if LeadByteDialect.owns(path):
            await self.leadbyte(scope, receive, _counted(send, "leadbyte"))
            return
        if LeadDynoDialect.owns(path):
            await self.leaddyno(scope, receive, _counted(send, "leaddyno"))
            return
        if BillingWebhooks.owns(path):
            await self.billing(scope, receive, _counted(send, "billing"))
            return
        for prefix, name, part in self._parts:
            if path.startswith(prefix):
                await part(scope, receive, _counted(send, name))
                return
        if path == "/" and scope["method"] in {"GET", "HEAD"}:
            await send_empty(send, 302, [(b"location", PAGE_PATH.encode()), (b"content-length", b"0")])
            return
        await send_bytes(
            send, 404, problems.document(404, problems.NOTHING_HERE), problems.MEDIA_TYPE.encode()
        )

    async def keep_flushing(self) -> None:
        """Write every few seconds when keys were last used."""
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            try:
                await self.leadbyte.flush()
                await self.leaddyno.flush()
            except UnavailableError as error:
                _log.warning("the last use of keys was not written", error=str(error))

    async def close(self) -> None:
        """Finish what is in flight."""
        await self.leadbyte.close()
        await self.leaddyno.close()
        await self.collector.close()
        await self.services.intake.close()


def _counted(send: Send, part: str) -> Send:
    def counting(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            _counter(part, message["status"]).inc()
        return send(message)

    return counting


@lru_cache(maxsize=256)
def _counter(part: str, status: int) -> Counter:
    return REQUESTS.labels(part, status)


def run(settings: Settings, dsn: str, *, fd: int | None = None) -> None:
    """Serve until SIGTERM, on a socket inherited by number or on the settings' address."""
    configure_logs(settings.log_level, as_json=settings.log_json)
    uvloop.run(serve(settings, dsn, listening_socket(settings, fd)))


def listening_socket(settings: Settings, fd: int | None) -> socket.socket:
    """Take over the inherited socket, or bind one of our own; raises ListenError."""
    if fd is not None:
        return socket.socket(fileno=fd)
    return listen(settings.host, settings.port)


async def serve(settings: Settings, dsn: str, listener: socket.socket) -> None:
    """Open the database, answer requests, and on SIGTERM finish those in flight."""
    database = Database(dsn, size=12, vault=settings.vault)
    await database.open_patiently(asyncio.Event())
    await require_known_keys(database)
    services = Services(database, settings)
    await services.open()
    web = Web(services)
    server = uvicorn.Server(
        uvicorn.Config(
            web,
            http="httptools",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_FINISH_SECONDS,
            backlog=BACKLOG,
        )
    )
    memory.settle()
    supervisor_lifeline.watch(lambda: os.kill(os.getpid(), signal.SIGTERM))
    flushing = asyncio.create_task(web.keep_flushing())
    try:
        await server.serve(sockets=[listener])
    finally:
        flushing.cancel()
        await web.close()
        await services.close()
        await database.close()
