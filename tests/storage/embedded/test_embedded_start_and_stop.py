"""An embedded server starts in an empty folder, keeps its data, and is shared by those who use it."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from leadyard.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError, open_database
from leadyard.storage.embedded.postmaster import find_postmaster

Make = Callable[[Path], EmbeddedPostgres]
Query = Callable[[str, str], Any]


def test_an_empty_folder_becomes_a_running_database(server: Make, open_dir: Path, query: Query) -> None:
    postgres = server(open_dir)
    assert not postgres.is_running()
    dsn = postgres.start()
    assert postgres.is_running()
    assert query(dsn, "SELECT current_user || '@' || current_database()") == "leadyard@leadyard"
    assert query(dsn, "SHOW server_encoding") == "UTF8"
    assert query(dsn, "SELECT lower('ÄÖÜ')") == "äöü"
    assert query(dsn, "SHOW server_version").startswith("18.")


def test_durability_stays_at_its_safe_defaults_and_pages_have_checksums(
    server: Make, open_dir: Path, query: Query
) -> None:
    dsn = server(open_dir).start()
    for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert query(dsn, f"SHOW {name}") == "on"


def test_only_a_socket_in_a_private_folder_is_opened(server: Make, open_dir: Path, query: Query) -> None:
    dsn = server(open_dir).start()
    assert query(dsn, "SHOW listen_addresses") == ""
    folder = Path(query(dsn, "SHOW unix_socket_directories"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_data_survives_a_stop_and_a_start(server: Make, open_dir: Path, query: Query) -> None:
    first = server(open_dir)
    query(first.start(), "CREATE TABLE kept AS SELECT 7 AS number")
    first.stop()
    assert not first.is_running()
    assert query(server(open_dir).start(), "SELECT number FROM kept") == 7


def test_two_folders_are_two_databases(server: Make, open_dir: Path, root: Path, query: Query) -> None:
    query(server(open_dir).start(), "CREATE TABLE kept AS SELECT 7 AS number")
    assert query(server(root / "other").start(), "SELECT to_regclass('kept')") is None


def test_a_second_start_finds_the_same_server(server: Make, open_dir: Path) -> None:
    first, second = server(open_dir), server(open_dir)
    assert first.start() == second.start()
    assert find_postmaster(first.cluster_dir) == find_postmaster(second.cluster_dir)


def test_the_last_user_of_a_server_stops_it(server: Make, open_dir: Path, query: Query) -> None:
    first, second = server(open_dir), server(open_dir)
    first.start()
    dsn = second.start()
    first.stop()
    assert query(dsn, "SELECT 1") == 1
    second.stop()
    assert not second.is_running()


def test_starting_from_several_sides_at_once_makes_one_cluster(
    server: Make, open_dir: Path, query: Query
) -> None:
    servers = [server(open_dir) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        addresses = set(pool.map(EmbeddedPostgres.start, servers))
    assert len(addresses) == 1
    assert query(addresses.pop(), "SELECT 1") == 1


def test_a_start_repeated_by_the_same_object_changes_nothing(server: Make, open_dir: Path) -> None:
    postgres = server(open_dir)
    assert postgres.start() == postgres.start()
    assert postgres.ensure_running() is False


def test_stopping_what_was_never_started_does_nothing(server: Make, open_dir: Path) -> None:
    server(open_dir).stop()
    assert not open_dir.exists()


def test_an_address_is_refused_before_the_first_start(server: Make, open_dir: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="has not been started"):
        _ = server(open_dir).dsn


def test_a_cluster_of_another_version_is_refused_and_left_alone(server: Make, open_dir: Path) -> None:
    postgres = server(open_dir)
    postgres.start()
    postgres.stop()
    version = postgres.cluster_dir / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(EmbeddedPostgresError, match="made by PostgreSQL 17"):
        server(open_dir).start()
    assert version.read_text() == "17\n"


def test_a_folder_that_is_no_cluster_is_refused_and_left_alone(server: Make, open_dir: Path) -> None:
    mine = open_dir / "postgres" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    open_dir.chmod(0o755)
    with pytest.raises(EmbeddedPostgresError, match="is not a PostgreSQL cluster"):
        server(open_dir).start()
    assert mine.read_text() == "mine"


def test_the_server_is_in_a_session_of_its_own(server: Make, open_dir: Path) -> None:
    postgres = server(open_dir)
    postgres.start()
    found = find_postmaster(postgres.cluster_dir)
    assert found is not None
    assert os.getsid(found.process_id) == found.process_id != os.getsid(0)


def test_a_command_leaves_an_idle_database_idle_and_a_running_one_running(
    server: Make, open_dir: Path, query: Query
) -> None:
    with open_database(None, open_dir) as dsn:
        assert query(dsn, "SELECT 1") == 1
    postgres = server(open_dir)
    assert not postgres.is_running()
    postgres.start()
    with open_database(None, open_dir):
        pass
    assert postgres.is_running()


def test_a_command_with_a_server_of_the_operators_starts_none(open_dir: Path) -> None:
    with open_database("postgresql://db.example/leadyard", open_dir) as dsn:
        assert dsn == "postgresql://db.example/leadyard"
    assert not open_dir.exists()


def test_a_server_left_over_from_a_killed_process_is_used_again(
    server: Make, open_dir: Path, query: Query
) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from leadyard.storage.embedded import EmbeddedPostgres\n"
        "EmbeddedPostgres(Path(sys.argv[1])).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(open_dir)], check=False).returncode == -9
    postgres = server(open_dir)
    left_over = find_postmaster(open_dir / "postgres")
    assert left_over is not None
    assert query(postgres.start(), "SELECT 1") == 1
    assert find_postmaster(postgres.cluster_dir) == left_over
