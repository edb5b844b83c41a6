"""Every operation of the document, called with generated requests over a socket: never a 5xx, always as documented."""

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks
from tests.vault import VAULT

from leadyard.affiliates.affiliates.api import section as affiliates_section
from leadyard.affiliates.affiliates.api_lists import FIELDS, GROUPS
from leadyard.affiliates.program.api import SECTION as PROGRAM
from leadyard.affiliates.traffic_campaigns.api import SECTION as TRAFFIC_CAMPAIGNS
from leadyard.campaigns import service
from leadyard.campaigns.configuration import Configuration
from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.own_api.app import SECTIONS, create
from leadyard.own_api.document import build_document
from leadyard.storage.database import Database

CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
    openapi_checks.unsupported_method,
]

KEYS_TO_SPARE = 20
"""Generated calls take small ids, so the key that the other calls are made with has a larger one."""

ResultT = TypeVar("ResultT")

PROGRAMME = (PROGRAM, affiliates_section("https://leads.example.com"), GROUPS, FIELDS, TRAFFIC_CAMPAIGNS)
schema = schemathesis.openapi.from_dict(build_document((*SECTIONS, *PROGRAMME)))


class Server:
    """The own API on a loopback socket, in a thread with a loop of its own."""

    def __init__(self, dsn: str) -> None:
        self.database = Database(dsn, size=4, vault=VAULT)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        app = create(self.database, Configuration(self.database), more_sections=PROGRAMME)
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        self.serving: Future[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def start(self) -> None:
        self.thread.start()
        self.run(self.database.open())
        self.actor = self.run(set_up(self.database))
        for _ in range(KEYS_TO_SPARE):
            self.key = self.run(make_key(self.database, self.actor))
        self.serving = asyncio.run_coroutine_threadsafe(self.server.serve([self.listener]), self.loop)

    def stop(self) -> None:
        assert self.serving is not None
        self.server.should_exit = True
        self.serving.result(20)
        self.run(self.database.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(20)
        self.loop.close()

    def key_for(self, path: str) -> str:
        """The shared key, or one of its own for a call that may revoke or change it."""
        if "/keys/" in path:
            return self.run(make_key(self.database, self.actor))
        return self.key

    def run(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)


async def set_up(database: Database) -> Actor:
    """Something under the first ids."""
    account = await identity.create_account(database, name="Agency", slug="agency")
    actor = Actor(account.id, "tester")
    await service.campaigns.create(database, actor, {"reference": "C1", "name": "First"})
    await service.suppliers.create(database, actor, {"name": "Bright Media"})
    await service.buyers.create(database, actor, {"company": "Sunrise"})
    await service.deliveries.create(database, actor, {"campaign_id": 1, "buyer_id": 1, "reference": "Store"})
    await service.webhooks.create(database, actor, {"url": "https://example.com/hook"})
    return actor


async def make_key(database: Database, actor: Actor) -> str:
    """A key that may read and write the set-up."""
    document = {"reference": "Fuzz", "settings": {"permissions": ["Set-up > Read", "Set-up > Write"]}}
    return (await identity.create_key(database, actor, document))[1]


@pytest.fixture(scope="module")
def server(server_dsn: str, template_name: str) -> Iterator[Server]:
    name = f"fuzz_{template_name}"[:63]
    asyncio.run(on_server(server_dsn, f'CREATE DATABASE "{name}" TEMPLATE "{template_name}"'))
    server = Server(urlunsplit(urlsplit(server_dsn)._replace(path=f"/{name}")))
    server.start()
    yield server
    server.stop()
    asyncio.run(on_server(server_dsn, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def on_server(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@schema.parametrize()
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_generated_requests_are_answered_as_the_document_says(case: Any, server: Server) -> None:
    case.call_and_validate(
        base_url=server.url, headers={"Authorization": f"Bearer {server.key_for(case.path)}"}, checks=CHECKS
    )
