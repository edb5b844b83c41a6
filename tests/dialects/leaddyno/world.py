"""Two accounts with LeadDyno's keys, and the dialect over them."""

from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
from tests.exchange import Exchange, new_exchange

from leadyard.affiliates.program import service as programs
from leadyard.app import Services
from leadyard.demo.program import complete_program
from leadyard.dialects.leaddyno import LeadDynoDialect
from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.settings import Settings
from leadyard.storage.database import Database

PRIVATE_KEY = "a1b2c3d4e5f60718293a4b5c6d7e8f9001020304"
PUBLIC_KEY = "0011223344556677889900aabbccddeeff001122"
OTHER_KEY = "ffeeddccbbaa00998877665544332211ffeeddcc"


class World:
    """The demo account and another one, called over ASGI as by LeadDyno's clients."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.services = Services(database, settings)
        self.dialect = LeadDynoDialect(self.services.of_leaddyno())
        transport = httpx.ASGITransport(self.dialect)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://leads.test/v1")
        self.exchange: Exchange
        self.other: Exchange

    async def build(self) -> None:
        self.exchange = await new_exchange(self.database, {"slug": "demo"})
        self.other = await new_exchange(self.database, {"slug": "other", "takes_other_hosts": False})
        await complete_program(self.database, self.exchange.actor)
        await self._key(self.exchange, KindOfKey.LEADDYNO_PRIVATE, PRIVATE_KEY)
        await self._key(self.exchange, KindOfKey.LEADDYNO_PUBLIC, PUBLIC_KEY)
        await self._key(self.other, KindOfKey.LEADDYNO_PRIVATE, OTHER_KEY)

    async def _key(self, exchange: Exchange, kind: KindOfKey, key: str) -> None:
        document = KeyInput(reference=kind.value, kind=kind)
        await identity.create_key(self.database, exchange.actor, document, key=key)

    async def settings(self, **changes: Any) -> None:
        """Change the programme's settings."""
        await programs.update(self.database, self.exchange.actor, changes)

    async def call(
        self, method: str, path: str, members: Mapping[str, Any] | None = None, *, key: str = PRIVATE_KEY
    ) -> httpx.Response:
        """Call with the members in the query, or in a JSON body where the method has one."""
        if method == "GET":
            return await self.http.get(path, params={"key": key, **(members or {})})
        body = msgspec.json.encode({"key": key, **(members or {})})
        return await self.http.request(
            method, path, content=body, headers={"content-type": "application/json"}
        )

    async def get(self, path: str, **members: Any) -> Any:
        """Call, and give what comes back when all is well."""
        answer = await self.call("GET", path, members)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, status: int = 201, /, **members: Any) -> Any:
        """Make something, and give it."""
        answer = await self.call("POST", path, members)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def delete(self, path: str, **members: Any) -> Any:
        """Cancel something, and give it."""
        answer = await self.call("DELETE", path, members)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def put(self, path: str, **members: Any) -> Any:
        """Change something, and give it."""
        answer = await self.call("PUT", path, members)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def close(self) -> None:
        await self.http.aclose()
        await self.dialect.close()
