"""Puts listening socket, database, migrations, demo and child processes together."""

import asyncio
import contextlib
import shutil
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from leadyard.listening import listen_for_each
from leadyard.serving.announcement import announce, wait_until_healthy
from leadyard.serving.reach import require_reachable
from leadyard.settings import Settings
from leadyard.settings_values import networks
from leadyard.storage.database import Database
from leadyard.storage.embedded import EmbeddedPostgres
from leadyard.storage.sealing import require_known_keys
from leadyard.supervisor import EXIT_OK, ChildSpec, Supervisor

READY_SECONDS = 60.0
EXIT_NOT_READY = 1
DEMO_NETWORKS = networks("127.0.0.1/32, ::1/128")
"""The demo's buyer is played by this very server, so that calls to it must be allowed."""

log = structlog.get_logger("leadyard.serve")


def serve(settings: Settings, *, demo: bool) -> int:
    """Run everything until SIGTERM or Ctrl-C and return the exit code.

    Raises ListenError, EmbeddedPostgresError, UnavailableError, SecretKeyError.
    """
    with contextlib.ExitStack() as stack:
        listeners = listen_for_each(settings.host, settings.port, settings.web_processes)
        for listener in listeners:
            stack.enter_context(listener)
        settings = msgspec.structs.replace(
            settings.with_secret_key(),
            port=listeners[0].getsockname()[1],
            allowed_networks=settings.allowed_networks + (DEMO_NETWORKS if demo else ()),
        )
        if settings.database_url is not None:
            require_reachable(settings.database_url)
            return asyncio.run(_serve(settings, listeners, settings.database_url, demo=demo))
        return asyncio.run(_serve_embedded(settings, listeners, demo=demo))


def child_specs(settings: Settings, dsn: str, listeners: Sequence[socket.socket]) -> list[ChildSpec]:
    """Return the web processes, each with a listening socket of its own, and the workers."""
    environment = settings.to_environment() | {
        "LEADYARD_DATABASE_URL": dsn,
        "PROMETHEUS_MULTIPROC_DIR": str(metrics_dir(settings)),
    }
    leadyard = (sys.executable, "-m", "leadyard")
    web = [
        ChildSpec(
            name=f"web {number}",
            command=(*leadyard, "web", "--fd", str(listener.fileno())),
            environment=environment,
            inherited_descriptors=(listener.fileno(),),
        )
        for number, listener in enumerate(listeners, 1)
    ]
    workers = [
        ChildSpec(name=f"worker {number}", command=(*leadyard, "worker"), environment=environment)
        for number in range(1, settings.worker_processes + 1)
    ]
    return web + workers


def metrics_dir(settings: Settings) -> Path:
    """Return the folder in which the processes keep their counters, so that any of them can serve the sums."""
    return settings.data_dir / "metrics"


def _forget_metrics(settings: Settings) -> None:
    # Files of processes that are gone would be summed up again with every start.
    folder = metrics_dir(settings)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


async def _serve_embedded(settings: Settings, listeners: Sequence[socket.socket], *, demo: bool) -> int:
    database = EmbeddedPostgres(settings.data_dir)
    supervisor = Supervisor(keep_database=database.ensure_running)
    supervisor.handle_signals()
    try:
        dsn = await asyncio.to_thread(database.start)
        return await _supervise(supervisor, settings, listeners, dsn, demo=demo)
    finally:
        await asyncio.to_thread(database.stop)


async def _serve(settings: Settings, listeners: Sequence[socket.socket], dsn: str, *, demo: bool) -> int:
    supervisor = Supervisor()
    supervisor.handle_signals()
    return await _supervise(supervisor, settings, listeners, dsn, demo=demo)


async def _supervise(
    supervisor: Supervisor, settings: Settings, listeners: Sequence[socket.socket], dsn: str, *, demo: bool
) -> int:
    await asyncio.to_thread(_prepare, settings, dsn, demo=demo)
    if supervisor.stopping.is_set():
        return EXIT_OK
    companions = [
        asyncio.create_task(_greet(supervisor, settings, demo=demo)),
        asyncio.create_task(_close_when_stopping(supervisor, listeners)),
    ]
    try:
        return await supervisor.run(child_specs(settings, dsn, listeners))
    finally:
        for task in companions:
            task.cancel()


def _prepare(settings: Settings, dsn: str, *, demo: bool) -> None:
    from leadyard.storage import migrate  # noqa: PLC0415 - Alembic is loaded by the one process that migrates

    migrate.upgrade(dsn)
    asyncio.run(_require_keys(settings, dsn))
    _forget_metrics(settings)
    if demo:
        from leadyard import demo as demo_account  # noqa: PLC0415 - only the demo needs it

        demo_account.prepare(dsn, settings)


async def _require_keys(settings: Settings, dsn: str) -> None:
    database = Database(dsn, size=1, vault=settings.vault)
    await database.open()
    try:
        await require_known_keys(database)
    finally:
        await database.close()


async def _greet(supervisor: Supervisor, settings: Settings, *, demo: bool) -> None:
    if await wait_until_healthy(settings, READY_SECONDS):
        supervisor.mark_ready()
        announce(settings, demo=demo)
    else:
        log.error("not ready in time", limit_seconds=READY_SECONDS)
        supervisor.stop(EXIT_NOT_READY)


async def _close_when_stopping(supervisor: Supervisor, listeners: Sequence[socket.socket]) -> None:
    # New connections are refused at once instead of waiting for processes that no longer accept any.
    await supervisor.stopping.wait()
    for listener in listeners:
        listener.close()
