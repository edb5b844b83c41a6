"""Whatever was killed half-way, the next start puts it right."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leadyard.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError

Make = Callable[[Path], EmbeddedPostgres]
Query = Callable[[str, str], Any]
Kill = Callable[[EmbeddedPostgres], int]


def test_a_killed_server_is_started_again_with_its_data(
    server: Make, open_dir: Path, query: Query, kill: Kill
) -> None:
    postgres = server(open_dir)
    query(postgres.start(), "CREATE TABLE kept AS SELECT 7 AS number")
    for _ in range(3):
        kill(postgres)
        assert postgres.ensure_running() is True
        assert query(postgres.dsn, "SELECT number FROM kept") == 7
    assert postgres.ensure_running() is False


def test_a_killed_server_is_started_again_while_its_backends_are_busy(
    server: Make, open_dir: Path, query: Query, kill: Kill
) -> None:
    postgres = server(open_dir)
    dsn = postgres.start()
    busy = "import asyncio, asyncpg, sys\nasync def main():\n    c = await asyncpg.connect(sys.argv[1])\n"
    busy += "    print('in', flush=True)\n    await c.execute('SELECT count(*) FROM generate_series(1, 20000000)')\n"
    busy += "asyncio.run(main())"
    with subprocess.Popen(
        [sys.executable, "-c", busy, dsn], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "in\n"
        kill(postgres)
        assert postgres.ensure_running() is True
        assert query(postgres.dsn, "SELECT 1") == 1
        client.kill()


def test_the_number_of_a_dead_server_in_another_process_is_not_taken_for_it(
    server: Make, open_dir: Path, query: Query, kill: Kill
) -> None:
    postgres = server(open_dir)
    query(postgres.start(), "CREATE TABLE kept AS SELECT 7 AS number")
    kill(postgres)
    pid_file = postgres.cluster_dir / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    owner = postgres.cluster_dir.stat().st_uid
    with subprocess.Popen(["sleep", "600"], user=owner, cwd="/") as stranger:
        for lock in (pid_file, Path(lines[4]) / ".s.PGSQL.5432.lock"):
            lock.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        assert not postgres.is_running()
        assert postgres.ensure_running() is True
        assert query(postgres.dsn, "SELECT number FROM kept") == 7
        assert stranger.poll() is None
        stranger.kill()


def test_a_damaged_process_number_is_no_server(server: Make, open_dir: Path, kill: Kill) -> None:
    postgres = server(open_dir)
    postgres.start()
    kill(postgres)
    (postgres.cluster_dir / "postmaster.pid").write_text("")
    assert not postgres.is_running()
    assert postgres.ensure_running() is True


def test_a_creation_killed_half_way_is_done_again(server: Make, open_dir: Path, query: Query) -> None:
    code = (
        "import sys; from pathlib import Path; from leadyard.storage.embedded import EmbeddedPostgres\n"
        "EmbeddedPostgres(Path(sys.argv[1])).start()"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(open_dir)]) as starter:
        while not list(open_dir.glob("postgres.new-*/PG_VERSION")):
            time.sleep(0.002)
        starter.send_signal(signal.SIGKILL)
    assert query(server(open_dir).start(), "SELECT 1") == 1
    assert not list(open_dir.glob("postgres.new-*"))


def test_what_an_interrupted_creation_left_is_cleared_away(
    server: Make, open_dir: Path, query: Query
) -> None:
    leftover = open_dir / "postgres.new-0123456789ab"
    leftover.mkdir(parents=True)
    open_dir.chmod(0o755)
    (leftover / "PG_VERSION").write_text("18\n")
    assert query(server(open_dir).start(), "SELECT 1") == 1
    assert not leftover.exists()


def test_a_start_that_fails_says_what_postgresql_said(server: Make, open_dir: Path) -> None:
    postgres = server(open_dir)
    postgres.start()
    postgres.stop()
    (postgres.cluster_dir / "postgresql.conf").write_text("nonsense = 1\n")
    with pytest.raises(EmbeddedPostgresError, match="nonsense"):
        server(open_dir).start()


def test_a_start_that_fails_late_says_what_is_in_the_log(server: Make, open_dir: Path) -> None:
    postgres = server(open_dir)
    postgres.start()
    postgres.stop()
    for segment in (postgres.cluster_dir / "pg_wal").glob("0*"):
        segment.unlink()
    with pytest.raises(EmbeddedPostgresError, match="checkpoint record"):
        server(open_dir).start()


def test_a_database_that_went_missing_is_not_replaced_by_an_empty_one(server: Make, root: Path) -> None:
    data_dir = root / "data"
    data_dir.mkdir()
    home = root / "elsewhere"
    (data_dir / "embedded.json").write_text(f'{{"home": "{home}"}}')
    with pytest.raises(EmbeddedPostgresError, match="is not there any more"):
        server(data_dir).start()
    shutil.rmtree(data_dir)


def test_a_damaged_note_of_the_place_is_refused(server: Make, root: Path) -> None:
    data_dir = root / "data"
    data_dir.mkdir()
    note = data_dir / "embedded.json"
    note.write_text("{")
    with pytest.raises(EmbeddedPostgresError, match=r"embedded\.json is damaged"):
        server(data_dir).start()
    note.unlink()
