"""The command line: help everywhere, exit codes that mean something, and no secret in an error."""

import asyncio
import os
import socket
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conftest import run_on_server, with_database

NOWHERE = "postgresql://leadyard:hush-hush@127.0.0.1:1/leadyard"


@pytest.fixture
async def empty_dsn(server_dsn: str) -> AsyncIterator[str]:
    """A database without any tables."""
    name = f"empty_{uuid.uuid4().hex}"
    await run_on_server(server_dsn, f'CREATE DATABASE "{name}"')
    yield with_database(server_dsn, name)
    await run_on_server(server_dsn, f'DROP DATABASE "{name}" WITH (FORCE)')


def leadyard(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: text for name, text in os.environ.items() if not name.startswith("LEADYARD_")}
    return subprocess.run(
        [sys.executable, "-m", "leadyard", *arguments],
        env=kept | environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    "command",
    ["serve", "web", "worker", "migrate", "accounts", "keys", "secrets", "audit", "import", "replay"],
)
def test_every_command_is_listed_and_explains_itself(command: str) -> None:
    assert f"\n  {command} " in leadyard("--help").stdout
    shown = leadyard(command, "--help")
    assert shown.returncode == 0
    assert "--data-dir" in shown.stdout


def test_moving_in_explains_itself() -> None:
    assert "\n  migrate-from " in leadyard("--help").stdout
    assert "--source" in leadyard("migrate-from", "leaddyno", "--help").stdout


def test_the_benchmarks_explain_themselves() -> None:
    assert "--rounds" in leadyard("bench", "--help").stdout


def test_the_version_is_shown() -> None:
    assert leadyard("--version").stdout.startswith("leadyard, version ")


@pytest.mark.parametrize(
    "arguments", [["no-such-command"], ["serve", "--no-such-option"], ["web", "--fd", "minus"]]
)
def test_a_wrong_command_line_ends_with_2(arguments: list[str]) -> None:
    assert leadyard(*arguments).returncode == 2


def test_a_wrong_setting_ends_with_2_and_names_its_variable() -> None:
    ended = leadyard("migrate", LEADYARD_LOG_LEVEL="loud")
    assert ended.returncode == 2
    assert (
        ended.stderr
        == "leadyard: LEADYARD_LOG_LEVEL must be one of debug, info, warning, error, not 'loud'.\n"
    )


def test_an_option_is_checked_like_its_variable(tmp_path: Path) -> None:
    ended = leadyard("serve", "--port", "70000", "--data-dir", str(tmp_path))
    assert ended.returncode == 2
    assert "LEADYARD_PORT" in ended.stderr


def test_a_port_in_use_ends_with_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = leadyard("serve", "--port", str(taken.getsockname()[1]), "--data-dir", str(tmp_path / "data"))
    assert ended.returncode == 2
    assert "is in use" in ended.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", ["serve", "web", "worker", "migrate", "audit"])
def test_a_database_that_does_not_answer_ends_with_3_and_its_password_stays_hidden(
    command: str, tmp_path: Path
) -> None:
    options = ("--port", "0") if command in {"serve", "web"} else ()
    ended = leadyard(command, *options, "--data-dir", str(tmp_path), LEADYARD_DATABASE_URL=NOWHERE)
    assert ended.returncode == 3
    assert "127.0.0.1:1/leadyard cannot be reached" in ended.stderr
    assert "hush-hush" not in ended.stderr + ended.stdout


@pytest.mark.parametrize("command", ["web", "worker"])
def test_a_process_on_its_own_needs_a_database_that_runs(command: str, tmp_path: Path) -> None:
    ended = leadyard(command, "--data-dir", str(tmp_path))
    assert ended.returncode == 3
    assert "leadyard serve" in ended.stderr


@pytest.mark.parametrize("command", ["web", "worker", "serve"])
def test_a_process_with_a_wrong_secret_key_ends_with_2_and_names_the_key_it_lacks(
    command: str, dsn: str, tmp_path: Path
) -> None:
    asyncio.run(run_on_server(dsn, "INSERT INTO secret_keys (key_id) VALUES ('0badc0de')"))
    options = [] if command == "worker" else ["--port", "0"]
    ended = leadyard(command, *options, "--data-dir", str(tmp_path), LEADYARD_DATABASE_URL=dsn)
    assert ended.returncode == 2, ended.stderr
    assert "leadyard: LEADYARD_SECRET_KEY lacks the key 0badc0de" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_web_process_on_a_port_in_use_ends_with_2(dsn: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        options = ("--port", str(taken.getsockname()[1]), "--data-dir", str(tmp_path))
        ended = leadyard("web", *options, LEADYARD_DATABASE_URL=dsn)
    assert ended.returncode == 2
    assert ended.stderr.startswith("leadyard: Port ")
    assert "is in use" in ended.stderr


ON_TABLES = [("audit",), ("keys", "list"), ("accounts", "list"), ("secrets", "rotate")]


@pytest.mark.parametrize("command", ON_TABLES)
def test_a_database_that_was_never_migrated_ends_with_3_and_says_what_to_run(
    command: tuple[str, ...], empty_dsn: str
) -> None:
    ended = leadyard(*command, LEADYARD_DATABASE_URL=empty_dsn)
    assert ended.returncode == 3
    assert ended.stderr.endswith("has no tables of Leadyard's: run `leadyard migrate` first.\n")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ON_TABLES)
@pytest.mark.parametrize("folder", ["there", "missing"])
def test_a_folder_without_a_database_ends_with_2_and_stays_as_it_is(
    command: tuple[str, ...], folder: str, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    group, *rest = command
    ended = leadyard(group, "--data-dir", str(tmp_path / folder), *rest)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"leadyard: There is no database in {tmp_path / folder}: ")
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


@pytest.mark.parametrize("command", ON_TABLES)
def test_a_migrated_database_is_read(command: tuple[str, ...], dsn: str) -> None:
    made = leadyard("accounts", "create", "--name", "Agency", "--slug", "agency", LEADYARD_DATABASE_URL=dsn)
    assert made.returncode == 0
    ended = leadyard(*command, LEADYARD_DATABASE_URL=dsn)
    assert (ended.returncode, bool(ended.stdout)) == (0, True)
