"""`/healthz` for whoever balances load, `/metrics` for Prometheus."""

import asyncio

from leadyard.app import Services
from leadyard.kit import metrics
from leadyard.kit.asgi import Receive, Scope, Send, send_bytes, send_json
from leadyard.kit.errors import UnavailableError

_PATIENCE_SECONDS = 3.0

_QUEUES = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM delivery_jobs LIMIT 100000) AS j) AS delivery_jobs,
       (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE state = 0 LIMIT 100000) AS o) AS outbox,
       (SELECT count(*) FROM workers WHERE heartbeat_at > now() - interval '15 seconds') AS workers
"""

_HELP = {
    "delivery_jobs": "Leads waiting to be routed or sent, counted up to 100000.",
    "outbox": "Webhook messages waiting to be sent, counted up to 100000.",
    "workers": "Workers whose heartbeat is fresh.",
}


class Health:
    """Answers without a key: it tells nothing of any account."""

    def __init__(self, services: Services) -> None:
        """Ask the process's own database."""
        self._database = services.database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD of the two paths."""
        del receive
        if scope["method"] not in ("GET", "HEAD"):
            await send_json(send, 405, b'{"status":"error"}', [(b"allow", b"GET, HEAD")])
        elif scope["path"] == "/healthz":
            await self._healthz(send)
        elif scope["path"] == "/metrics":
            await self._metrics(send)
        else:
            await send_json(send, 404, b'{"status":"not found"}')

    async def _healthz(self, send: Send) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), self._database.connection() as connection:
                await connection.fetchval("SELECT 1")
        except (UnavailableError, TimeoutError):
            await send_json(send, 503, b'{"status":"the database cannot be reached"}')
        else:
            await send_json(send, 200, b'{"status":"ok"}')

    async def _metrics(self, send: Send) -> None:
        try:
            async with self._database.connection() as connection:
                row = await connection.fetchrow(_QUEUES)
            gauges = (
                {f"leadyard_{name}": (_HELP[name], float(value)) for name, value in row.items()}
                if row
                else {}
            )
            gauges["leadyard_database_up"] = ("Whether the database answered.", 1)
        except UnavailableError:
            gauges = {"leadyard_database_up": ("Whether the database answered.", 0)}
        await send_bytes(send, 200, metrics.exposition(gauges), metrics.CONTENT_TYPE.encode())
