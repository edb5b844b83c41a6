"""An id is given out once, also when the database dies while the processes that hold ids live on."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.processes.installation import eventually

from leadyard.storage.counters import IdBlocks
from leadyard.storage.database import Database
from leadyard.storage.embedded import EmbeddedPostgres
from leadyard.storage.embedded.postmaster import find_postmaster
from leadyard.storage.migrate import upgrade


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    # As root the server runs as another user, who could not reach pytest's own folder for temporary files.
    with tempfile.TemporaryDirectory(prefix="leadyard-ids-") as folder:
        Path(folder).chmod(0o711)
        started = EmbeddedPostgres(Path(folder) / "data")
        upgrade(started.start())
        yield started
        started.stop()


async def test_a_block_that_was_claimed_just_before_the_crash_is_not_given_out_again(
    server: EmbeddedPostgres,
) -> None:
    given: list[int] = []
    for _ in range(5):
        database = Database(server.dsn, size=2)
        await database.open()
        given += await IdBlocks(database, "leads").take(1, 100)
        found = find_postmaster(server.cluster_dir)
        assert found is not None
        os.kill(found.process_id, signal.SIGKILL)
        await database.close()
        await asyncio.to_thread(eventually, server.ensure_running)
    assert len(set(given)) == len(given)
