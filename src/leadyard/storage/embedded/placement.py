"""Where a data directory's cluster and its socket live."""

import hashlib
import os
import re
import secrets
import stat
import tempfile
from pathlib import Path

import msgspec

from leadyard.storage.embedded.accounts import Account
from leadyard.storage.embedded.errors import EmbeddedPostgresError
from leadyard.storage.embedded.folders import PRIVATE, create_folder, make_folder

CLUSTER_NAME = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100
"""In bytes: some systems end a socket's address at 104, Linux at 108."""
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")
"""What a socket's path may hold so that it needs no quoting in PostgreSQL's settings and in a DSN."""


class Remembered(msgspec.Struct, frozen=True):
    """What `embedded.json` in a data directory says: the folder that holds its cluster."""

    home: str


def existing_home(data_dir: Path) -> Path | None:
    """Return the folder that holds the cluster of this data directory, None when there is no cluster yet.

    Raises EmbeddedPostgresError when a cluster is remembered and gone, which must not end in an empty database.
    """
    note = data_dir / "embedded.json"
    try:
        home = Path(msgspec.json.decode(note.read_bytes(), type=Remembered).home)
    except FileNotFoundError:
        return data_dir if (data_dir / CLUSTER_NAME / "PG_VERSION").exists() else None
    except msgspec.DecodeError as error:
        raise EmbeddedPostgresError(
            f"{note} is damaged, so the database of {data_dir} cannot be found: restore the file, or remove it to "
            f"start with an empty database."
        ) from error
    if not (home / CLUSTER_NAME / "PG_VERSION").exists():
        raise EmbeddedPostgresError(
            f"The database of {data_dir} was in {home}, as {note} says, and is not there any more: bring it back, or "
            f"remove {note} to start with an empty database."
        )
    return home


def new_home(data_dir: Path, account: Account, system_dir: Path) -> Path:
    """Return the folder for a new cluster: `data_dir`, or one below `system_dir` where the account can't enter that.

    Raises EmbeddedPostgresError when it can enter neither.
    """
    home = data_dir
    if account.switch and not account.can_enter(data_dir):
        home = system_dir / "clusters" / secrets.token_hex(8)
    create_folder(home)
    if not account.can_enter(home):
        raise EmbeddedPostgresError(
            f"The account {account.name}, which runs the database, cannot enter {home}: let it enter the folders "
            f"above (`chmod o+x`), name another account in LEADYARD_POSTGRES_USER, choose another --data-dir, or set "
            f"LEADYARD_DATABASE_URL to a PostgreSQL server of your own."
        )
    return home


def remember_home(data_dir: Path, home: Path) -> None:
    """Note in the data directory that its cluster, which exists by now, is in `home`."""
    if home == data_dir:
        return
    draft = data_dir / f".embedded.json.{secrets.token_hex(6)}"
    draft.write_bytes(msgspec.json.encode(Remembered(home=str(home))))
    draft.rename(data_dir / "embedded.json")


def socket_folder(home: Path, account: Account) -> Path:
    """Return the private folder for the server's socket, made when missing: in `home` unless its path won't do."""
    folder = home / "socket"
    if not _fits(folder):
        name = f"leadyard-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}"
        places = (Path(tempfile.gettempdir()), Path("/tmp"))  # noqa: S108 - the folder made in it is private and checked
        folder = next(
            (p / name for p in places if _fits(p / name) and account.can_enter(p)), places[-1] / name
        )
    make_folder(folder, PRIVATE, account.owner)
    _require_private(folder, account)
    return folder


def _fits(folder: Path) -> bool:
    path = str(folder / SOCKET_NAME)
    return len(path) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(path) is not None


def _require_private(folder: Path, account: Account) -> None:
    status = folder.lstat()
    if (
        not stat.S_ISDIR(status.st_mode)
        or status.st_uid != account.user_id
        or stat.S_IMODE(status.st_mode) & 0o077
    ):
        raise EmbeddedPostgresError(
            f"{folder} is not a private folder of the account {account.name}: remove it and start again."
        )
