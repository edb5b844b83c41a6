"""The operating system's account that PostgreSQL runs as, which must not be root."""

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from leadyard.storage.embedded.errors import EmbeddedPostgresError

USER_VARIABLE = "LEADYARD_POSTGRES_USER"
USUAL_USERS = ("leadyard", "postgres", "nobody")
COMMAND_SECONDS = 120


class Account(msgspec.Struct, frozen=True):
    """Who runs `initdb` and `postgres`; `switch` is true when we are root and change to that account."""

    name: str
    user_id: int
    group_id: int
    switch: bool

    @property
    def owner(self) -> tuple[int, int] | None:
        """Return the (user id, group id) that new folders are given, None when they are ours anyway."""
        return (self.user_id, self.group_id) if self.switch else None

    def popen_arguments(self) -> dict[str, Any]:
        """Return what `subprocess` needs to start a program as this account, from a clean environment."""
        arguments: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "cwd": "/",
            "env": {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            "umask": 0o077,
        }
        if self.switch:
            arguments |= {"user": self.user_id, "group": self.group_id, "extra_groups": []}
        return arguments

    def run(self, command: Sequence[str | Path]) -> "subprocess.CompletedProcess[str]":
        """Run a short program to its end; OSError when it cannot be started, EmbeddedPostgresError when it hangs."""
        try:
            return subprocess.run(  # noqa: S603 - our own programs, no shell
                command,
                check=False,
                capture_output=True,
                text=True,
                timeout=COMMAND_SECONDS,
                **self.popen_arguments(),
            )
        except subprocess.TimeoutExpired as error:
            raise EmbeddedPostgresError(f"{command[0]} did not end within {COMMAND_SECONDS} s.") from error

    def can_enter(self, folder: Path) -> bool:
        """Tell whether the account reaches `folder`, asked of the system itself so that ACLs and mounts count."""
        if not self.switch:
            return os.access(folder, os.X_OK)
        try:
            return self.run(["test", "-x", folder]).returncode == 0
        except OSError:
            return False


def current_account() -> Account:
    """Return the account that this process runs as."""
    return _account(pwd.getpwuid(os.geteuid()), switch=False) if _is_known() else _nameless_account()


def choose_account(environment: Mapping[str, str], cluster: Path | None) -> Account:
    """Return the account for PostgreSQL: the owner of an existing cluster, else the first usual one that exists.

    Raises EmbeddedPostgresError when we are root and there is none, or another user's cluster is in the way.
    """
    if os.geteuid() != 0:
        _refuse_foreign(cluster)
        return current_account()
    if cluster is not None:
        return _owner(cluster)
    asked = environment.get(USER_VARIABLE, "").strip()
    for name in (asked,) if asked else USUAL_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return _account(entry, switch=True)
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root, and there is no usable account among "
        f"{asked or ', '.join(USUAL_USERS)}: create one with `useradd --system leadyard`, "
        f"or name one in {USER_VARIABLE}."
    )


def _account(entry: pwd.struct_passwd, *, switch: bool) -> Account:
    return Account(name=entry.pw_name, user_id=entry.pw_uid, group_id=entry.pw_gid, switch=switch)


def _is_known() -> bool:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return True


def _nameless_account() -> Account:
    return Account(name=f"user {os.geteuid()}", user_id=os.geteuid(), group_id=os.getegid(), switch=False)


def _owner(cluster: Path) -> Account:
    status = cluster.stat()
    if status.st_uid == 0:
        raise EmbeddedPostgresError(
            f"{cluster} belongs to root, but PostgreSQL does not run as root: give it to the account that is to "
            f"run it with `chown -R`, or choose another data directory."
        )
    try:
        name = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        name = f"user {status.st_uid}"
    return Account(name=name, user_id=status.st_uid, group_id=status.st_gid, switch=True)


def _refuse_foreign(cluster: Path | None) -> None:
    if cluster is not None and cluster.stat().st_uid != os.geteuid():
        raise EmbeddedPostgresError(
            f"{cluster} belongs to another user: run Leadyard as the user that made it, or choose another data "
            f"directory with --data-dir."
        )
