"""`leadyard accounts` against a real database."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import pytest
from click.testing import CliRunner, Result

from leadyard.campaigns.configuration import Configuration
from leadyard.identity.account_commands import accounts
from leadyard.identity.model import ALLOWED, KeyKind, Principal
from leadyard.kit.errors import ConflictError, InvalidInputError, LeadyardError
from leadyard.storage.database import Database

Run = Callable[..., Result]
ResultT = TypeVar("ResultT")


@pytest.fixture
def run(dsn: str) -> Run:
    @contextmanager
    def lend_database() -> Iterator[str]:
        yield dsn

    lend: Callable[[], AbstractContextManager[str]] = lend_database

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(accounts, list(arguments), obj=lend)

    return invoke


def ask(dsn: str, question: Callable[[Database], Awaitable[ResultT]]) -> ResultT:
    async def connected() -> ResultT:
        database = Database(dsn, size=1)
        await database.open()
        try:
            return await question(database)
        finally:
            await database.close()

    return asyncio.run(connected())


def test_an_account_comes_with_a_key_that_may_do_everything(run: Run, dsn: str) -> None:
    made = run("create", "--name", "Bright Media", "--slug", "bright")
    key = made.stdout.strip()

    async def principal(database: Database) -> Principal | None:
        return await Configuration(database).current_principal(key)

    found = ask(dsn, principal)
    assert made.exit_code == 0, made.exception
    assert made.stderr == "Account 1, bright, is made. Its administrator's key:\n"
    assert len(key) == 32
    assert found is not None
    assert found.account_id == 1
    assert set(found.key.settings.permissions) == ALLOWED[KeyKind.ADMINISTRATOR]
    listed = run("list")
    assert listed.output == "1\tbright\tBright Media\tGBP\tEurope/London\tno hosts\n"
    assert key not in listed.output


def test_an_account_is_made_as_it_was_asked_for(run: Run) -> None:
    place = ("--currency", "EUR", "--time-zone", "Europe/Berlin")
    hosts = ("--host", "a.example.com", "--host", "b.example.com", "--takes-other-hosts")
    assert run("create", "--name", "Nord", "--slug", "nord", *place, *hosts).exit_code == 0

    assert run("list").output == "1\tnord\tNord\tEUR\tEurope/Berlin\ta.example.com, b.example.com, *\n"


def test_accounts_stay_apart(run: Run) -> None:
    assert run("create", "--name", "A", "--slug", "a", "--host", "leads.example.com").exit_code == 0
    assert run("create", "--name", "B", "--slug", "b").exit_code == 0

    assert [line.split("\t")[:2] for line in run("list").output.splitlines()] == [["1", "a"], ["2", "b"]]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("--slug", "a"), ConflictError, "slug is taken by another account"),
        (("--slug", "b", "--host", "leads.example.com"), ConflictError, "taken by the account a"),
        (("--slug", "Not a slug"), InvalidInputError, "slug: must be lower-case letters"),
        (("--slug", "b", "--currency", "pounds"), InvalidInputError, "currency: must be an ISO 4217 code"),
        (("--slug", "b", "--time-zone", "Mars/Olympus"), InvalidInputError, "time_zone: is not a known"),
        (("--slug", "b", "--host", "http://x"), InvalidInputError, "hosts[0]: is not a host name"),
    ],
)
def test_an_account_that_cannot_be_made_leaves_everything_as_it_was(
    run: Run, arguments: tuple[str, ...], error: type[LeadyardError], words: str
) -> None:
    run("create", "--name", "A", "--slug", "a", "--host", "leads.example.com")
    refused = run("create", "--name", "B", *arguments)

    assert isinstance(refused.exception, error)
    assert words in str(refused.exception)
    assert len(run("list").output.splitlines()) == 1


def test_a_name_and_a_slug_are_needed(run: Run) -> None:
    assert run("create", "--name", "A").exit_code == 2
    assert run("create", "--slug", "a").exit_code == 2
