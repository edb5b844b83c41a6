"""Places for embedded servers, which are all stopped at the end, and SQL on them."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from leadyard.storage.embedded import EmbeddedPostgres
from leadyard.storage.embedded.postmaster import find_postmaster


@pytest.fixture
def root() -> Iterator[Path]:
    """Lend a folder that every account may enter; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="ly-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def open_dir(root: Path) -> Path:
    """Lend a data directory's path that every account can reach."""
    return root / "data"


@pytest.fixture
def closed_dir(root: Path) -> Path:
    """Lend a data directory below a folder that only its owner may enter."""
    folder = root / "closed"
    folder.mkdir(mode=0o700)
    return folder / "data"


@pytest.fixture
def server(root: Path) -> Iterator[Callable[[Path], EmbeddedPostgres]]:
    """Make servers of data directories, with `root / "system"` in the place of /var/lib/leadyard."""
    made: list[EmbeddedPostgres] = []

    def make(data_dir: Path) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(data_dir, system_dir=root / "system"))
        return made[-1]

    yield make
    for each in reversed(made):
        each.stop()


@pytest.fixture
def query() -> Callable[[str, str], Any]:
    """Run one statement on a DSN and return its single value."""

    async def run(dsn: str, sql: str) -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return lambda dsn, sql: asyncio.run(run(dsn, sql))


@pytest.fixture
def kill() -> Callable[[EmbeddedPostgres], int]:
    """Kill a server with SIGKILL, wait until its process is gone, and return its number."""

    def kill(server: EmbeddedPostgres) -> int:
        found = find_postmaster(server.cluster_dir)
        assert found is not None
        os.kill(found.process_id, signal.SIGKILL)
        while server.is_running():
            time.sleep(0.01)
        return found.process_id

    return kill
