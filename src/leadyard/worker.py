"""The worker process: sends leads and webhooks, runs jobs, folds roll-ups."""

import asyncio
import os
import signal
import socket

import structlog
import uvloop

from leadyard import memory, supervisor_lifeline
from leadyard.app import WorkerParts
from leadyard.kit.errors import UnavailableError
from leadyard.kit.waiting import pause
from leadyard.logs import configure_logs
from leadyard.reports.jobs import fold_all
from leadyard.settings import Settings
from leadyard.storage.database import Database
from leadyard.storage.sealing import require_known_keys

_log = structlog.get_logger(__name__)
_FOLD_SECONDS = 5.0


def run(settings: Settings, dsn: str) -> None:
    """Work until SIGTERM, then finish what is in flight."""
    configure_logs(settings.log_level, as_json=settings.log_json)
    uvloop.run(serve(settings, dsn))


async def serve(settings: Settings, dsn: str) -> None:
    """Run all background loops until a signal comes or the supervisor is gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    supervisor_lifeline.watch(lambda: os.kill(os.getpid(), signal.SIGTERM))
    database = Database(dsn, size=12, vault=settings.vault)
    await database.open_patiently(stop)
    if not stop.is_set():
        await require_known_keys(database)
        parts = WorkerParts(database, settings, f"{socket.gethostname()}:{os.getpid()}")
        await parts.open()
        memory.settle()
        try:
            await asyncio.gather(
                parts.delivery.run(stop),
                parts.webhooks.run(stop),
                parts.files.run(stop),
                parts.resumer.run(stop),
                parts.jobs.run(stop),
                parts.release_rules.run(stop),
                parts.pruner.run(stop),
                parts.imports.run(stop),
                parts.responders.run(stop),
                parts.events.run(stop),
                parts.commissions.run(stop),
                parts.payouts.run(stop),
                parts.mails.run(stop),
                fold_until(database, stop),
            )
        finally:
            await parts.close()
    await database.close()


async def fold_until(database: Database, stop: asyncio.Event) -> None:
    """Fold roll-up deltas into hours every few seconds."""
    while not stop.is_set():
        try:
            await fold_all(database)
        except UnavailableError as error:
            _log.warning("folding failed", error=str(error))
        await pause(stop, _FOLD_SECONDS)
